"""A graph of the gallery, with all that is said about it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from tracer.documents.annotations import Annotations
from tracer.documents.evidence import Evidence, StoredEvidence
from tracer.documents.feature_labels import FeatureLabels
from tracer.documents.front_matter import FrontMatter
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import StoredGraph
from tracer.documents.prompts import Counterfactual
from tracer.documents.resolved_claims import ResolvedClaim, resolve_claim
from tracer.documents.yaml_source import KeyPath, YamlSource
from tracer.errors import Place, TracerError, Unknown
from tracer.site.content.graph_parts import FoundParts, StoredParts, find_parts
from tracer.site.content.markdown_file import MarkdownFile

Part = Literal["write-up", "annotations", "evidence", "prompts"]
SharedLabels = tuple[FeatureLabels, YamlSource]


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
    parts: Mapping[int, StoredParts] = field(repr=False, default_factory=dict)  # by revision
    # Graphs that this one's claims name; None for one that is there and could not be read.
    others: Mapping[str, tuple[StoredGraph, Annotations] | None] = field(
        repr=False, default_factory=dict
    )
    counterfactual: Counterfactual | None = None  # the prompt list's
    listed: bool = True  # on the prompt list
    unread: frozenset[Part] = frozenset()  # what is said of it, and could not be read

    def evidence_of(self, revision: int) -> Evidence | None:
        """What was measured of one revision, if that is the graph it is now. Raises TracerError
        for a broken file."""
        stored = self.evidence.get(revision)
        graph = self.graph if revision == self.revision else self.older[revision].graph
        info = graph.metadata.tracer
        fits = stored and info and stored.evidence.graph_id == info.graph_id
        return stored.evidence if stored and fits else None

    def parts_of(self, revision: int) -> FoundParts:
        """What lies packed beside one revision, if that is of the graph it is now. Raises
        TracerError for a broken graph."""
        graph = self.graph if revision == self.revision else self.older[revision].graph
        return find_parts(self.parts.get(revision), graph)

    def read_of(self, revision: int) -> tuple[object, ...]:
        """What was read of one revision and is drawn of it; equal to that of an earlier look where
        none of it changed."""
        stored = self.stored if revision == self.revision else self.older[revision]
        beside = self.parts.get(revision), self.evidence.get(revision)
        return stored, self.annotations, *beside

    def resolve(self, number: int, graph: Graph) -> ResolvedClaim:
        """One of the claims on one revision. Raises TracerError for what matches nothing there."""

        def where(path: KeyPath) -> Place | None:
            source = self.annotation_source
            return source.place(("claims", number, *path)) if source else None

        claim = self.said.claims[number]
        if claim.exchange is not None and "prompts" in self.unread:
            raise Unknown
        other = self.counterfactual if self.listed else self._exchanged_with
        return resolve_claim(claim, graph, self.said, self._find, where, other)

    @property
    def other_model(self) -> str | None:
        """The graph whose model values are exchanged with, where they are. Of a graph that was
        taken off the list only its evidence says so; what cannot be read says nothing."""
        other = self.counterfactual
        if not self.listed and any(claim.exchange for claim in self.said.claims):
            with contextlib.suppress(TracerError):  # told where the file itself is read
                other = self._exchanged_with
        return None if other is None else other.graph

    @property
    def _exchanged_with(self) -> Counterfactual | None:
        """Of a graph that was taken off the list: what its evidence was measured against."""
        evidence = None if "evidence" in self.unread else self.evidence_of(self.revision)
        found = evidence.exchange if evidence else None
        if found is None:
            return None
        if found.model is not None:
            return Counterfactual(graph=found.model.graph, target=found.other)
        if found.chat:
            return Counterfactual(chat=found.chat, chat_date=found.chat_date, target=found.other)
        return Counterfactual(prompt=found.prompt, target=found.other)

    def _find(self, slug: str) -> tuple[Graph, Annotations]:
        if slug not in self.others:
            what = f"there is no graph `{slug}` in this gallery"
            raise TracerError(what, hint="trace it, or name another")
        if (other := self.others[slug]) is None:
            raise Unknown
        stored, said = other
        return stored.graph, said

    @property
    def graph(self) -> Graph:
        """The newest revision, parsed when first asked for. Raises TracerError if it is broken."""
        return self.stored.graph

    @property
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
