"""A batch of gradients, or of writes, on the frozen residual stream: no automatic differentiation.

Gradients of targets walk down, through attention maps; what sources write walks up, through the
same maps transposed. A gradient at position p is touched by positions up to p only, a stream by
those from p on, so a batch holds those of neighbouring positions, and a window they can reach.
At the first step each stands at one position.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tracer.model.attention_map import AttentionMap
from tracer.model.frozen_norm import wide


class Walk:
    """Holds one residual stream of gradients, or of what is written, (d_model, window, batch).

    `start` (batch, d_model) stands at `positions` (batch,), ascending, and nothing leaves the
    `window` of positions. Products are in `transport`'s number format, by default that of `start`;
    what is held has at least single precision.
    """

    def __init__(
        self,
        positions: Tensor,
        start: Tensor,
        window: slice,
        *,
        transport: torch.dtype | None = None,
    ) -> None:
        self.window = window
        self.places = positions - window.start  # within the window
        self.start = wide(start).T  # (d_model, batch)
        self.transport = transport or start.dtype
        self._moved: Tensor | None = None  # until the first step: `start` and nothing else

    @staticmethod
    def down(positions: Tensor, start: Tensor, transport: torch.dtype | None = None) -> Walk:
        """Gradients of targets."""
        return Walk(positions, start, slice(0, int(positions[-1]) + 1), transport=transport)

    @staticmethod
    def up(
        positions: Tensor, start: Tensor, end: int, transport: torch.dtype | None = None
    ) -> Walk:
        """What sources write, on a prompt of `end` positions."""
        return Walk(positions, start, slice(int(positions[0]), end), transport=transport)

    @property
    def reach(self) -> int:
        """How many positions the window has."""
        return int(self.window.stop - self.window.start)

    @property
    def held(self) -> Tensor:
        """(d_model, reach, batch)."""
        if self._moved is not None:
            return self._moved
        d_model, batch = self.start.shape
        spread = self.start.new_zeros(d_model, self.reach, batch)
        spread[:, self.places, torch.arange(batch, device=spread.device)] = self.start
        return spread

    def mapped(self, change: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """`change` of every vector held, (m, d_model) at positions (m,), laid out as they are.
        Linear."""
        d_model, reach, batch = self.held.shape
        every = torch.arange(self.window.start, self.window.stop, device=self.places.device)
        vectors = self.held.flatten(1).T.to(self.transport)
        changed = change(vectors, every.repeat_interleave(batch))
        return changed.T.reshape(d_model, reach, batch)

    def add(self, change: Tensor) -> None:
        """Adds what `mapped` gave."""
        self._moved = self.held + change

    def join(self, vectors: Tensor) -> None:
        """Adds one vector, (batch, d_model), to each of the batch where it started."""
        if self._moved is None:
            self.start = self.start + vectors.T
        else:
            batch = torch.arange(len(vectors), device=vectors.device)
            self._moved[:, self.places, batch] += vectors.T.to(self._moved)

    def through_attention(self, attention: AttentionMap) -> None:
        """To the stream on the other side of a layer's attention."""
        left = self._mixed(attention).flatten(1)
        self._moved = self.held
        into = self._moved.view(len(self._moved), -1)
        if left.dtype == into.dtype:
            into.addmm_(attention.leave, left)
        else:
            into += attention.leave @ left

    def read(self, vectors: Tensor) -> Tensor:
        """(window, batch): products with one vector a position of the prompt, (positions,
        d_model)."""
        return by_position(vectors[self.window], self.held)

    def read_across(self, attention: AttentionMap, vectors: Tensor) -> Tensor:
        """`read` on the other side of a layer's attention, without going there."""
        left = self._mixed(attention)
        values = vectors[self.window].to(left) @ attention.leave
        return self.read(vectors) + by_position(values, left)

    def _mixed(self, attention: AttentionMap) -> Tensor:
        """What leaves each head, (width, reach, batch)."""
        shape = (attention.leave.shape[1], self.reach, self.start.shape[1])
        left = torch.empty(shape, dtype=self.transport, device=self.start.device)
        if self._moved is None:
            entered = attention.enter @ self.start.to(self.transport)
            attention.mix_from(self.places, entered, left, self.window)
        else:
            entered = attention.enter @ self._moved.flatten(1).to(self.transport)
            attention.mix(entered.view(-1, *shape[1:]), left, self.window)
        return left


def by_position(vectors: Tensor, held: Tensor) -> Tensor:
    """(positions, batch): one vector a position, (positions, width), with what stands there of
    each of the batch, (width, positions, batch)."""
    return wide((vectors.to(held)[:, None] @ held.transpose(0, 1))[:, 0])
