"""What a page asked of the gallery: it is made again when one of the answers has changed.

Build tools (doit, SCons) know which files a task reads, and not which answers it took from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.documents.site_config import SiteConfig
from tracer.documents.yaml_source import YamlSource
from tracer.site.building.fingerprint import fingerprint
from tracer.site.content.gallery import Gallery, Membership, NavItem
from tracer.site.content.markdown_file import MarkdownFile

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.site.content.entry import Entry
    from tracer.site.content.set_entries import SetEntry


class Recording:
    """Stands for a gallery as a `GallerySource`, and writes down every part that is asked for."""

    def __init__(self, gallery: Gallery):
        self._gallery = gallery
        self._asked: dict[str, None] | None = None
        self._fingerprints: dict[str, str] = {}

    @property
    def root(self) -> Path:
        return self._gallery.root  # no part of any page: a gallery may be moved

    @property
    def config(self) -> SiteConfig:
        return self._noted("config").config

    @property
    def config_source(self) -> YamlSource | None:
        return self._noted("config_source").config_source

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._noted("entries").entries

    @property
    def sets(self) -> tuple[SetEntry, ...]:
        return self._noted("sets").sets

    @property
    def pages(self) -> Mapping[str, MarkdownFile]:
        return self._noted("pages").pages

    @property
    def comparisons(self) -> Mapping[str, MarkdownFile]:
        return self._noted("comparisons").comparisons

    @property
    def features(self) -> Mapping[str, Mapping[str, Path]]:
        return self._noted("features").features

    @property
    def media(self) -> Mapping[str, Path]:
        return self._noted("media").media

    @property
    def unread(self) -> frozenset[str]:
        return self._noted("unread").unread

    @property
    def navigation(self) -> tuple[NavItem, ...]:
        return self._noted("navigation").navigation

    @property
    def foot(self) -> tuple[NavItem, ...]:
        return self._noted("foot").foot

    @property
    def guides(self) -> frozenset[str]:
        return self._noted("guides").guides

    @property
    def glossary(self) -> Mapping[str, str]:
        return self._noted("glossary").glossary

    @property
    def has_graphs(self) -> bool:
        return self._noted("has_graphs").has_graphs

    def entry(self, slug: str) -> Entry | None:
        return self._noted(f"entry:{slug}").entry(slug)

    def page(self, name: str) -> MarkdownFile:
        return self._noted(f"page:{name}").page(name)

    def prompt_set(self, slug: str) -> SetEntry | None:
        return self._noted(f"set:{slug}").prompt_set(slug)

    def sets_of(self, slug: str) -> tuple[Membership, ...]:
        return self._noted(f"sets_of:{slug}").sets_of(slug)

    def comparisons_of(self, slug: str) -> tuple[NavItem, ...]:
        return self._noted(f"comparisons_of:{slug}").comparisons_of(slug)

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

    def _noted(self, question: str) -> Gallery:
        if self._asked is not None:
            self._asked[question] = None
        return self._gallery

    def _look_up(self, question: str) -> Any:
        """The present answer; None for an entry or page that is not there any more."""
        part, _, which = question.partition(":")
        if part == "entry":
            return self._gallery.entry(which)
        if part == "page":
            return self._gallery.pages.get(which)
        if part == "set":
            return self._gallery.prompt_set(which)
        if part == "sets_of":
            return self._gallery.sets_of(which)
        if part == "comparisons_of":
            return self._gallery.comparisons_of(which)
        return getattr(self._gallery, part)
