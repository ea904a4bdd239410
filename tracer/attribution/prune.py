"""Pruning, as circuit-tracer defines it: few nodes, then few edges, then no loose ends."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.influence import Matrix
from tracer.attribution.sweep import normalised


@dataclass(frozen=True)
class Pruned:
    """What is kept. Sources are features, errors, tokens; targets are features, logits."""

    nodes: Tensor  # (sources,) bool; logits are always kept
    edges: Tensor  # (targets, sources) bool
    rank_share: Tensor  # (sources,): cumulative share of influence down to this node
    edges_before_limit: int


def prune(
    matrix: Matrix,
    *,
    node_threshold: float = 0.8,
    edge_threshold: float = 0.98,
    max_links: int | None = None,
) -> Pruned:
    """Keep the fewest nodes that hold `node_threshold` of all influence (tokens and logits
    always); on what is left, the fewest edges that hold `edge_threshold`, at most `max_links`;
    then drop features without an incoming, and features or errors without an outgoing edge."""
    influence = matrix.influence()
    nodes = influence >= _cut(influence, node_threshold)
    nodes[matrix.tokens] = True
    kept = matrix.rows * _edge_frame(matrix, nodes)
    scores = _edge_scores(matrix, kept)
    edges = (scores >= _cut(scores.flatten(), edge_threshold)) & (scores > 0)
    edges = _without_loose_ends(matrix, nodes, edges)
    before_limit = int(edges.sum())
    if max_links is not None and before_limit > max_links:
        edges = _strongest(scores * edges, max_links)
        edges = _without_loose_ends(matrix, nodes, edges)
    return Pruned(nodes, edges, _rank_share(influence), before_limit)


def _cut(scores: Tensor, share: float) -> Tensor:
    """The score of the last one needed to hold `share` of the total."""
    ordered = torch.sort(scores, descending=True).values
    held = ordered.cumsum(0) / ordered.sum()
    needed = int(torch.searchsorted(held, share))
    return ordered[min(needed, len(ordered) - 1)]


def _edge_frame(matrix: Matrix, nodes: Tensor) -> Tensor:
    """(targets, sources) bool: both ends are kept."""
    logits = torch.ones(len(matrix.logit_weights), dtype=torch.bool)
    targets = torch.cat([nodes[: matrix.n_features], logits])
    return targets[:, None] & nodes[None, :]


def _edge_scores(matrix: Matrix, rows: Tensor) -> Tensor:
    influence = matrix.influence(rows)
    targets = torch.cat([influence[: matrix.n_features], matrix.logit_weights])
    return normalised(rows) * targets[:, None]


def _strongest(scores: Tensor, most: int) -> Tensor:
    """The `most` largest scores; ties go to the earlier edge."""
    chosen = torch.sort(scores.flatten(), descending=True, stable=True).indices[:most]
    mask = torch.zeros(scores.numel(), dtype=torch.bool)
    mask[chosen] = True
    return mask.view_as(scores)


def _without_loose_ends(matrix: Matrix, nodes: Tensor, edges: Tensor) -> Tensor:
    """Narrows `nodes` in place until stable, and returns the edges among them."""
    n_features, may_go = matrix.n_features, matrix.tokens.start
    while True:
        before = int(nodes.sum())
        edges = edges & _edge_frame(matrix, nodes)
        nodes[:may_go] &= edges[:, :may_go].any(0)
        nodes[:n_features] &= edges[:n_features].any(1)
        if int(nodes.sum()) == before:
            return edges


def _rank_share(influence: Tensor) -> Tensor:
    order = torch.sort(influence, descending=True, stable=True)
    shares = torch.empty_like(influence)
    shares[order.indices] = order.values.cumsum(0) / order.values.sum()
    return shares
