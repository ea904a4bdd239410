"""Where gradients and pushed-forward writes meet: what of each arrives at the cut, by position.

Both are in the order of where they started, so those that can have reached a position are
neighbours, and meet those of the other kind that can have reached it in one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.walk import Walk
from tracer.model.frozen_norm import wide


@dataclass(frozen=True)
class Arrived:
    """What has been put where gradients, or writes, were expected; zeros everywhere else."""

    parts: Sequence[slice]  # at each position, which of all may have reached it
    held: Sequence[Tensor]  # at each position (those, d_model)

    @staticmethod
    def none_yet(parts: Sequence[slice], like: Tensor) -> Arrived:
        """What is held is of the shape (…, d_model), the number format and on the device of
        `like`."""
        held = [like.new_zeros(part.stop - part.start, like.shape[-1]) for part in parts]
        return Arrived(parts, held)

    def put(self, walk: Walk, places: Tensor) -> None:
        """Notes what a batch holds whose members stand at `places` (batch,) among all,
        ascending."""
        parts = self.parts[walk.window]
        bounds = torch.tensor([[one.start, one.stop] for one in parts], device=places.device)
        within = torch.searchsorted(places, bounds).tolist()
        streams = walk.held.unbind(1)  # at each position (d_model, batch)
        for part, (first, end), held, stream in zip(
            parts, within, self.held[walk.window], streams, strict=True
        ):
            held[places[first:end] - part.start] = stream[:, first:end].T.to(held)

    def products(self, part: slice, others: Arrived, count: int) -> Tensor:
        """(part, count): of some of these, `part`, with all others."""
        some = self.held[0]
        found = wide(some.new_zeros(part.stop - part.start, count))
        for mine, held, theirs, other in zip(
            self.parts, self.held, others.parts, others.held, strict=True
        ):
            if mine.start <= part.start < mine.stop and len(other):
                here = held[part.start - mine.start : part.stop - mine.start]
                into = found[:, theirs]
                if here.dtype == into.dtype:
                    into.addmm_(here, other.T)
                else:
                    into += here @ other.T
        return found
