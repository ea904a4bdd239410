"""What a page asked of the gallery: it is made again when one of the answers has changed.

Build tools (doit, SCons) know which files a task reads, and not which answers it took from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from tracer.site.building.fingerprint import fingerprint
from tracer.site.content.gallery import Gallery

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.site.content.entry import Entry

_ONE_BY_ONE = {"entry": "entries", "page": "pages"}  # asked for by name, or all at once


class Recording:
    """Stands for a gallery, and writes down every part of it that is asked for."""

    def __init__(self, gallery: Gallery):
        self._gallery = gallery
        self._asked: dict[str, None] | None = None
        self._fingerprints: dict[str, str] = {}

    @property
    def gallery(self) -> Gallery:
        """To be handed to whatever makes pages."""
        return cast(Gallery, self)

    def __getattr__(self, name: str) -> Any:
        if name in _ONE_BY_ONE:
            return lambda which: self._answer(f"{name}:{which}")
        return self._answer(name)

    @contextmanager
    def noting(self) -> Iterator[dict[str, None]]:
        """Collects what is asked within the block, in the order of asking."""
        before, self._asked = self._asked, {}
        try:
            yield self._asked
        finally:
            self._asked = before

    def fingerprints(self, asked: Mapping[str, Any]) -> dict[str, str]:
        """What was asked, each with the fingerprint of the present answer."""
        return {question: self.fingerprint(question) for question in asked}

    def fingerprint(self, question: str) -> str:
        """Of the present answer to one question."""
        if question not in self._fingerprints:
            answer = self._look_up(question)
            entries = question == "entries" and isinstance(answer, tuple)
            self._fingerprints[question] = fingerprint(
                [self.fingerprint(f"entry:{one.slug}") for one in answer] if entries else answer
            )
        return self._fingerprints[question]

    def _answer(self, question: str) -> Any:
        if self._asked is not None and question != "root":
            self._asked[question] = None
        return self._look_up(question)

    def _look_up(self, question: str) -> Any:
        name, _, which = question.partition(":")
        if which:
            return self._one(name, which)
        return getattr(self._gallery, name)

    def _one(self, name: str, which: str) -> Entry | Any:
        if name == "entry":
            return self._gallery.entry(which)
        return self._gallery.pages.get(which)
