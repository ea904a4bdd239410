"""A gallery as data: graphs with what people write about them, and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tracer.documents.site_config import SiteConfig
from tracer.documents.yaml_source import YamlSource
from tracer.site.content.glossary import definitions
from tracer.site.content.markdown_file import MarkdownFile

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.site.content.entry import Entry
    from tracer.site.content.set_entries import SetEntry


GUIDES = frozenset({"how-to-read", "glossary", "methods", "limits", "credits"})


@dataclass(frozen=True)
class NavItem:
    """A link of the site's head: the address below the root or elsewhere, and its name."""

    path: str
    name: str
    url: str | None = None


@dataclass(frozen=True)
class Membership:
    """A set that a graph's prompt is a row of."""

    slug: str
    title: str
    rows: int
    odd: bool  # whether the row works otherwise than the others


class GallerySource(Protocol):
    """What a page may ask of a gallery."""

    @property
    def root(self) -> Path: ...

    @property
    def config(self) -> SiteConfig: ...

    @property
    def config_source(self) -> YamlSource | None: ...

    @property
    def entries(self) -> tuple[Entry, ...]: ...

    @property
    def sets(self) -> tuple[SetEntry, ...]: ...

    @property
    def pages(self) -> Mapping[str, MarkdownFile]: ...

    @property
    def comparisons(self) -> Mapping[str, MarkdownFile]: ...

    @property
    def features(self) -> Mapping[str, Mapping[str, Path]]: ...

    @property
    def media(self) -> Mapping[str, Path]: ...

    @property
    def unread(self) -> frozenset[str]: ...

    @property
    def navigation(self) -> tuple[NavItem, ...]: ...

    @property
    def foot(self) -> tuple[NavItem, ...]: ...

    @property
    def guides(self) -> frozenset[str]: ...

    @property
    def glossary(self) -> Mapping[str, str]: ...

    @property
    def has_graphs(self) -> bool: ...

    def entry(self, slug: str) -> Entry | None: ...

    def page(self, name: str) -> MarkdownFile: ...

    def prompt_set(self, slug: str) -> SetEntry | None: ...

    def sets_of(self, slug: str) -> tuple[Membership, ...]: ...

    def comparisons_of(self, slug: str) -> tuple[NavItem, ...]: ...


@dataclass(frozen=True)
class Gallery:
    """Everything that a site is made from."""

    root: Path
    config: SiteConfig
    entries: tuple[Entry, ...]
    pages: Mapping[str, MarkdownFile]
    config_source: YamlSource | None = None
    comparisons: Mapping[str, MarkdownFile] = field(default_factory=dict)  # by `a/b`
    features: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)  # examples, by source
    sets: tuple[SetEntry, ...] = ()
    media: Mapping[str, Path] = field(default_factory=dict)  # address below the root -> file
    unread: frozenset[str] = frozenset()  # slugs of graphs that are there and could not be read

    @cached_property
    def navigation(self) -> tuple[NavItem, ...]:
        """What the site's head leads to, in order."""
        if self.config.navigation is not None:
            return tuple(
                NavItem("", one.title, one.to) if "://" in one.to else NavItem(one.to, one.title)
                for one in self.config.navigation
            )
        return self._links(foot=False)

    @cached_property
    def foot(self) -> tuple[NavItem, ...]:
        """Pages that every page's foot leads to."""
        return self._links(foot=True)

    def _links(self, *, foot: bool) -> tuple[NavItem, ...]:
        pages = sorted(self.pages.items(), key=lambda item: (item[1].meta.order or 0, item[0]))
        own = [(name, page) for name, page in pages if page.meta.foot == foot]
        return tuple(NavItem(f"{name}/", page.title) for name, page in own)

    @property
    def guides(self) -> frozenset[str]:
        """Those of the pages that explain which this gallery has."""
        return GUIDES.intersection(self.pages)

    @cached_property
    def glossary(self) -> Mapping[str, str]:
        """Each term of the page `glossary`, with what it means, as plain text."""
        page = self.pages.get("glossary")
        return definitions(page.body) if page else {}

    @property
    def has_graphs(self) -> bool:
        return bool(self.entries)

    @property
    def texts(self) -> list[MarkdownFile]:
        """Every write-up, page and comparison."""
        write_ups = (entry.write_up for entry in self.entries)
        own = [text for text in write_ups if text is not None]
        return [*own, *self.pages.values(), *self.comparisons.values()]

    def entry(self, slug: str) -> Entry | None:
        """The graph of this name, if there is one."""
        return self._by_slug.get(slug)

    def page(self, name: str) -> MarkdownFile:
        return self.pages[name]

    def prompt_set(self, slug: str) -> SetEntry | None:
        """The set of this name, if there is one."""
        return next((one for one in self.sets if one.slug == slug), None)

    def sets_of(self, slug: str) -> tuple[Membership, ...]:
        """The sets that have a graph's prompt as a row. Raises TracerError for a broken set."""
        return self._memberships.get(slug, ())

    def comparisons_of(self, slug: str) -> tuple[NavItem, ...]:
        """What was written of a graph beside another: by title, else by the other's name."""
        found = []
        for pair, text in self.comparisons.items():
            if slug in (sides := pair.split("/")):
                [other] = [side for side in sides if side != slug]
                found.append(NavItem(f"compare/{pair}/", text.meta.title or other))
        return tuple(found)

    @cached_property
    def _memberships(self) -> dict[str, tuple[Membership, ...]]:
        found: dict[str, tuple[Membership, ...]] = {}
        for one in self.sets:
            rows = {row.key: row for row in one.account.rows} if one.graphs else {}
            for key, slug in one.graphs.items():
                title, count = one.title, len(rows)
                member = Membership(one.slug, title, count, rows[key].odd)
                found[slug] = (*found.get(slug, ()), member)
        return found

    @cached_property
    def _by_slug(self) -> dict[str, Entry]:
        return {entry.slug: entry for entry in self.entries}
