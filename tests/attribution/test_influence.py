"""Influence, scores and pruning against dense definitions written independently."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.tiny_models import PROMPT
from tests.tracing import trace_nodes
from tracer.attribution.influence import Matrix
from tracer.attribution.prune import prune
from tracer.documents.trace_settings import TraceSettings
from tracer.model.load import Model


def square(matrix: Matrix) -> Tensor:
    """(nodes, nodes), targets by sources: features, errors, tokens, logits."""
    n_sources, n_logits = matrix.n_sources, len(matrix.logit_weights)
    rows = matrix.dense(torch.arange(matrix.n_targets), torch.ones(n_sources, dtype=torch.bool))
    whole = torch.zeros(n_sources + n_logits, n_sources + n_logits, dtype=torch.float64)
    whole[: matrix.n_features, :n_sources] = rows[: matrix.n_features]
    whole[n_sources:, :n_sources] = rows[matrix.n_features :]
    return whole


def dense_influence(adjacency: Tensor, weights: Tensor) -> Tensor:
    """weights · ((I - A)⁻¹ - I), A normalised by rows."""
    magnitudes = adjacency.abs()
    shares = magnitudes / magnitudes.sum(1, keepdim=True).clamp(min=1e-10)
    identity = torch.eye(len(shares), dtype=torch.float64)
    inverse: Tensor = torch.linalg.inv(identity - shares)
    return weights @ (inverse - identity)


def random_matrix(seed: int) -> Matrix:
    generator = torch.Generator().manual_seed(seed)
    starts, n_errors, n_tokens, n_logits = (0, 4, 4, 9, 12), 6, 3, 2
    n_features = starts[-1]
    rows = torch.randn(
        n_features + n_logits, n_features + n_errors + n_tokens, generator=generator
    ).double()
    rows *= torch.rand(rows.shape, generator=generator) < 0.6
    for start, end in pairwise(starts):
        rows[start:end, start:n_features] = 0  # nothing reads its own or a higher layer
    weights = torch.rand(n_logits, generator=generator).double()
    # A column that no node has, in among the features'.
    spare = torch.randn(len(rows), 1, generator=generator).double()
    direct = torch.cat([rows[:, :3], spare, rows[:, 3:n_features]], dim=1)
    listed = torch.tensor([column for column in range(n_features + 1) if column != 3])
    return Matrix(direct, listed, rows[:, n_features:], starts, n_tokens, weights)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_one_pass_equals_the_dense_inverse(seed: int) -> None:
    matrix = random_matrix(seed)
    weights = torch.zeros(matrix.n_sources + 2, dtype=torch.float64)
    weights[-2:] = matrix.logit_weights
    expected = dense_influence(square(matrix), weights)[:-2]
    torch.testing.assert_close(matrix.influence(), expected, rtol=1e-9, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.3, 0.6, 0.8, 1.0]), st.sampled_from([0.5, 0.98]))
def test_pruning_equals_the_definition(seed: int, nodes_share: float, edges_share: float) -> None:
    matrix = random_matrix(seed)
    kept = prune(matrix, node_threshold=nodes_share, edge_threshold=edges_share)
    nodes, edges = dense_prune(matrix, nodes_share, edges_share)
    assert torch.equal(kept.nodes, nodes)
    assert torch.equal(kept.links, edges.nonzero())


def dense_prune(matrix: Matrix, nodes_share: float, edges_share: float) -> tuple[Tensor, Tensor]:
    """The published definition, on the square matrix, one step at a time."""
    whole, n_sources = square(matrix), matrix.n_sources
    n_features, n_fixed = matrix.n_features, matrix.tokens.start
    weights = torch.zeros(len(whole), dtype=torch.float64)
    weights[n_sources:] = matrix.logit_weights

    def threshold(scores: Tensor, share: float) -> Tensor:
        ordered = scores.sort(descending=True).values
        held = ordered.cumsum(0) / ordered.sum()
        return ordered[min(int((held < share).sum()), len(ordered) - 1)]

    influence = dense_influence(whole, weights)
    keep = influence >= threshold(influence[:n_sources], nodes_share)
    keep[n_fixed:] = True
    cut = whole * keep[:, None] * keep[None, :]
    shares = cut.abs() / cut.abs().sum(1, keepdim=True).clamp(min=1e-10)
    scores = shares * (dense_influence(cut, weights) + weights)[:, None]
    edges = (scores >= threshold(scores.flatten(), edges_share)) & (scores > 0)
    for _ in range(len(whole)):
        edges &= keep[:, None] & keep[None, :]
        for node in range(n_fixed):
            has_input = bool(edges[node].any()) or node >= n_features
            keep[node] &= bool(edges[:, node].any()) and has_input
    edges &= keep[:, None] & keep[None, :]
    return keep[:n_sources], torch.cat([edges[:n_features], edges[n_sources:]])[:, :n_sources]


def test_link_limit_keeps_the_strongest_and_leaves_no_loose_end() -> None:
    matrix = random_matrix(3)
    free = prune(matrix, node_threshold=1.0, edge_threshold=1.0)
    limited = prune(matrix, node_threshold=1.0, edge_threshold=1.0, max_links=20)
    assert limited.links_before_limit == len(free.links)
    assert 0 < len(limited.links) <= 20
    n, fixed = matrix.n_features, matrix.tokens.start
    targets, sources = limited.links.T.tolist()
    kept = set(limited.nodes.nonzero()[:, 0].tolist())
    assert {one for one in targets if one < n} == {one for one in kept if one < n}
    assert {one for one in sources if one < fixed} == {one for one in kept if one < fixed}


def test_scores_equal_their_definition(unlike: Model) -> None:
    found = trace_nodes(PROMPT, model=unlike, settings=TraceSettings(candidates=120, coverage=0.9))
    matrix, n_sources = found.matrix, found.matrix.n_sources
    whole = square(matrix)
    weights = torch.zeros(len(whole), dtype=torch.float64)
    weights[n_sources:] = matrix.logit_weights
    influence = dense_influence(whole, weights)
    tokens, errors = influence[matrix.tokens].sum(), influence[matrix.errors].sum()
    shares = whole.abs() / whole.abs().sum(1, keepdim=True).clamp(min=1e-10)
    clean = 1 - shares[:, matrix.errors].sum(1)
    output = influence + weights
    scores = found.scores()
    assert scores.replacement == pytest.approx(float(tokens / (tokens + errors)))
    assert scores.completeness == pytest.approx(float((clean * output).sum() / output.sum()))


def test_folding_keeps_every_row_sum(unlike: Model) -> None:
    found = trace_nodes(PROMPT, model=unlike, settings=TraceSettings(candidates=120, coverage=0.8))
    assert 0 < len(found.swept.expanded) < found.swept.columns.n_features
    matrix = found.matrix
    every = torch.ones(matrix.n_sources, dtype=torch.bool)
    folded = matrix.dense(torch.arange(matrix.n_targets), every)
    torch.testing.assert_close(folded.sum(1), found.swept.rows.sum(1))
    assert 0 < found.swept.unexpanded_share <= 0.2 + 1e-9


def test_max_expanded_is_a_ceiling(unlike: Model) -> None:
    found = trace_nodes(PROMPT, model=unlike, settings=TraceSettings(coverage=1.0, max_expanded=25))
    assert 0 < len(found.swept.expanded) <= 25


def test_nodes_hold_80_and_links_98_percent_unless_asked_otherwise() -> None:
    """In Python as for lists of prompts."""
    asked = TraceSettings()
    assert (asked.node_threshold, asked.edge_threshold) == (0.8, 0.98)
    for seed in range(40):
        matrix = random_matrix(seed)
        kept = prune(
            matrix, node_threshold=asked.node_threshold, edge_threshold=asked.edge_threshold
        )
        nodes, edges = dense_prune(matrix, 0.8, 0.98)
        assert torch.equal(kept.nodes, nodes)
        assert torch.equal(kept.links, edges.nonzero())
