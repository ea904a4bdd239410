"""A graph in which features that are not listed stay as nodes of their own: circuit-tracer's
convention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from tracer.attribution.account.carried import LOOKS, Carried, carried_by_heads
from tracer.attribution.adjacency import Adjacency, square
from tracer.attribution.constants import Constants
from tracer.attribution.influence import Matrix, drop, fold
from tracer.attribution.metadata import metadata_of
from tracer.attribution.nodes import (
    LEFT_OUT,
    constant_node,
    error_node,
    feature_nodes,
    target_nodes,
    token_node,
)
from tracer.attribution.origin import FeatureName
from tracer.attribution.prune import Pruned, prune
from tracer.attribution.sweep import Swept
from tracer.attribution.traced import Published, Traced
from tracer.documents.graph import BIAS, Graph, Link, Node
from tracer.documents.parts.parts import Parts
from tracer.documents.prompt_words import BIASES
from tracer.documents.trace_figures import Counts, Scores
from tracer.documents.trace_settings import TraceSettings


@dataclass(frozen=True, repr=False)
class NodeGraph(Traced):
    """`swept` holds direct effects: rows (expanded features + targets, columns), where columns are
    features, then the MLP errors of each (layer, position), then tokens."""

    swept: Swept
    constants: Constants
    limits: ClassVar[tuple[str, ...]] = ("node_threshold", "edge_threshold", "max_links")

    @property
    def notices(self) -> tuple[str, ...]:
        """And of memory."""
        return (*super().notices, *self.swept.notices)

    @cached_property
    def matrix(self) -> Matrix:
        """Direct effects among expanded features, errors, tokens and logits; features that were
        not expanded are folded into the error node of their layer and position."""
        positions = torch.cat([one.positions for one in self.layers]).cpu()
        return fold(self.swept, positions, self.targets.weights.cpu())

    @cached_property
    def influence(self) -> Tensor:
        """(sources,): influence on the logits of each source of `matrix`."""
        return self.matrix.influence()

    def scores(self) -> Scores:
        """Replacement and completeness, shares between 0 and 1 (circuit-tracer's definitions),
        with unexpanded features folded into error nodes, and dropped."""
        replacement = self.matrix.replacement_score(self.influence)
        completeness = self.matrix.completeness_score(self.influence)
        flattering = replacement, completeness
        if len(self.swept.expanded) < self.swept.columns.n_features:
            dropped = drop(self.swept, self.targets.weights.cpu())
            influence = dropped.influence()
            flattering = dropped.replacement_score(influence), dropped.completeness_score(influence)
        return Scores(
            replacement=replacement,
            completeness=completeness,
            unexpanded=self.swept.unexpanded_share,
            replacement_dropped=flattering[0],
            completeness_dropped=flattering[1],
        )

    def heads(self, groups: Sequence[Sequence[str]] = (), *, looks: int = LOOKS) -> Carried:
        """Which attention heads carried what runs between groups of node ids, from the strongest
        words and to what is asked; and where the strongest look. Patterns are frozen. All features
        that are in no group hand on what they read."""
        return carried_by_heads(self.frozen, self.active, self.targets, groups, looks=looks)

    def publish(self, *, slug: str = "untitled") -> Published:
        """By the settings' thresholds, shares of influence as circuit-tracer defines them, and
        their limit on links."""
        pruned = prune(
            self.matrix,
            influence=self.influence,
            node_threshold=self.settings.node_threshold,
            edge_threshold=self.settings.edge_threshold,
            max_links=self.settings.max_links,
        )
        return Published(_document(self, pruned, slug), Parts())

    def adjacency(self, *, sparse: bool = False) -> Adjacency:
        """Nodes: expanded features, errors, tokens, then what is explained, as circuit-tracer
        orders them."""
        matrix, n = self.matrix, self.frozen.n_positions
        features = [str(one) for one in self._names()]
        errors = range(self.frozen.n_layers * n)
        ids = [
            *features,
            *(error_node(at // n, at % n, "").node_id for at in errors),
            *(token_node(self, position).node_id for position in range(n)),
        ]
        every = torch.ones(matrix.n_sources, dtype=torch.bool)
        direct = matrix.dense(torch.arange(matrix.n_targets), every)
        asked = [one.node_id for one in target_nodes(self)]
        return square(direct, len(features), (*ids, *asked), sparse=sparse)

    def _names(self) -> Iterator[FeatureName]:
        """The expanded features, in the order of `matrix`."""
        for layer, features in enumerate(self.layers):
            part = self.swept.columns.features(layer)
            mine = self.swept.expanded[
                (self.swept.expanded >= part.start) & (self.swept.expanded < part.stop)
            ]
            rows = features.chosen((mine - part.start).to(features.positions.device))
            for index, position in zip(rows.indices.tolist(), rows.positions.tolist(), strict=True):
                yield FeatureName(layer, index, position)

    @property
    def _size(self) -> str:
        return f"{sum(map(len, self.layers)):,} features, {len(self.swept.expanded):,} expanded"

    def _within(self, settings: TraceSettings) -> NodeGraph:
        return replace(self, settings=settings)

    def _raw(self) -> dict[str, object]:
        return {"swept": self.swept, "constants": self.constants}


def _document(attribution: NodeGraph, pruned: Pruned, slug: str) -> Graph:
    """Nodes by (layer, position, index), errors layer-major, biases, tokens, logits; links by
    target, then source, in that order. A target that is a feature stands where logits would."""
    sources = [
        *_feature_nodes(attribution, pruned),
        *_error_nodes(attribution, pruned),
        *_token_nodes(attribution),
    ]
    asked = target_nodes(attribution)
    matrix = attribution.matrix
    weights = matrix.weights(pruned.links[:, 0], pruned.links[:, 1]).tolist()
    targets = [*sources[: matrix.n_features], *asked]
    links = [
        Link(source=sources[s].node_id, target=targets[t].node_id, weight=weight)
        for (t, s), weight in zip(pruned.links.tolist(), weights, strict=True)
    ]
    kept = [node for node, keep in zip(sources, pruned.nodes.tolist(), strict=True) if keep]
    biases = _bias_links(attribution, targets)
    if biases or attribution.constants.biases:
        words = attribution.frozen.n_positions
        kept.insert(len(kept) - words, _biases(attribution))
    nodes = [*kept, *asked]
    place = {node.node_id: at for at, node in enumerate(nodes)}
    links += [one for one in biases if one.target in place]
    links.sort(key=lambda one: (place[one.target], place[one.source]))
    counts = Counts(
        active=attribution.active.count,
        candidates=sum(map(len, attribution.layers)),
        expanded=len(attribution.swept.expanded),
        nodes_before_pruning=matrix.n_sources + len(matrix.logit_weights),
        links_before_pruning=matrix.n_links,
        links_before_limit=pruned.links_before_limit,
    )
    return Graph(
        metadata=metadata_of(attribution, slug, counts=counts, scores=attribution.scores()),
        nodes=tuple(nodes),
        links=tuple(links),
    )


def _feature_nodes(attribution: NodeGraph, pruned: Pruned) -> Iterator[Node]:
    swept, shares = attribution.swept, iter(pruned.rank_share.tolist())
    for layer, features in enumerate(attribution.layers):
        part = swept.columns.features(layer)
        mine = swept.expanded[(swept.expanded >= part.start) & (swept.expanded < part.stop)]
        rows = (mine - part.start).to(features.positions.device)
        yield from feature_nodes(attribution, layer, features.chosen(rows), shares)


def _error_nodes(attribution: NodeGraph, pruned: Pruned) -> list[Node]:
    """For neurons nothing is in error: these are the neurons that are not listed."""
    neurons = attribution.features_info.kind == "neurons"
    rest = "neurons not listed" if neurons else LEFT_OUT
    shares = pruned.rank_share[attribution.matrix.errors].tolist()
    effects = [None] * len(shares) if neurons else attribution.constants.errors.flatten().tolist()
    n = attribution.frozen.n_positions
    return [
        error_node(at // n, at % n, rest, influence=share, effect=effect if at % n else None)
        for at, (share, effect) in enumerate(zip(shares, effects, strict=True))
    ]


def _biases(attribution: NodeGraph) -> Node:
    """What the model adds whatever it reads; nothing is pruned by it."""
    share = attribution.constants.biases
    return constant_node(BIASES, BIAS, "biases", effect=share)


def _bias_links(attribution: NodeGraph, targets: Sequence[Node]) -> list[Link]:
    """What biases add to each target, its own included."""
    swept = attribution.swept
    own = torch.cat([one.biases for one in attribution.layers]).to(swept.biases)
    asked = attribution.targets.biases.to(swept.biases)
    found = swept.biases + torch.cat([own[swept.expanded], asked])
    return [
        Link(source=BIASES, target=target.node_id, weight=weight)
        for target, weight in zip(targets, found.tolist(), strict=True)
        if weight
    ]


def _token_nodes(attribution: NodeGraph) -> Iterator[Node]:
    for position, effect in enumerate(attribution.effects.tokens.tolist()):
        share = effect if position else attribution.constants.start
        yield token_node(attribution, position, effect=share)
