"""What the engine finds of a planted circuit: areas under ROC curves, of nodes and of links.

Candidates are all units of the model behind the start, and all links that could be among those that
are listed, those that are planted, the words and the answer. What is not listed scores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from tests.truth.build import Built, spelled
from tests.truth.circuit import ANSWER, Place
from tests.truth.transcoders import Fitted
from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.account.book import Book
from tracer.attribution.node_graph import NodeGraph
from tracer.attribution.origin import FeatureName
from tracer.attribution.prune import edge_scores
from tracer.attribution.trace import trace
from tracer.documents.trace_settings import TraceSettings

Way = Literal["transparent", "nodes", "circuit-tracer"]
WAYS: Mapping[Way, TraceSettings] = {
    "transparent": TraceSettings(remainder="transparent", against="alternatives"),
    "nodes": TraceSettings(remainder="nodes", against="alternatives"),
    "circuit-tracer": TraceSettings(remainder="nodes", against="vocabulary"),
}
DUST = 1e-9  # of the strongest: what is weaker is rounding


Source = FeatureName | int  # a word by its position
Link = tuple[Source, FeatureName | None]  # None: the answer


@dataclass(frozen=True)
class Scores:
    """What one graph makes of what it lists, by absolute value."""

    features: Sequence[FeatureName]
    words: Sequence[int]  # positions
    nodes: Tensor  # (features,)
    links: Tensor  # (features + 1, features + words): rows are targets, the last one the answer


@dataclass(frozen=True)
class Plant:
    """Where the planted nodes and links are, in units or in the features that stand for them."""

    nodes: Sequence[FeatureName]
    links: Sequence[Link]
    candidates: int  # units, or features, at all positions behind the start
    positions: int


class Verdict(NamedTuple):
    """Areas under the ROC curves; and of the strongest, as many as are planted, the share that is
    planted, which a few strong strangers move and an area does not."""

    nodes: float
    links: float
    top_nodes: float
    top_links: float


def judged(built: Built, way: Way, fitted: Fitted | None = None) -> Verdict:
    """Of neurons, or of the features of a set."""
    found = trace(
        spelled(built.circuit.prompt),
        model=built.model,
        target=f" {built.circuit.answer}",
        features="neurons" if fitted is None else str(fitted.folder),
        settings=WAYS[way],
    )
    if isinstance(found, AccountGraph):
        return compare(account_scores(found), plant_of(built, fitted))
    by: Literal["effect", "influence"] = "influence" if way == "circuit-tracer" else "effect"
    return compare(node_scores(found, by), plant_of(built, fitted))


def plant_of(built: Built, fitted: Fitted | None = None) -> Plant:
    places = built.units if fitted is None else fitted.units
    n_words = len(built.token_ids) - 1

    def source(place: Place) -> Source:
        known = place.name in places
        return FeatureName(*places[place.name], place.position) if known else place.position

    nodes = [FeatureName(*places[one.name], one.position) for one in built.circuit.nodes]
    links: list[Link] = []
    for start, end in built.circuit.links:
        into = None if end.name == ANSWER else FeatureName(*places[end.name], end.position)
        links.append((source(start), into))
    width = built.width if fitted is None else fitted.width
    return Plant(nodes, links, built.circuit.layers * width * n_words, n_words)


def account_scores(found: AccountGraph) -> Scores:
    """Nodes by effect, links by flow."""
    account = found.account
    book, k = Book.of(account), len(account)
    words = [at for at, one in enumerate(book.inputs) if one.kind == "word"]
    columns = torch.tensor([*range(k), *(k + at for at in words)])
    places = (account.layers, account.indices, account.positions)
    return Scores(
        features=[
            FeatureName(*one) for one in zip(*(part.tolist() for part in places), strict=True)
        ],
        words=[book.inputs[at].position or 0 for at in words],
        nodes=account.effects.abs(),
        links=book.flows[:, columns].abs(),
    )


def node_scores(found: NodeGraph, by: Literal["effect", "influence"]) -> Scores:
    """Nodes by effect or influence, links by what pruning keeps them by."""
    features: list[FeatureName] = []
    effects: list[Tensor] = []
    for layer, one in enumerate(found.layers):
        pairs = zip(one.indices.tolist(), one.positions.tolist(), strict=True)
        features += [FeatureName(layer, index, position) for index, position in pairs]
        effects.append(one.effects)
    expanded, matrix = found.swept.expanded, found.matrix
    n, tokens = matrix.n_features, matrix.tokens
    words = range(tokens.start + 1, tokens.stop)
    links = edge_scores(matrix.keep(torch.ones(matrix.n_sources, dtype=torch.bool)))
    return Scores(
        features=[features[at] for at in expanded.tolist()],
        words=[at - tokens.start for at in words],
        nodes=(torch.cat(effects)[expanded].abs() if by == "effect" else found.influence[:n]),
        links=links[:, [*range(n), *words]],
    )


def compare(scores: Scores, plant: Plant) -> Verdict:
    features: dict[Source | None, int] = {one: at for at, one in enumerate(scores.features)}
    k = len(features)
    places = [(features.get(one),) for one in plant.nodes]
    nodes, other_nodes = _parted(_cleaned(scores.nodes), places)
    words: dict[Source | None, int] = {one: k + at for at, one in enumerate(scores.words)}
    targets = features | {None: k}
    sources = features | words
    pairs = [(targets.get(target), sources.get(source)) for source, target in plant.links]
    links, other_links = _parted(_cleaned(scores.links), pairs)
    return Verdict(
        area(nodes, other_nodes, plant.candidates - len(nodes)),
        area(links, other_links, _possible(scores, plant) - len(links)),
        _among_the_strongest(nodes, other_nodes),
        _among_the_strongest(links, other_links),
    )


def _parted(scores: Tensor, places: Sequence[tuple[int | None, ...]]) -> tuple[Tensor, Tensor]:
    """Scores at the places, 0 where there is no such; and all others that are not 0."""
    planted, others = torch.zeros(len(places), dtype=scores.dtype), scores.clone()
    for at, place in enumerate(places):
        if None not in place:
            planted[at] = scores[place]
            others[place] = 0
    return planted, others[others > 0]


def area(planted: Tensor, others: Tensor, count: int) -> float:
    """The share of pairs in which what is planted scores more than one of `count` others, a draw
    counting half; others that are not given score 0."""
    ranked = others.sort().values
    silent = count - len(ranked)
    below = torch.searchsorted(ranked, planted) + silent * (planted > 0)
    up_to = torch.searchsorted(ranked, planted, right=True) + silent
    return float((below + up_to).double().mean()) / (2 * count)


def _among_the_strongest(planted: Tensor, others: Tensor) -> float:
    """Draws go to the others."""
    n = len(planted)
    rivals = others.sort(descending=True).values[:n]
    beaten = (planted[:, None] > rivals).sum(1)  # (planted,)
    stronger = len(rivals) - beaten
    rank = planted.argsort(descending=True).argsort() + stronger
    return float(((rank < n) & (planted > 0)).double().mean())


def _possible(scores: Scores, plant: Plant) -> int:
    """How many links there could be."""
    features = {*scores.features, *plant.nodes}
    layers, positions = torch.tensor([(one.layer, one.position) for one in features]).T
    rises = layers[:, None] < layers
    among = int((rises & (positions[:, None] <= positions)).sum())
    from_words = int(positions.sum())  # the words up to each
    return among + from_words + len(features) + plant.positions


def _cleaned(scores: Tensor) -> Tensor:
    scores = scores.double()
    most = scores.max() if scores.numel() else scores.sum()
    return torch.where(scores < DUST * most, 0.0, scores)
