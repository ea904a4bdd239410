"""One look's score: how much of each key's it is asked about, and gradients of that on the streams
in front of the head's layer. Norms frozen, it is bilinear in those at the query and at the keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from tracer.errors import TracerError
from tracer.model.scores import Scores


@dataclass(frozen=True)
class LookedAt:
    """Head `head` of `layer` looks from token `query` at token `key`."""

    layer: int
    head: int
    query: int
    key: int

    def check(self, *, layers: int, heads: int, positions: int) -> None:
        """Raises TracerError for what the model or the prompt does not have."""
        if not 0 <= self.layer < layers or not 0 <= self.head < heads:
            what = f"there is no head {self.layer}.{self.head}"
            raise TracerError(what, hint=f"layers are 0 to {layers - 1}, heads 0 to {heads - 1}")
        if not 0 < self.query < positions or not 0 <= self.key < self.query:
            what = f"a head cannot look from {self.query} at {self.key} here"
            raise TracerError(what, hint=f"it looks back, from one of 1 to {positions - 1}")


@dataclass(frozen=True)
class LookScore:
    """`score` is what the softmax reads of the key, `others` the mean of the other keys' but the
    start's; asked about is the first less the second."""

    look: LookedAt
    scores: Scores
    score: float
    others: float
    weights: Tensor  # (n,): of each key's product with the query

    @staticmethod
    def of(scores: Scores, look: LookedAt) -> LookScore:
        """Raises TracerError for a token that the head's layer does not reach."""
        row, scaling = scores.row(look.head, look.query)
        seen = scores.seen(look.head, look.query)
        if not seen[look.key]:
            what = f"head {look.layer}.{look.head} cannot look from {look.query} at {look.key}"
            raise TracerError(what, hint="it looks only at the tokens just in front")
        others = seen.clone()
        others[[0, look.key]] = False
        share = others.to(row) / others.sum()
        weights = -share
        weights[look.key] += 1
        mean = float(row @ share)
        return LookScore(look, scores, float(row[look.key]), mean, weights * scaling)

    @property
    def query(self) -> Tensor:
        """(head_dim,)"""
        return self.scores.whole.queries[0, self.look.head, self.look.query]

    @cached_property
    def on_query(self) -> Tensor:
        """(n, d_model): the gradient on the stream, at the query alone."""
        given = self.of_head(self.scores.whole.keys).clone()
        read = self.weights @ given[0]
        given.zero_()
        given[0, self.look.query] = read
        return self.scores.pull_queries(self.look.head, given)[0]

    @cached_property
    def on_keys(self) -> Tensor:
        """(n, d_model): the same at the keys."""
        return self.pull_keys(self.query[None])[0]

    def pull_keys(self, queries: Tensor) -> Tensor:
        """(m, n, d_model): for queries (m, head_dim)."""
        return self.scores.pull_keys(self.look.head, queries[:, None] * self.weights[:, None])

    def of_head(self, keys: Tensor) -> Tensor:
        """(…, n, head_dim) of all key-value heads'."""
        return keys[..., self.look.head // self.scores.shared, :, :]

    def queries(self, streams: Tensor) -> Tensor:
        """(m, head_dim): what streams (m, positions, d_model) add to the query."""
        head, at = self.look.head, self.look.query
        whole = streams.new_zeros(len(streams), self.scores.frozen.n_positions, streams.shape[2])
        whole[:, at] = streams[:, at]
        return self.scores.of(whole).queries[:, head, at]
