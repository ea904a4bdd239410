"""Vectors at positions, laid out to be multiplied with a batch of gradients or writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.walk import Walk

MOST_PADDING = 2  # a piece holds this many times the mean of a position at most


@dataclass(frozen=True)
class Run:
    """Vectors in the order of their positions."""

    slots: Tensor  # (vectors,) among all the slots of all pieces
    ends: tuple[int, ...]  # how many of them stand in front of each position, and in all

    def within(self, window: slice) -> slice:
        return slice(self.ends[window.start], self.ends[window.stop])


@dataclass(frozen=True)
class Pieces:
    """Each position's vectors are cut into pieces of one width, so that all positions are one
    batch of matrix products however unevenly the vectors are spread."""

    vectors: Tensor  # (pieces, width, d_model), zeros where a piece is not full
    positions: Tensor  # (pieces,), ascending
    ends: tuple[int, ...]  # how many pieces stand in front of each position, and in all
    runs: tuple[Run, ...]

    @property
    def one_each(self) -> bool:
        """Whether every position has one piece."""
        return self.ends == tuple(range(len(self.ends)))

    @staticmethod
    def of(parts: Sequence[tuple[Tensor, Tensor]], n: int) -> Pieces:
        """A run for each part: positions (vectors,), ascending, and vectors (vectors, d_model)."""
        positions = torch.cat([one for one, _ in parts])
        vectors = torch.cat([one for _, one in parts])
        counts = torch.bincount(positions, minlength=n)
        width = max(1, min(int(counts.max()), MOST_PADDING * -(-len(positions) // n)))
        pieces = -(-counts // width)  # (n,)
        ends = pieces.cumsum(0)
        # A vector's rank among those of its position says which piece and where in it.
        order = torch.argsort(positions, stable=True)
        rank = torch.empty_like(order)
        rank[order] = torch.arange(len(order), device=order.device)
        rank -= (counts.cumsum(0) - counts)[positions]
        slots = (ends - pieces)[positions] * width + rank
        laid = vectors.new_zeros(int(ends[-1]) * width, vectors.shape[1])
        laid[slots] = vectors
        every = torch.arange(n, device=positions.device)
        split = torch.split(slots, [len(one) for one, _ in parts])
        return Pieces(
            vectors=laid.view(-1, width, vectors.shape[1]),
            positions=every.repeat_interleave(pieces),
            ends=(0, *ends.tolist()),
            runs=tuple(
                Run(mine, (0, *torch.bincount(one, minlength=n).cumsum(0).tolist()))
                for mine, (one, _) in zip(split, parts, strict=True)
            ),
        )

    def products(self, walk: Walk) -> Iterator[Tensor]:
        """For each run, of its vectors within the walk's window with each of the batch, (vectors,
        batch)."""
        begin, end = self.ends[walk.window.start], self.ends[walk.window.stop]
        vectors = self.vectors[begin:end]
        held = walk.held.transpose(0, 1).to(vectors.dtype)  # (reach, d_model, batch)
        if not self.one_each:
            held = held[self.positions[begin:end] - walk.window.start]
        found = torch.bmm(vectors, held).flatten(0, 1)  # (slots, batch)
        first = begin * vectors.shape[1]
        for run in self.runs:
            yield found[run.slots[run.within(walk.window)] - first]
