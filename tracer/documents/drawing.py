"""Pictures in notebooks: what can be shown asks here, and what draws stands on a floor above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from tracer.errors import TracerError


class Artist(Protocol):
    """What draws."""

    def picture(self, what: Any) -> str:
        """HTML that needs nothing else, for a cell of a notebook. Raises TracerError where there
        is nothing to draw."""

    def show(self, what: Any, *, height: int) -> Any:
        """What a notebook shows as the whole page, with its viewer."""


_artist: Callable[[], Artist] | None = None


_opener: Callable[[], Callable[[Any], Any]] | None = None


def opened_by(find: Callable[[], Callable[[Any], Any]]) -> None:
    """Say what opens the workbench; it is asked for when something is opened there."""
    global _opener
    _opener = find


def drawn_by(find: Callable[[], Artist]) -> None:
    """Say who draws; it is asked for when something is shown."""
    global _artist
    _artist = find


class Drawn:
    """Something that a notebook shows as a picture."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        try:
            return _found().picture(self)
        except TracerError:
            return None  # its one line of text is shown then


class Shown(Drawn):
    """A graph, or what becomes one: it has a page with a viewer too."""

    __slots__ = ()

    def show(self, *, height: int = 900, live: bool = False) -> Any:
        """The page of the graph with its interactive viewer, in a notebook's cell of that height in
        pixels: all of it, so that it works wherever the notebook runs. `.html` is its text. `live`
        is a link to the workbench instead, where it can be poked, on this machine.

        Raises TracerError where nothing can be drawn.
        """
        return _opened(self) if live else _found().show(self, height=height)


def _opened(what: Any) -> Any:
    if _opener is None:
        raise TracerError("nothing opens it here", hint="begin with `import tracer`")
    try:
        return _opener()(what)
    except ModuleNotFoundError as error:
        hint = "pip install 'tracer-gallery[trace]'"
        raise TracerError(
            f"the workbench needs {error.name}, not installed here", hint=hint
        ) from None


def _found() -> Artist:
    if _artist is None:
        raise TracerError("nothing draws here", hint="begin with `import tracer`")
    return _artist()
