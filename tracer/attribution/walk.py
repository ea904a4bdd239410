"""A batch of targets on its way down the frozen residual stream, with no automatic differentiation.

A target that stands at position p is touched by positions up to p only, so targets are sorted by
position and at each position only the live ones, a suffix, are multiplied. The first step starts
from one position; the last is contracted with the embeddings before it is multiplied out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from tracer.model.attention_map import AttentionMap
from tracer.model.frozen_pass import FrozenPass

CHUNKS = 24  # positions multiplied together share one suffix; more chunks waste less


class Walk:
    """Holds the gradient of `targets` on one residual stream, (reach, d_model, targets).

    `start` (targets, d_model) stands at `positions` (targets,), ascending. With `transport` in
    bfloat16 the products are, and the gradient itself stays as it is.
    """

    def __init__(
        self,
        frozen: FrozenPass,
        positions: Tensor,
        start: Tensor,
        *,
        transport: torch.dtype | None = None,
    ):
        self.frozen = frozen
        self.positions = positions
        self.start = start
        self.reach = int(positions[-1]) + 1
        self.transport = transport or start.dtype
        self.gradient: Tensor | None = None  # until the first step: `start` and nothing else
        live = torch.searchsorted(positions, torch.arange(self.reach, device=positions.device))
        self.first: list[int] = live.tolist()  # first live target at each position
        self._queries: Tensor | None = None
        self._keys: Tensor | None = None

    def live(self) -> Iterator[tuple[int, int, Tensor]]:
        """Position, first live target, and the gradient there, (d_model, live targets)."""
        if self.gradient is None:
            for position in sorted(set(self.positions.tolist())):
                here = self.positions == position
                first = self.first[position]
                yield position, first, self.start[first : first + int(here.sum())].T
            return
        for position, first in enumerate(self.first):
            yield position, first, self.gradient[position, :, first:]

    def map_gradient(self, change: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """`change` of every gradient vector, (m, d_model) at positions (m,), in the layout that
        `add` takes."""
        if self.gradient is None:
            return change(self.start, self.positions)
        reach, d_model, targets = self.gradient.shape
        places = torch.arange(reach, device=self.positions.device).repeat_interleave(targets)
        vectors = self.gradient.transpose(1, 2).reshape(-1, d_model)
        return change(vectors, places).view(reach, targets, d_model).transpose(1, 2)

    def add(self, change: Tensor) -> None:
        """Adds what `map_gradient` gave, wherever the walk has gone in between."""
        if change.ndim == 3 and self.gradient is not None:
            self.gradient += change
        elif self.gradient is None:
            self.start = self.start + change
        else:
            every = torch.arange(len(change), device=change.device)
            self.gradient[self.positions, :, every] += change

    def through_attention(self, layer: int) -> None:
        """To the stream in front of a layer's attention."""
        attention = self._to_keys(layer)
        keys = self._scratch(attention)[1]
        if self.gradient is None:
            self.gradient = self.start.new_zeros(self.reach, self.start.shape[1], len(self.start))
            every = torch.arange(len(self.start), device=self.start.device)
            self.gradient[self.positions, :, every] = self.start
        for part, first in self._chunks():
            into = self.gradient[part, :, first:]
            _add_product(into, attention.value, keys[part, :, first:])

    def to_embeddings(
        self, layer: int | None, embeddings: Tensor
    ) -> Iterator[tuple[int, int, Tensor]]:
        """Through the lowest attention, or none, to `embeddings` (positions, d_model): position,
        first target, and what that position's token contributes to the targets from there."""
        direct = {p: (first, embeddings[p] @ here) for p, first, here in self.live()}
        if layer is None:
            yield from ((position, *found) for position, found in direct.items())
            return
        attention = self._to_keys(layer)
        keys = self._scratch(attention)[1]
        values = embeddings[: self.reach].to(keys.dtype) @ attention.value
        for position, first in enumerate(self.first):
            total = (values[position] @ keys[position, :, first:]).to(embeddings.dtype)
            if position in direct:
                mine = direct[position][1]
                total[: len(mine)] += mine
            yield position, first, total

    def _to_keys(self, layer: int) -> AttentionMap:
        """The gradient on each head's values at each position, left in the scratch space."""
        attention = self.frozen.attention_map(layer)
        if self.transport != self.start.dtype:
            attention = attention.to(torch.empty(0, dtype=self.transport, device=self.start.device))
        queries, keys = self._scratch(attention)
        if self.gradient is None:
            at_query = attention.output @ self.start.T.to(self.transport)
            attention.mix_from(self.positions, at_query, keys)
            return attention
        for part, first in self._chunks():
            here = self.gradient[part, :, first:].to(self.transport)
            _product(attention.output, here, queries[part, :, first:])
        attention.mix(queries, keys)
        return attention

    def _chunks(self) -> Iterator[tuple[slice, int]]:
        """Runs of positions, and the first target that is live in any of them."""
        size = -(-self.reach // CHUNKS)
        for begin in range(0, self.reach, size):
            yield slice(begin, begin + size), self.first[begin]

    def _scratch(self, attention: AttentionMap) -> tuple[Tensor, Tensor]:
        if self._queries is None or self._keys is None:
            shape = (self.reach, attention.output.shape[0], len(self.start))
            # Zeros: what is not live is read, but never written.
            self._queries = self.start.new_zeros(shape, dtype=self.transport)
            shape = (shape[0], attention.value.shape[1], shape[2])
            self._keys = self.start.new_zeros(shape, dtype=self.transport)
        return self._queries, self._keys


def _product(left: Tensor, right: Tensor, out: Tensor) -> None:
    """out = left @ right, for each of the leading positions."""
    if len(out) == 1:
        torch.mm(left, right[0], out=out[0])
    else:
        torch.bmm(left.expand(len(out), -1, -1), right, out=out)


def _add_product(into: Tensor, left: Tensor, right: Tensor) -> None:
    """into += left @ right, for each of the leading positions; in the format of the factors."""
    if len(into) == 1:
        into, right = into[0], right[0]
        if left.dtype == into.dtype:
            into.addmm_(left, right)
        else:
            into += left @ right
    else:
        left = left.expand(len(into), -1, -1)
        if left.dtype == into.dtype:
            into.baddbmm_(left, right)
        else:
            into += torch.bmm(left, right)
