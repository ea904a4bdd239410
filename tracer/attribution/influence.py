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

    def influence(self) -> Tensor:
        """(sources,): exact, since every feature's sources stand in lower layers."""
        n = self.n_features
        influence = self.logit_weights @ normalised(self.rows[n:])
        for start, end in reversed(list(pairwise(self.layer_starts))):
            if end > start:
                influence += influence[start:end] @ normalised(self.rows[start:end])
        return influence

    def keep(self, sources: Tensor) -> Matrix:
        """The matrix among some of the sources, (sources,) bool, and the logits."""
        n = self.n_features
        starts = [int(sources[:start].sum()) for start in self.layer_starts]
        targets = torch.cat([sources[:n].nonzero()[:, 0], torch.arange(n, len(self.rows))])
        return Matrix(
            rows=self.rows[targets][:, sources],
            layer_starts=tuple(starts),
            n_errors=int(sources[self.errors].sum()),
            n_tokens=int(sources[self.tokens].sum()),
            logit_weights=self.logit_weights,
        )

    def replacement_score(self, influence: Tensor) -> float:
        """Token share of token plus error influence."""
        tokens, errors = float(influence[self.tokens].sum()), float(influence[self.errors].sum())
        return tokens / (tokens + errors) if tokens + errors else 0.0

    def completeness_score(self, influence: Tensor) -> float:
        """Influence-weighted share of every node's input that does not come from errors."""
        total = torch.linalg.vector_norm(self.rows, 1, dim=1).clamp(min=1e-10)
        from_errors = torch.linalg.vector_norm(self.rows[:, self.errors], 1, dim=1) / total
        weights = torch.cat([influence[: self.n_features], self.logit_weights])
        # Errors and tokens have no input; their share counts as complete, as circuit-tracer's.
        without_input = influence[self.n_features :].sum()
        complete = ((1 - from_errors) * weights).sum() + without_input
        return float(complete / (weights.sum() + without_input))


def fold(swept: Swept, positions: Tensor, layers: Tensor, logit_weights: Tensor) -> Matrix:
    """Unexpanded features become part of the error node of their (layer, position)."""
    columns = swept.columns
    left_out = torch.ones(columns.n_features, dtype=torch.bool)
    left_out[swept.expanded] = False
    if not left_out.any():
        return _matrix(swept, swept.rows, logit_weights)
    home = columns.n_features + layers * columns.n_positions + positions  # (features,)
    rows = _without(swept, left_out)
    unexpanded = swept.rows[:, : columns.n_features][:, left_out]
    rows.index_add_(1, home[left_out] - int(left_out.sum()), unexpanded)
    return _matrix(swept, rows, logit_weights)


def drop(swept: Swept, logit_weights: Tensor) -> Matrix:
    """Unexpanded features are left out, as circuit-tracer does; the scores then flatter."""
    left_out = torch.ones(swept.columns.n_features, dtype=torch.bool)
    left_out[swept.expanded] = False
    rows = _without(swept, left_out) if left_out.any() else swept.rows
    return _matrix(swept, rows, logit_weights)


def _without(swept: Swept, left_out: Tensor) -> Tensor:
    columns = torch.ones(swept.columns.total, dtype=torch.bool)
    columns[: len(left_out)] = ~left_out
    return swept.rows[:, columns]


def _matrix(swept: Swept, rows: Tensor, logit_weights: Tensor) -> Matrix:
    columns = swept.columns
    starts = torch.searchsorted(swept.expanded, torch.tensor(columns.starts))
    return Matrix(
        rows=rows,
        layer_starts=tuple(starts.tolist()),
        n_errors=columns.n_layers * columns.n_positions,
        n_tokens=columns.n_positions,
        logit_weights=logit_weights.to(rows),
    )
