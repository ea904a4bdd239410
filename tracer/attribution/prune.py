"""Pruning, as circuit-tracer defines it: few nodes, then few edges, then no loose ends."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.influence import Matrix


@dataclass(frozen=True)
class Pruned:
    """What is kept. Sources are features, errors, tokens; targets are features, logits."""

    nodes: Tensor  # (sources,) bool; logits are always kept
    links: Tensor  # (links, 2): target and source, in that order
    rank_share: Tensor  # (sources,): cumulative share of influence down to this node
    links_before_limit: int


def prune(
    matrix: Matrix,
    *,
    influence: Tensor | None = None,
    node_threshold: float,
    edge_threshold: float,
    max_links: int | None = None,
) -> Pruned:
    """Keep the fewest nodes that hold `node_threshold` of all influence (tokens and logits
    always); on what is left, the fewest edges that hold `edge_threshold`, at most `max_links`;
    then drop features without an incoming, and features or errors without an outgoing edge.

    `influence` is `matrix.influence()` where it is known already.
    """
    influence = matrix.influence() if influence is None else influence
    nodes = influence >= _cut(influence, node_threshold)
    nodes[matrix.tokens] = True
    # Everything after this is among the kept nodes, a small part of the matrix.
    kept = matrix.keep(nodes)
    scores = edge_scores(kept)
    edges = (scores >= _cut(scores.flatten(), edge_threshold)) & (scores > 0)
    alive = torch.ones(kept.n_sources, dtype=torch.bool)
    edges = _without_loose_ends(kept, alive, edges)
    before_limit = int(edges.sum())
    if max_links is not None and before_limit > max_links:
        edges = _strongest(scores * edges, max_links)
        edges = _without_loose_ends(kept, alive, edges)
    sources = nodes.nonzero()[:, 0]
    targets = torch.cat(
        [sources[: kept.n_features], torch.arange(matrix.n_features, matrix.n_targets)]
    )
    found = edges.nonzero()
    links = torch.stack([targets[found[:, 0]], sources[found[:, 1]]], dim=1)
    nodes[sources] = alive
    return Pruned(nodes, links, _rank_share(influence), before_limit)


def _cut(scores: Tensor, share: float) -> Tensor:
    """The score of the last one needed to hold `share` of the total."""
    ordered = torch.sort(scores, descending=True).values
    held = ordered.cumsum(0) / ordered.sum()
    needed = int(torch.searchsorted(held, share))
    return ordered[min(needed, len(ordered) - 1)]


def edge_scores(matrix: Matrix) -> Tensor:
    """(targets, sources): each edge's share of its target's inputs times the target's influence."""
    influence = matrix.influence()
    targets = torch.cat([influence[: matrix.n_features], matrix.logit_weights])
    magnitudes = torch.cat([matrix.direct, matrix.rest], dim=1).abs_()
    return magnitudes.mul_((targets / magnitudes.sum(1).clamp(min=1e-10))[:, None])


def _strongest(scores: Tensor, most: int) -> Tensor:
    """The `most` largest scores; ties go to the earlier edge."""
    chosen = torch.sort(scores.flatten(), descending=True, stable=True).indices[:most]
    mask = torch.zeros(scores.numel(), dtype=torch.bool)
    mask[chosen] = True
    return mask.view_as(scores)


def _without_loose_ends(matrix: Matrix, alive: Tensor, edges: Tensor) -> Tensor:
    """Narrows `alive` (sources,) in place until stable; returns the edges among them."""
    n_features, may_go = matrix.n_features, matrix.tokens.start
    logits = torch.ones(len(matrix.logit_weights), dtype=torch.bool)
    while True:
        before = int(alive.sum())
        edges = edges & torch.cat([alive[:n_features], logits])[:, None] & alive
        alive[:may_go] &= edges[:, :may_go].any(0)
        alive[:n_features] &= edges[:n_features].any(1)
        if int(alive.sum()) == before:
            return edges


def _rank_share(influence: Tensor) -> Tensor:
    order = torch.sort(influence, descending=True, stable=True)
    shares = torch.empty_like(influence)
    shares[order.indices] = order.values.cumsum(0) / order.values.sum()
    return shares
