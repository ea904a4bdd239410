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

    def show(self, *, height: int = 900) -> Any:
        """The page of the graph with its interactive viewer, in a notebook's cell of that height in
        pixels: all of it, so that it works wherever the notebook runs. `.html` is its text.

        Raises TracerError where nothing can be drawn.
        """
        return _found().show(self, height=height)


def _found() -> Artist:
    if _artist is None:
        raise TracerError("nothing draws here", hint="begin with `import tracer`")
    return _artist()
