"""Influence and the two scores, on the matrix that is published.

Definitions are circuit-tracer's: rows normalised by absolute value; influence is the sum over
paths from the logits, weighted by probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from tracer.attribution.sweep import Swept, normalised


@dataclass(frozen=True)
class Matrix:
    """Direct effects among the graph's nodes. Nodes: features, errors, tokens, logits."""

    rows: Tensor  # (features + logits, features + errors + tokens): targets by sources
    layer_starts: tuple[int, ...]  # first feature of each layer, and the end
    n_errors: int
    n_tokens: int
    logit_weights: Tensor  # (logits,)

    @property
    def n_features(self) -> int:
        return self.layer_starts[-1]

    @property
    def errors(self) -> slice:
        return slice(self.n_features, self.n_features + self.n_errors)

    @property
    def tokens(self) -> slice:
        return slice(self.n_features + self.n_errors, self.rows.shape[1])

    def influence(self, rows: Tensor | None = None) -> Tensor:
        """(sources,): exact, since every feature's sources stand in lower layers."""
        shares = normalised(self.rows if rows is None else rows)
        influence = self.logit_weights @ shares[self.n_features :]
        for start, end in reversed(list(pairwise(self.layer_starts))):
            if end > start:
                influence = influence + influence[start:end] @ shares[start:end]
        return influence

    def replacement_score(self, influence: Tensor) -> float:
        """Token share of token plus error influence."""
        tokens, errors = float(influence[self.tokens].sum()), float(influence[self.errors].sum())
        return tokens / (tokens + errors) if tokens + errors else 0.0

    def completeness_score(self, influence: Tensor) -> float:
        """Influence-weighted share of every node's input that does not come from errors."""
        from_errors = normalised(self.rows)[:, self.errors].sum(1)
        weights = torch.cat([influence[: self.n_features], self.logit_weights])
        # Errors and tokens have no input; their share counts as complete, as circuit-tracer's.
        without_input = influence[self.n_features :].sum()
        total = weights.sum() + without_input
        return float(((1 - from_errors) * weights).sum() + without_input) / float(total)


def fold(swept: Swept, positions: Tensor, layers: Tensor, logit_weights: Tensor) -> Matrix:
    """Unexpanded features become part of the error node of their (layer, position)."""
    columns, kept = swept.columns, swept.expanded
    left_out = torch.ones(columns.n_features, dtype=torch.bool)
    left_out[kept] = False
    unexpanded = swept.rows[:, : columns.n_features][:, left_out]
    home = columns.n_features + layers * columns.n_positions + positions  # (features,)
    rest = swept.rows[:, columns.n_features :].clone()
    rest.index_add_(1, home[left_out] - columns.n_features, unexpanded)
    return _matrix(swept, rest, logit_weights)


def drop(swept: Swept, logit_weights: Tensor) -> Matrix:
    """Unexpanded features are left out, as circuit-tracer does; the scores then flatter."""
    return _matrix(swept, swept.rows[:, swept.columns.n_features :], logit_weights)


def _matrix(swept: Swept, rest: Tensor, logit_weights: Tensor) -> Matrix:
    columns = swept.columns
    starts = torch.searchsorted(swept.expanded, torch.tensor(columns.starts))
    return Matrix(
        rows=torch.cat([swept.rows[:, swept.expanded], rest], dim=1),
        layer_starts=tuple(starts.tolist()),
        n_errors=columns.n_layers * columns.n_positions,
        n_tokens=columns.n_positions,
        logit_weights=logit_weights.to(rest),
    )
