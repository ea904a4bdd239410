"""Where gradients and streams meet: what each walker holds when it arrives at the cut.

Walkers are kept in the order of their positions, cut into crowds of neighbours whose windows are
nearly the same, so that gradients and streams are multiplied in large matrix products over the
positions that both can have reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.walk import Walk


@dataclass(frozen=True)
class Crowd:
    """Walkers that started at neighbouring positions."""

    first: int  # among all that arrive
    window: slice
    held: Tensor  # (walkers, reach, d_model), zeros until they arrive

    @property
    def part(self) -> slice:
        return slice(self.first, self.first + len(self.held))

    def within(self, window: slice) -> Tensor:
        """(walkers, positions * d_model)."""
        begin, end = (one - self.window.start for one in (window.start, window.stop))
        d_model = self.held.shape[2]
        return self.held.flatten(1)[:, begin * d_model : end * d_model]

    def with_all(self, part: slice, others: Arrived) -> Tensor:
        """(walkers, others + 1): the products of some of these with all others, and zeros."""
        found = self.held.new_zeros(part.stop - part.start, others.count + 1)
        mine = slice(part.start - self.first, part.stop - self.first)
        for other in others.crowds:
            begin = max(self.window.start, other.window.start)
            end = min(self.window.stop, other.window.stop)
            if begin < end:
                both = slice(begin, end)
                found[:, other.part] = self.within(both)[mine] @ other.within(both).T
        return found


@dataclass(frozen=True)
class Arrived:
    crowds: Sequence[Crowd]
    count: int

    @staticmethod
    def none_yet(
        positions: Tensor, least: int, window: Callable[[int, int], slice], like: Tensor
    ) -> Arrived:
        """Room for walkers that start at `positions` (walkers,), ascending, in crowds of at least
        so many; `window` gives what those from a first to a last position can reach. What is held
        is of the shape (…, d_model), the number format and on the device of `like`."""
        ends = torch.unique_consecutive(positions, return_counts=True)[1].cumsum(0).tolist()
        crowds, first = [], 0
        for end in ends:
            if end - first < least and end != ends[-1]:
                continue
            reached = window(int(positions[first]), int(positions[end - 1]))
            shape = (end - first, reached.stop - reached.start, like.shape[-1])
            crowds.append(Crowd(first, reached, like.new_zeros(shape)))
            first = end
        return Arrived(crowds, len(positions))

    def put(self, walk: Walk, places: Tensor) -> None:
        """Notes what a batch holds whose walkers stand at `places` (walkers,) among all,
        ascending."""
        held = walk.held
        for crowd in self.crowds:
            bounds = torch.tensor([crowd.part.start, crowd.part.stop], device=places.device)
            first, end = torch.searchsorted(places, bounds).tolist()
            if first == end:
                continue
            begin = max(crowd.window.start, walk.window.start)
            stop = min(crowd.window.stop, walk.window.stop)
            here = held[:, begin - walk.window.start : stop - walk.window.start, first:end]
            into = slice(begin - crowd.window.start, stop - crowd.window.start)
            rows = places[first:end] - crowd.first
            crowd.held[rows, into] = here.permute(2, 1, 0).to(crowd.held.dtype)
