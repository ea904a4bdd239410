"""Which features of a gallery's graphs are looked for, and what the graphs say of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracer.batch.subject import Subject, find_subject
from tracer.documents.annotations import Annotations
from tracer.documents.feature_examples import feature_key
from tracer.documents.feature_source import feature_source
from tracer.documents.graph import Graph, Node
from tracer.documents.graph_folder import GraphFolder
from tracer.interventions.readings import Feature


@dataclass
class Wanted:
    """A feature to look for: its key, its number in the graphs, where it is; and what it reads and
    pushes where it stands, weighted by its effects."""

    key: str
    number: int
    feature: Feature
    reads: Counter[str] = field(default_factory=Counter)
    pushes: Counter[str] = field(default_factory=Counter)
    opposes: Counter[str] = field(default_factory=Counter)
    above: float = 0.0  # effects where it is above zero
    below: float = 0.0

    def note(self, node: Node) -> None:
        """One more place where it stands."""
        weight = abs(node.effect) if node.effect is not None else 1.0
        for one in node.reads:
            self.reads[one.word] += weight * one.share  # type: ignore[assignment]
        for words, pushed in ((self.pushes, node.pushes), (self.opposes, node.opposes)):
            for word in pushed:
                words[str(word)] += weight  # type: ignore[assignment]
        if node.activation is not None and node.activation < 0:
            self.below += weight
        else:
            self.above += weight


@dataclass
class WantedSource:
    """A graph that shows where model and features are had, and the features of all, by key."""

    subject: Subject
    features: dict[str, Wanted]


def wanted_by_source(
    root: Path, slugs: Sequence[str] = (), most: int | None = None
) -> dict[str, WantedSource]:
    """Of every revision of all graphs that this program made, or of these; no graph is kept.

    Raises TracerError for a slug that is not there, and a graph of elsewhere that is asked for."""
    found: dict[str, WantedSource] = {}
    folder = GraphFolder(root / "graphs")
    for slug in slugs or folder.slugs():
        for revision in reversed(folder.revisions(slug) or (None,)):  # the newest shows the way
            subject = find_subject(root, slug, revision)
            graph = subject.graph
            if graph.metadata.tracer is None and not slugs:
                continue  # it cannot be run
            _ = subject.info
            unread = replace(subject)  # there may be more graphs than memory
            own = found.setdefault(feature_source(graph), WantedSource(unread, {}))
            _gather(graph, subject.annotations, most, own.features)
    return found


def _gather(
    graph: Graph, annotations: Annotations, most: int | None, features: dict[str, Wanted]
) -> None:
    """The features that annotations name, group or pin, and `most` more, or all, by influence."""
    named = {*annotations.labels, *annotations.pins}
    named |= {node for group in annotations.groups.values() for node in group.nodes}
    nodes = [node for node in graph.nodes if node.kind == "feature"]
    nodes.sort(key=lambda node: 1.0 if node.influence is None else node.influence)
    taken: set[str] = set()
    asked = {feature_key(node.node_id) for node in nodes if _is_named(node, named)}
    for node in nodes:
        key = feature_key(node.node_id)
        if node.index is None or node.feature is None:
            continue
        if key not in asked and key not in taken:
            if most is not None and len(taken) >= most:
                continue
            taken.add(key)
        new = Wanted(key, node.feature, (node.layer_number, node.index))
        features.setdefault(key, new).note(node)


def _is_named(node: Node, named: set[str]) -> bool:
    return bool({feature_key(node.node_id), node.node_id} & named)
