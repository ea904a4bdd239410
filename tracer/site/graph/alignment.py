"""Two graphs laid side by side: what both use, what only one does, and how much it matters to each.

`assets/viewer/graph/alignment.js` does the same for any two graphs in the browser; a test holds
the two against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from tracer.documents.annotations import Annotations
from tracer.documents.exchange.answer_label import own_label
from tracer.documents.exchange.neuronpedia_file import named_groups
from tracer.documents.feature_source import feature_source, numbering
from tracer.documents.graph import NEURON, Graph, Node
from tracer.site.graph.influence import influence_shares
from tracer.site.graph.viewer_data import answer_rows

By = Literal["feature", "neuron", "name"]


@dataclass(frozen=True)
class Part:
    """What one graph has of a row: its nodes, and their share of the influence on its answers."""

    nodes: tuple[str, ...]
    influence: float


@dataclass(frozen=True)
class Row:
    """A feature, or a name that people gave, in one graph or in both."""

    key: str
    name: str
    left: Part | None
    right: Part | None

    @property
    def change(self) -> float:
        """Share on the right minus share on the left."""
        return (self.right.influence if self.right else 0.0) - (
            self.left.influence if self.left else 0.0
        )


@dataclass(frozen=True)
class Alignment:
    """`shared` goes by the size of the change, the other two by influence."""

    by: By
    sources: tuple[str, str]
    shared: tuple[Row, ...]
    only_left: tuple[Row, ...]
    only_right: tuple[Row, ...]


@dataclass(frozen=True)
class Annotated:
    """A graph, and what people say about it."""

    graph: Graph
    annotations: Annotations


def align(left: Annotated, right: Annotated) -> Alignment:
    """By feature where both graphs number the same features, by neuron where their models have one
    architecture, else by the names people gave."""
    sources = (feature_source(left.graph), feature_source(right.graph))
    by: By = "feature" if sources[0] == sources[1] else "name"
    if by == "name" and numbering(left.graph) == numbering(right.graph):
        by = "neuron"
    keyed = _names if by == "name" else _features
    sides = [keyed(side, _shares(side.graph)) for side in (left, right)]
    rows = [_row(key, *(side.get(key) for side in sides)) for key in {**sides[0], **sides[1]}]
    return Alignment(
        by,
        sources,
        shared=tuple(sorted((r for r in rows if r.left and r.right), key=_by_change)),
        only_left=tuple(sorted((r for r in rows if not r.right), key=_by_change)),
        only_right=tuple(sorted((r for r in rows if not r.left), key=_by_change)),
    )


_Named = Mapping[str, tuple[str, Part]]


def _row(key: str, left: tuple[str, Part] | None, right: tuple[str, Part] | None) -> Row:
    name = (left or right or ("",))[0]
    return Row(key, name, left[1] if left else None, right[1] if right else None)


def _by_change(row: Row) -> tuple[float, str]:
    return -abs(row.change), row.key


def _shares(graph: Graph) -> dict[str, float]:
    roots = {
        graph.nodes[number].node_id: 1.0 if probability is None else probability
        for number, _, probability in answer_rows(graph)
    }
    return influence_shares(graph, roots)


def _features(side: Annotated, shares: Mapping[str, float]) -> _Named:
    """Node id without its position -> the feature at all its positions."""
    found: dict[str, list[Node]] = defaultdict(list)
    for node in _feature_nodes(side.graph):
        found[node.node_id.rpartition("_")[0]].append(node)
    return {
        key: (_name(side, max(nodes, key=lambda node: shares[node.node_id])), _part(nodes, shares))
        for key, nodes in found.items()
    }


def _names(side: Annotated, shares: Mapping[str, float]) -> _Named:
    """Groups by their names, and features by their labels; capital letters do not count."""
    found: dict[str, tuple[str, list[Node]]] = {}
    by_id = {node.node_id: node for node in side.graph.nodes}
    for name, ids in named_groups(side.graph, side.annotations):
        found.setdefault(f"group:{name.lower()}", (name, []))[1].extend(
            by_id[one] for one in ids if one in by_id
        )
    for node in _feature_nodes(side.graph):
        if label := _label(side, node):
            found.setdefault(f"label:{label.lower()}", (label, []))[1].append(node)
    return {key: (name, _part(nodes, shares)) for key, (name, nodes) in found.items() if nodes}


def _feature_nodes(graph: Graph) -> list[Node]:
    asked = {graph.nodes[number].node_id for number, _, _ in answer_rows(graph)}
    return [node for node in graph.nodes if node.kind == "feature" and node.node_id not in asked]


def _part(nodes: Iterable[Node], shares: Mapping[str, float]) -> Part:
    ids = tuple(dict.fromkeys(node.node_id for node in nodes))
    return Part(ids, sum(shares[one] for one in ids))


def _label(side: Annotated, node: Node) -> str | None:
    label = side.annotations.label_of(node.node_id)
    return label.text if label else own_label(node)


def _name(side: Annotated, node: Node) -> str:
    noun = "neuron" if node.feature_type == NEURON else "feature"
    number = node.node_id if node.index is None else node.index
    return _label(side, node) or f"{noun} {number} of layer {node.layer_number}"
