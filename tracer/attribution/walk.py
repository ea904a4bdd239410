"""A batch of targets on its way down the frozen residual stream, with no automatic differentiation.

A target that stands at position p is touched by positions up to p only, so a batch holds targets
of neighbouring positions and reaches no further than the last of them. The first step starts from
one position a target; the last is contracted with the embeddings before it is multiplied out.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tracer.model.attention_map import AttentionMap
from tracer.model.frozen_norm import wide


class Walk:
    """Holds the gradient of `targets` on one residual stream, (d_model, reach, targets).

    `start` (targets, d_model) stands at `positions` (targets,). Products are in `transport`'s
    number format, by default that of `start`; the gradient itself has at least single precision.
    """

    def __init__(
        self, positions: Tensor, start: Tensor, *, transport: torch.dtype | None = None
    ) -> None:
        self.positions = positions
        self.start = wide(start).T  # (d_model, targets)
        self.reach = int(positions.max()) + 1
        self.transport = transport or start.dtype
        self._moved: Tensor | None = None  # until the first step: `start` and nothing else

    @property
    def gradient(self) -> Tensor:
        """(d_model, reach, targets)."""
        if self._moved is not None:
            return self._moved
        d_model, targets = self.start.shape
        spread = self.start.new_zeros(d_model, self.reach, targets)
        spread[:, self.positions, torch.arange(targets, device=spread.device)] = self.start
        return spread

    def mapped(self, change: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """`change` of every gradient vector, (m, d_model) at positions (m,), laid out as the
        gradient is. Linear."""
        d_model, reach, targets = self.gradient.shape
        places = torch.arange(reach, device=self.positions.device).repeat_interleave(targets)
        vectors = self.gradient.flatten(1).T.to(self.transport)
        return change(vectors, places).T.reshape(d_model, reach, targets)

    def add(self, change: Tensor) -> None:
        """Adds what `mapped` gave."""
        self._moved = self.gradient + change

    def through_attention(self, attention: AttentionMap) -> None:
        """To the stream in front of a layer's attention."""
        keys = self._to_keys(attention).flatten(1)
        self._moved = self.gradient
        into = self._moved.view(len(self._moved), -1)
        if keys.dtype == into.dtype:
            into.addmm_(attention.value, keys)
        else:
            into += attention.value @ keys

    def read(self, vectors: Tensor) -> Tensor:
        """(positions, targets): the gradient's products with one vector a position,
        (positions, d_model), over the reach."""
        return by_position(vectors, self.gradient)

    def read_in_front(self, attention: AttentionMap, vectors: Tensor) -> Tensor:
        """`read` on the stream in front of a layer's attention, without going there."""
        keys = self._to_keys(attention)
        values = vectors.to(keys.dtype) @ attention.value
        return self.read(vectors) + by_position(values, keys)

    def _to_keys(self, attention: AttentionMap) -> Tensor:
        """The gradient on each head's values, (kv_heads * head_dim, reach, targets)."""
        targets = self.start.shape[1]
        shape = (attention.value.shape[1], self.reach, targets)
        keys = torch.empty(shape, dtype=self.transport, device=self.start.device)
        if self._moved is None:
            at_query = attention.output @ self.start.to(self.transport)
            attention.mix_from(self.positions, at_query, keys)
        else:
            at_queries = attention.output @ self._moved.flatten(1).to(self.transport)
            attention.mix(at_queries.view(-1, self.reach, targets), keys)
        return keys


def by_position(vectors: Tensor, gradient: Tensor) -> Tensor:
    """(positions, targets): one vector a position, (positions, width), with what stands there of
    each gradient, (width, reach, targets)."""
    vectors = vectors[: gradient.shape[1]].to(gradient)
    return wide((vectors[:, None] @ gradient.transpose(0, 1))[:, 0])
