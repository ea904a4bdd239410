"""A gallery as data: graphs with what people write about them, and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tracer.documents.annotations import Annotations
from tracer.documents.evidence import Evidence, StoredEvidence
from tracer.documents.feature_labels import FeatureLabels
from tracer.documents.front_matter import FrontMatter
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import StoredGraph
from tracer.documents.resolved_claims import ResolvedClaim, resolve_claim
from tracer.documents.site_config import SiteConfig
from tracer.documents.yaml_source import KeyPath, YamlSource
from tracer.errors import Place, TracerError

SharedLabels = tuple[FeatureLabels, YamlSource]


@dataclass(frozen=True)
class MarkdownFile:
    """A Markdown file; `body` keeps the file's own line numbers."""

    file: Path
    meta: FrontMatter
    body: str = field(repr=False)
    front: YamlSource | None = field(repr=False, default=None)

    @property
    def title(self) -> str:
        return self.meta.title or self.file.stem.replace("-", " ").capitalize()


@dataclass(frozen=True)
class Entry:
    """One graph of the gallery, in its newest revision, and all that is said about it."""

    slug: str
    stored: StoredGraph = field(repr=False)
    revision: int
    older: Mapping[int, StoredGraph] = field(repr=False, default_factory=dict)
    said: Annotations = field(default_factory=Annotations)  # about this graph alone
    annotation_source: YamlSource | None = field(repr=False, default=None)
    labels: Mapping[str, SharedLabels] = field(repr=False, default_factory=dict)  # by source
    write_up: MarkdownFile | None = None
    tags: tuple[str, ...] = ()
    examples: Mapping[str, tuple[str, ...]] = field(repr=False, default_factory=dict)  # by source
    evidence: Mapping[int, StoredEvidence] = field(repr=False, default_factory=dict)
    others: Mapping[str, tuple[StoredGraph, Annotations]] = field(
        repr=False, default_factory=dict
    )  # graphs that this one's claims name

    def evidence_of(self, revision: int) -> Evidence | None:
        """What was measured of one revision, if that is the graph it is now. Raises TracerError
        for a broken file."""
        stored = self.evidence.get(revision)
        graph = self.graph if revision == self.revision else self.earlier[revision]
        info = graph.metadata.tracer
        fits = stored and info and stored.evidence.graph_id == info.graph_id
        return stored.evidence if stored and fits else None

    def resolve(self, number: int, graph: Graph) -> ResolvedClaim:
        """One of the claims on one revision. Raises TracerError for what matches nothing there."""

        def where(path: KeyPath) -> Place | None:
            source = self.annotation_source
            return source.place(("claims", number, *path)) if source else None

        return resolve_claim(self.said.claims[number], graph, self.said, self._find, where)

    def _find(self, slug: str) -> tuple[Graph, Annotations]:
        if slug not in self.others:
            what = f"there is no graph `{slug}` in this gallery"
            raise TracerError(what, hint="trace it, or name another")
        stored, said = self.others[slug]
        return stored.graph, said

    @property
    def graph(self) -> Graph:
        """The newest revision, parsed when first asked for. Raises TracerError if it is broken."""
        return self.stored.graph

    @cached_property
    def earlier(self) -> dict[int, Graph]:
        """The older revisions, parsed. Raises TracerError if one is broken."""
        return {number: stored.graph for number, stored in self.older.items()}

    @cached_property
    def annotations(self) -> Annotations:
        """What is said of this graph, with the labels that all graphs of its features share."""
        shared = self._shared
        return shared[0].added_to(self.said, self.graph) if shared else self.said

    @property
    def shared_source(self) -> YamlSource | None:
        return self._shared[1] if self._shared else None

    @property
    def _shared(self) -> SharedLabels | None:
        info = self.graph.metadata.tracer if self.labels else None
        return self.labels.get(info.features.source) if info else None

    @property
    def meta(self) -> FrontMatter:
        return self.write_up.meta if self.write_up else FrontMatter()

    @property
    def revisions(self) -> tuple[int, ...]:
        """All revision numbers, lowest first."""
        return (*sorted(self.older), self.revision)


@dataclass(frozen=True)
class NavItem:
    """A link of the site's head: the address below the root or elsewhere, and its name."""

    path: str
    name: str
    url: str | None = None


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
    media: Mapping[str, Path] = field(default_factory=dict)  # address below the root -> file

    @cached_property
    def navigation(self) -> tuple[NavItem, ...]:
        """What the site's head leads to, in order."""
        if self.config.navigation is not None:
            return tuple(
                NavItem("", one.title, one.to) if "://" in one.to else NavItem(one.to, one.title)
                for one in self.config.navigation
            )
        pages = sorted(self.pages.items(), key=lambda item: (item[1].meta.order or 0, item[0]))
        return tuple(NavItem(f"{name}/", page.title) for name, page in pages)

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

    @cached_property
    def _by_slug(self) -> dict[str, Entry]:
        return {entry.slug: entry for entry in self.entries}
