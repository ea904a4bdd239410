"""What each source has added to the residual stream so far, on its way up the frozen layers.

A source lives from its own position on: attention looks back only. Sources that begin at the same
position are held together, so that each product is one matrix product over all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from tracer.model.attention_map import AttentionMap


class Streams:
    """Streams of sources on a prompt of `n` positions, as wide as `like`.

    `later` holds what a source that writes to several layers still has to write, the next first.
    """

    def __init__(self, n: int, like: Tensor) -> None:
        self.n, self.like = n, like
        self.held: dict[int, Tensor] = {}  # first position -> (n - first, sources, d_model)
        self.owners: dict[int, Tensor] = {}  # first position -> (sources,)
        self.later: list[dict[int, Tensor]] = []

    @property
    def rows(self) -> Tensor:
        """(rows, d_model): every source at every position it lives at."""
        return _joined(self.held, self.like)

    @property
    def positions(self) -> Tensor:
        """(rows,)"""
        parts = [
            torch.arange(first, self.n, device=self.like.device).repeat_interleave(one.shape[1])
            for first, one in self.held.items()
        ]
        return torch.cat(parts) if parts else self.like.new_zeros(0, dtype=torch.long)

    @property
    def row_owners(self) -> Tensor:
        """(rows,): whose each row is."""
        parts = [self.owners[first].repeat(len(one)) for first, one in self.held.items()]
        return torch.cat(parts) if parts else self.like.new_zeros(0, dtype=torch.long)

    def join(self, first: int, owners: Tensor, written: Tensor) -> None:
        """New sources `owners` (m,) that live from position `first` on.

        `written` (m, layers, n - first, d_model) joins the stream here, then above.
        """
        below = written.permute(1, 2, 0, 3)  # (layers, n - first, m, d_model)
        self._at(len(below) - 1)
        for above, part in enumerate(below):
            self._at(above)[first] = self._beside(above, first, part)
        for above in range(len(below), len(self.later) + 1):
            self._at(above)[first] = self._beside(above, first, torch.zeros_like(below[0]))
        known = self.owners.get(first)
        self.owners[first] = owners if known is None else torch.cat([known, owners])

    def add(self, rows: Tensor, above: int = 0) -> None:
        """Adds to every row, (rows, d_model), here or so many layers above."""
        held, begin = self._at(above), 0
        for first, one in self.held.items():
            end = begin + one.shape[0] * one.shape[1]
            part = rows[begin:end].view_as(one)
            there = held.get(first)
            held[first] = part.clone() if there is None else there + part
            begin = end

    def add_to(self, first: int, place: int, vectors: Tensor, above: int = 0) -> None:
        """Adds `vectors`, (n - first, d_model), to one source of those that begin at `first`."""
        self._at(above)[first][:, place] += vectors

    def put(self, first: int, place: int, vector: Tensor) -> None:
        """Sets what one source has at its own position, (d_model,)."""
        self.held[first][0, place] = vector

    def arrive(self) -> None:
        """Behind a layer's MLP: lets what layers below wrote for this one join the stream."""
        if not self.later:
            return
        for first, one in self.later.pop(0).items():
            self.held[first] = self.held[first] + one

    def through_attention(self, attention: AttentionMap) -> Tensor:
        """(rows, d_model): what a layer's attention adds; `attention` is the one for streams."""
        rows = self.rows
        attention = attention.to(rows.dtype)
        entered = rows @ attention.enter.T  # (rows, width)
        left = entered.new_empty(len(rows), attention.leave.shape[1])
        for first, part in self._parts():
            read = torch.unflatten(entered[part], 0, self.held[first].shape[:2])
            left[part] = attention.hand_on(read, slice(first, self.n))
        return left @ attention.leave.T

    def at_last(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Owners (m,) and their streams at the last position, (m, d_model)."""
        for first, one in self.held.items():
            yield self.owners[first], one[-1]

    def _parts(self) -> Iterator[tuple[int, slice]]:
        begin = 0
        for first, one in self.held.items():
            end = begin + one.shape[0] * one.shape[1]
            yield first, slice(begin, end)
            begin = end

    def _at(self, above: int) -> dict[int, Tensor]:
        if above == 0:
            return self.held
        while len(self.later) < above:
            self.later.append({first: torch.zeros_like(one) for first, one in self.held.items()})
        return self.later[above - 1]

    def _beside(self, above: int, first: int, part: Tensor) -> Tensor:
        there = self._at(above).get(first)
        return part if there is None else torch.cat([there, part], dim=1)


def _joined(held: dict[int, Tensor], like: Tensor) -> Tensor:
    parts = [one.flatten(0, 1) for one in held.values()]
    return torch.cat(parts) if parts else like.new_zeros(0, like.shape[-1])
