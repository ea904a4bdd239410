"""Which features of one stored layer are active, and how strongly.

The encoder is read in blocks of features, so that it never has to fit in memory.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.errors import TracerError
from tracer.features.active import Active
from tracer.features.weights.dictionary import Settings, StoredLayer
from tracer.features.weights.stored import finite, whole

MOST_BLOCK_BYTES = 256 * 2**20  # larger blocks are no faster
SHARE_OF_FREE_MEMORY = 8


def encode(layer: StoredLayer, x: Tensor, *, first: int, settings: Settings) -> Active:
    """The features active on `x`, (positions, d_model), from position `first` on.

    ReLU without a threshold; with one JumpReLU, `x · (x > threshold)`; with `top_k` the k largest
    of each position, or the largest of each of k groups, as far as they are above zero, of equal
    ones the first.

    Raises TracerError where the weights hold NaN or inf, or the numbers overflow.
    """
    read = x[first:]
    biases = whole(layer.encoder_bias).to(x)  # (features,)
    thresholds = (
        None
        if layer.threshold is None
        else whole(layer.threshold).to(x).flatten().expand_as(biases)
    )
    top_k, group = settings.top_k, 1
    if settings.grouped and top_k is not None:
        group, top_k = max(1, len(biases) // top_k), None
    best = _Best.none(read, top_k) if top_k is not None else None
    ranks = None if layer.ranks is None or best is None else whole(layer.ranks).to(x)
    nothing = biases[:0].long()
    found: list[tuple[Tensor, Tensor, Tensor]] = [(nothing, nothing, biases[:0])]
    for start, block in layer.encoder.blocks(-(-_block_rows(x) // group) * group):
        here = slice(start, start + len(block))
        before = torch.addmm(biases[here], read, block.to(x).T)  # (positions, block)
        if not torch.isfinite(before).all():
            finite(layer.encoder.stored, block)
            raise _overflow(layer, x)
        if best is not None:
            best = best.against(before if ranks is None else before * ranks[here], start)
            continue
        if settings.grouped:
            before = _largest_of_each(before, group)
        on = before > 0 if thresholds is None else (before > thresholds[here]) & (before != 0)
        positions, columns = on.nonzero(as_tuple=True)
        found.append((positions, columns + start, before[positions, columns]))
    if best is not None:
        found.append(best.active(ranks))
    positions, indices, activations = (torch.cat(parts) for parts in zip(*found, strict=True))
    return Active.sorted(positions + first, indices, activations)


@dataclass(frozen=True)
class _Best:
    """The k largest values of each position so far."""

    values: Tensor  # (positions, k)
    indices: Tensor  # (positions, k)
    k: int

    @staticmethod
    def none(x: Tensor, k: int) -> _Best:
        empty = x.new_zeros(len(x), 0)
        return _Best(empty, empty.long(), k)

    def against(self, values: Tensor, start: int) -> _Best:
        indices = torch.arange(start, start + values.shape[1], device=values.device)
        both = torch.cat([self.values, values], dim=1)
        places = torch.cat([self.indices, indices.expand(len(values), -1)], dim=1)
        kept = _largest(both, min(self.k, both.shape[1]))
        shape = (len(both), -1)
        return _Best(both[kept].view(shape), places[kept].view(shape), self.k)

    def active(self, ranks: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        positions, places = (self.values > 0).nonzero(as_tuple=True)
        indices, values = self.indices[positions, places], self.values[positions, places]
        return positions, indices, values if ranks is None else values / ranks[indices]


def _largest(values: Tensor, k: int) -> Tensor:
    """Which values, (positions, n), are their row's k largest; of equal ones the first."""
    least = torch.topk(values, k, dim=1).values[:, -1:]
    above = values > least
    equal = values == least
    return above | (equal & (equal.cumsum(1) <= k - above.sum(1, keepdim=True)))


def _largest_of_each(values: Tensor, group: int) -> Tensor:
    """(positions, n): the largest of each group in a row, and zeros."""
    grouped = values.view(len(values), -1, group)
    largest, which = grouped.max(-1, keepdim=True)
    return torch.zeros_like(grouped).scatter_(-1, which, largest).flatten(1)


def _overflow(layer: StoredLayer, x: Tensor) -> TracerError:
    wider = x.dtype in (torch.float16, torch.bfloat16)
    return TracerError(
        f"the features of layer {layer.encoder.stored.layer} overflow in "
        f"{str(x.dtype).removeprefix('torch.')}",
        hint="trace with `precision: float32`"
        if wider
        else "check that the set was made for this model: its numbers are far too large",
    )


def _block_rows(x: Tensor) -> int:
    """How many encoder rows to hold at once: read, converted, and their values on `x`."""
    positions, d_model = x.shape
    row = (2 * d_model + 2 * positions) * max(4, x.element_size())
    budget = min(MOST_BLOCK_BYTES, _free_bytes(x.device) // SHARE_OF_FREE_MEMORY)
    return max(1, budget // row)


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):  # not every system tells
        return SHARE_OF_FREE_MEMORY * MOST_BLOCK_BYTES
