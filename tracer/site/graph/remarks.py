"""What people said about a graph: names, claims and counterpoints, as one revision shows them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markupsafe import Markup

from tracer.documents.annotations import Annotations, Label
from tracer.documents.evidence import ClaimEvidence
from tracer.documents.graph import Graph
from tracer.documents.references import Reference
from tracer.documents.resolved_claims import ResolvedClaim
from tracer.documents.yaml_source import KeyPath
from tracer.errors import Place, TracerError
from tracer.site.content.addresses import write_up_here
from tracer.site.content.entry import Entry
from tracer.site.graph.address import GraphAddress
from tracer.site.graph.claims import ShownClaim, show_claim
from tracer.site.graph.prediction import Prediction, prediction
from tracer.site.prose.link_target import LinkTarget
from tracer.site.prose.markdown import render_note
from tracer.site.prose.node_links import node_link


@dataclass(frozen=True)
class Counterpoint:
    """A reviewed objection, ready to show."""

    name: str
    date: str
    html: Markup


@dataclass(frozen=True)
class NamedGroup:
    """A group with who named it, and why."""

    name: str
    by: str | None
    nodes: tuple[str, ...]
    note: Markup

    @property
    def link(self) -> dict[str, str]:
        return node_link(self.nodes)


@dataclass(frozen=True)
class NamedFeature:
    """A feature's name, with who gave it, how sure they are, and why."""

    key: str
    label: Label
    nodes: tuple[str, ...]
    note: Markup
    shared: bool  # by all graphs of the feature source

    @property
    def link(self) -> dict[str, str]:
        return node_link(self.nodes)


@dataclass(frozen=True)
class Remarks:
    """Those of an entry that the graph of this address has the nodes for."""

    entry: Entry
    graph: Graph
    address: GraphAddress

    @property
    def annotations(self) -> Annotations:
        return self.entry.annotations

    @cached_property
    def groups(self) -> list[NamedGroup]:
        """The groups that this revision has nodes of. Raises Problems for bad links in notes."""
        members = self.annotations.group_members(self.graph.node_ids)
        return [
            NamedGroup(
                name=group.name,
                by=group.by,
                nodes=tuple(members[key]),
                note=self._note(group.note, ("groups", key, "note")),
            )
            for key, group in self.annotations.groups.items()
            if members[key]
        ]

    @cached_property
    def named_features(self) -> list[NamedFeature]:
        """The labels that this revision has nodes of; heads are named where they are shown.
        Raises Problems for bad links in notes."""
        ids = self.graph.node_ids
        return [
            NamedFeature(
                key=key,
                label=label,
                nodes=tuple(nodes),
                note=self._note(label.note, ("labels", key, "note")),
                shared=self._is_shared(key),
            )
            for key, label in self.annotations.labels.items()
            if (nodes := Reference(key).resolve(ids, {}))
        ]

    @cached_property
    def counterpoints(self) -> list[Counterpoint]:
        """Raises Problems for bad links in their texts."""
        return [
            Counterpoint(
                name=one.name,
                date=one.date.isoformat(),
                html=self._note(one.text, ("counterpoints", index, "text")),
            )
            for index, one in enumerate(self.annotations.counterpoints)
        ]

    @cached_property
    def claims(self) -> list[ShownClaim]:
        """The claims that this revision has the nodes for, each with its evidence if there is
        any. Raises Problems for bad links in notes."""
        data, shown = self.graph.metadata, []
        answers = data.tracer.answers if data.tracer else ()
        for number, resolved, found in self._became:
            note = self._note(resolved.claim.note, ("claims", number, "note"))
            shown.append(
                show_claim(resolved, self.annotations, found, note, data.prompt_tokens, answers)
            )
        return shown

    @property
    def prediction(self) -> Prediction | None:
        """One of the claims as a question to the reader."""
        info = self.graph.metadata.tracer
        nouns = "neurons" if info and info.features.kind == "neurons" else "features"
        return prediction(self.became, self.annotations, self.graph.metadata.prompt_tokens, nouns)

    @property
    def became(self) -> list[tuple[ResolvedClaim, ClaimEvidence]]:
        """The claims that were run, with what came of them."""
        return [(resolved, found) for _, resolved, found in self._became if found]

    @cached_property
    def _became(self) -> list[tuple[int, ResolvedClaim, ClaimEvidence | None]]:
        """The claims that this revision has the nodes for, by number, with their evidence."""
        evidence, became = self.entry.evidence_of(self.address.revision), []
        for number in range(len(self.entry.said.claims)):
            try:
                resolved = self.entry.resolve(number, self.graph)
            except TracerError:
                if self.address.newest:
                    raise
                continue
            became.append((number, resolved, evidence.of(resolved.hash) if evidence else None))
        return became

    @property
    def _told_claims(self) -> list[str]:
        """The ids of `claims`."""
        told = []
        for number, claim in enumerate(self.entry.said.claims):
            with contextlib.suppress(TracerError):
                self.entry.resolve(number, self.graph)
                told.append(claim.id)
        return told

    @cached_property
    def target(self) -> LinkTarget:
        entry = self.entry
        heads = entry.parts_of(self.address.revision).parts.heads
        return LinkTarget(
            self.graph,
            self.annotations,
            self.address.revision,
            entry.earlier,
            groups_known="annotations" not in entry.unread,
            annotated=entry.annotation_source is not None,
            claims=self._told_claims,
            heads=None if heads is None else heads.told,
        )

    @property
    def notes(self) -> list[tuple[str, Place]]:
        """Every note and counterpoint of the annotations, with the place of its text."""
        said = self.annotations
        found: list[tuple[str | None, KeyPath]] = []
        found += [(one.note, ("labels", key, "note")) for key, one in said.labels.items()]
        found += [(one.note, ("groups", key, "note")) for key, one in said.groups.items()]
        found += [(one.note, ("claims", n, "note")) for n, one in enumerate(said.claims)]
        points = enumerate(said.counterpoints)
        found += [(one.text, ("counterpoints", n, "text")) for n, one in points]
        return [(text, self._place(path)) for text, path in found if text]

    def _is_shared(self, key: str) -> bool:
        source = self.entry.annotation_source
        return source is None or ("labels", key) not in source.keys

    def _place(self, path: KeyPath) -> Place:
        """Where annotations, or else the labels shared by all graphs, say something."""
        entry = self.entry
        shared = path[0] == "labels" and self._is_shared(str(path[1]))
        source = entry.shared_source if shared else entry.annotation_source
        return source.place(path) if source else Place(Path(self.address.file))

    def _note(self, text: str | None, path: KeyPath) -> Markup:
        if not text:
            return Markup("")
        place, here = self._place(path), write_up_here(self.address.slug, self.address.root)
        # What all graphs of a feature source share cannot link into one of them.
        shared = path[0] == "labels" and self._is_shared(str(path[1]))
        target = None if shared else self.target
        return self.of_the_newest(lambda: render_note(text, place, target, here=here))

    def of_the_newest(self, make: Callable[[], Markup]) -> Markup:
        """Texts are about the newest revision; an older one may lack the nodes they name."""
        try:
            return make()
        except TracerError:
            if self.address.newest:
                raise
            return Markup("")
