"""Groups for a graph that has no account and no annotations: words across, cuts at layers upwards.

Columns are runs of words, so that every link runs to the right or upwards and the picture has no
circles. The column or piece of a column with the largest |effect| is cut at the layer that halves
it, until there are about eight. Each has a supporting and an opposing half.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from tracer.documents.graph import Graph, Node
from tracer.site.wording.tokens import Word

MOST_COLUMNS = 5
MOST_SEGMENTS = 8
WEAKEST_SEGMENT = 0.01


@dataclass(frozen=True)
class Half:
    """The features of a segment that push the answer one way; `share` is of all |effect|."""

    sign: Literal["supports", "opposes"]
    nodes: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class Segment:
    """A run of words (its column) between two layers. The key comes from content, not rank."""

    key: str
    column: str
    name: str
    halves: tuple[Half, ...]


def automatic_groups(
    graph: Graph, effect: Mapping[str, float], prompt: Sequence[Word]
) -> list[Segment]:
    """About eight segments that hold the features with the most effect on the answer."""
    word_of = {p: number for number, word in enumerate(prompt) for p in word.positions}
    features = [
        node
        for node in graph.nodes
        if node.kind == "feature" and node.ctx_idx in word_of and effect.get(node.node_id)
    ]
    total = sum(abs(effect[node.node_id]) for node in features)
    pieces = []
    for low, high in _columns(features, effect, word_of, len(prompt)):
        inside = [node for node in features if low <= word_of[node.ctx_idx] <= high]
        name = _span_name([word.text for word in prompt[low : high + 1]])
        pieces.append((name, f"words-{low}-{high}", inside))
    segments = [
        _segment(name, column, nodes, effect, total)
        for name, column, nodes in _cut(pieces, effect)
        if sum(abs(effect[node.node_id]) for node in nodes) >= WEAKEST_SEGMENT * total
    ]
    return [segment for segment in segments if segment.halves]


def _columns(
    features: Sequence[Node], effect: Mapping[str, float], word_of: Mapping[int, int], count: int
) -> list[tuple[int, int]]:
    """Runs of neighbouring words: the weakest neighbours are joined until few are left."""
    mass = [0.0] * count
    for node in features:
        mass[word_of[node.ctx_idx]] += abs(effect[node.node_id])
    spans = [(number, number) for number in range(count)]
    while len(spans) > MOST_COLUMNS:
        joined = [(low, high) for (low, _), (_, high) in pairwise(spans)]
        weakest = min(range(len(joined)), key=lambda i: sum(mass[joined[i][0] : joined[i][1] + 1]))
        spans[weakest : weakest + 2] = [joined[weakest]]
    return spans


def _cut(
    pieces: list[tuple[str, str, list[Node]]], effect: Mapping[str, float]
) -> list[tuple[str, str, list[Node]]]:
    """Cut the heaviest piece at the layer that halves it, until there are enough."""
    done = [piece for piece in pieces if piece[2]]
    while 0 < len(done) < MOST_SEGMENTS:
        order = sorted(range(len(done)), key=lambda i: -_mass(done[i][2], effect))
        heaviest = next((i for i in order if _halving_layer(done[i][2], effect) is not None), None)
        if heaviest is None:
            break
        name, column, nodes = done[heaviest]
        layer = _halving_layer(nodes, effect)
        assert layer is not None
        lower = [node for node in nodes if node.layer_number < layer]
        upper = [node for node in nodes if node.layer_number >= layer]
        done[heaviest : heaviest + 1] = [(name, column, lower), (name, column, upper)]
    return done


def _halving_layer(nodes: Sequence[Node], effect: Mapping[str, float]) -> int | None:
    """The first layer of the upper half; None when all stand in one layer."""
    mass: dict[int, float] = defaultdict(float)
    for node in nodes:
        mass[node.layer_number] += abs(effect[node.node_id])
    layers = sorted(mass)
    if len(layers) < 2:
        return None
    total, below = sum(mass.values()), 0.0
    best = layers[1]
    nearest = total
    for layer, following in pairwise(layers):
        below += mass[layer]
        if abs(2 * below - total) < nearest:
            nearest, best = abs(2 * below - total), following
    return best


def _segment(
    name: str, column: str, nodes: Sequence[Node], effect: Mapping[str, float], total: float
) -> Segment:
    layers = [node.layer_number for node in nodes]
    halves = []
    for side in (1, -1):
        members = [node for node in nodes if effect[node.node_id] * side > 0]
        if members:
            share = _mass(members, effect) / total
            ids = tuple(node.node_id for node in members)
            halves.append(Half("supports" if side > 0 else "opposes", ids, share))
    key = f"{column}-layers-{min(layers)}-{max(layers)}"
    return Segment(key, column, name, tuple(halves))


def _mass(nodes: Sequence[Node], effect: Mapping[str, float]) -> float:
    return sum(abs(effect[node.node_id]) for node in nodes)


def _span_name(texts: Sequence[str]) -> str:
    return " ".join(texts) if len(texts) <= 3 else f"{texts[0]} … {texts[-1]}"
