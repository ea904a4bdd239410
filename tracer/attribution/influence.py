"""Influence and the two scores, on the matrix that is published.

Definitions are circuit-tracer's: rows normalised by absolute value; influence is the sum over
paths from the logits, weighted by probability.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from tracer.attribution.sweep import Swept, passed_down


@dataclass(frozen=True)
class Matrix:
    """Direct effects among the graph's nodes. Sources: features, errors, tokens; targets: features,
    logits, in that order.

    Rows are those of the sweep, not copied: of their feature columns only the `listed` are nodes.
    """

    direct: Tensor  # (targets, columns): what features give
    listed: Tensor  # (features,): each feature's column, ascending
    rest: Tensor  # (targets, errors + tokens): what errors and tokens give
    layer_starts: tuple[int, ...]  # first feature of each layer, and the end
    n_tokens: int
    logit_weights: Tensor  # (logits,)

    @property
    def n_features(self) -> int:
        return self.layer_starts[-1]

    @property
    def n_sources(self) -> int:
        return self.n_features + self.rest.shape[1]

    @property
    def n_targets(self) -> int:
        return len(self.rest)

    @property
    def errors(self) -> slice:
        return slice(self.n_features, self.n_sources - self.n_tokens)

    @property
    def tokens(self) -> slice:
        return slice(self.n_sources - self.n_tokens, self.n_sources)

    @property
    def n_links(self) -> int:
        """How many direct effects are not zero."""
        links = torch.count_nonzero(self.rest)
        for _, direct, unlisted in self._by_layer():
            links += torch.count_nonzero(direct) - torch.count_nonzero(direct[:, unlisted])
        return int(links)

    def weights(self, targets: Tensor, sources: Tensor) -> Tensor:
        """(links,): the direct effect of each source on each target."""
        n = self.n_features
        found = self.rest[targets, (sources - n).clamp(min=0)]
        of_features = sources < n
        columns = self.listed[sources[of_features]]
        found[of_features] = self.direct[targets[of_features], columns]
        return found

    def dense(self, targets: Tensor, sources: Tensor) -> Tensor:
        """(targets, sources): the direct effects among some, sources as (sources,) bool."""
        columns = self.listed[sources[: self.n_features]]
        direct = self.direct[targets[:, None], columns]
        return torch.cat([direct, self.rest[targets][:, sources[self.n_features :]]], dim=1)

    def influence(self) -> Tensor:
        """(sources,): exact, since every feature's sources stand in lower layers."""
        columns = self.direct.new_zeros(self.direct.shape[1])
        rest = self.direct.new_zeros(self.rest.shape[1])
        for targets, direct, unlisted in self._by_layer():
            logits = targets.start == self.n_features
            weights = self.logit_weights if logits else columns[self.listed[targets]]
            to_features, to_rest = passed_down(weights, direct, self.rest[targets], unlisted)
            columns[: len(to_features)] += to_features
            rest += to_rest
        return torch.cat([columns[self.listed], rest])

    def keep(self, sources: Tensor) -> Matrix:
        """The matrix among some of the sources, (sources,) bool, and the logits."""
        n = self.n_features
        starts = [int(sources[:start].sum()) for start in self.layer_starts]
        targets = torch.cat([sources[:n].nonzero()[:, 0], torch.arange(n, self.n_targets)])
        kept = self.dense(targets, sources)
        return Matrix(
            direct=kept[:, : starts[-1]],
            listed=torch.arange(starts[-1]),
            rest=kept[:, starts[-1] :],
            layer_starts=tuple(starts),
            n_tokens=int(sources[self.tokens].sum()),
            logit_weights=self.logit_weights,
        )

    def replacement_score(self, influence: Tensor) -> float:
        """Token share of token plus error influence."""
        tokens, errors = float(influence[self.tokens].sum()), float(influence[self.errors].sum())
        return tokens / (tokens + errors) if tokens + errors else 0.0

    def completeness_score(self, influence: Tensor) -> float:
        """Influence-weighted share of every node's input that does not come from errors."""
        n_errors = self.rest.shape[1] - self.n_tokens
        size = partial(torch.linalg.vector_norm, ord=1, dim=1)
        total = size(self.rest)
        for targets, direct, unlisted in self._by_layer():
            total[targets] += size(direct) - size(direct[:, unlisted])
        from_errors = size(self.rest[:, :n_errors]) / total.clamp(min=1e-10)
        weights = torch.cat([influence[: self.n_features], self.logit_weights])
        # Errors and tokens have no input; their share counts as complete, as circuit-tracer's.
        without_input = influence[self.n_features :].sum()
        complete = ((1 - from_errors) * weights).sum() + without_input
        return float(complete / (weights.sum() + without_input))

    def _by_layer(self) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """From the top down: targets, what features give them, (targets, columns), and which of
        these columns are no node's. Nothing reads its own layer or a higher one."""
        unlisted = self._unlisted()
        yield slice(self.n_features, self.n_targets), self.direct[self.n_features :], unlisted
        for start, end in reversed(list(pairwise(self.layer_starts))):
            if end > start:
                below = int(self.listed[start])
                yield slice(start, end), self.direct[start:end, :below], unlisted[unlisted < below]

    def _unlisted(self) -> Tensor:
        """Columns of `direct` that are no node's."""
        unlisted = torch.ones(self.direct.shape[1], dtype=torch.bool)
        unlisted[self.listed] = False
        return unlisted.nonzero()[:, 0]


def fold(swept: Swept, positions: Tensor, logit_weights: Tensor) -> Matrix:
    """Features that were not expanded become part of the error node of their layer and position;
    `positions` (features,) of them all."""
    dropped = drop(swept, logit_weights)
    columns, rest = swept.columns, dropped.rest.clone()
    unlisted = dropped._unlisted()
    if not len(unlisted):
        return dropped
    for layer in range(columns.n_layers):
        part = columns.features(layer)
        mine = unlisted[(unlisted >= part.start) & (unlisted < part.stop)]
        first = dropped.layer_starts[layer + 1]  # no target below reads this layer
        home = torch.nn.functional.one_hot(positions[mine], columns.n_positions).to(rest)
        error = layer * columns.n_positions
        here = rest[first:, error : error + columns.n_positions]
        here += swept.rows[first:, mine] @ home
    return replace(dropped, rest=rest)


def drop(swept: Swept, logit_weights: Tensor) -> Matrix:
    """Features that were not expanded are left out, as circuit-tracer does; the scores then
    flatter."""
    columns = swept.columns
    starts = torch.searchsorted(swept.expanded, torch.tensor(columns.starts))
    return Matrix(
        direct=swept.rows[:, : columns.n_features],
        listed=swept.expanded,
        rest=swept.rows[:, columns.n_features :],
        layer_starts=tuple(starts.tolist()),
        n_tokens=columns.n_positions,
        logit_weights=logit_weights.to(swept.rows),
    )
