"""What one pass sets: features at values, a few of them or a million, in columns and by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

MOST_SETTINGS = 1_000_000  # in one batch of variants


@dataclass(frozen=True)
class Setting:
    """One feature's value at one position, and `onwards`: at all positions behind it."""

    layer: int
    index: int
    position: int
    value: float
    onwards: bool = False


@dataclass(frozen=True)
class Settings:
    """Many features' values at one position each, as columns of one length."""

    layers: Tensor
    indices: Tensor
    positions: Tensor
    values: Tensor

    def __len__(self) -> int:
        return len(self.layers)


Variant = Sequence[Setting] | Settings


@dataclass(frozen=True)
class Place:
    """Features of one layer, set in one pass; positions count from the pass's own start."""

    rows: Tensor  # (m,): which variant
    positions: Tensor  # (m,)
    indices: Tensor  # (m,)
    values: Tensor  # (m,)

    def to(self, device: torch.device) -> Place:
        """Where they are, on a device; values stay, since not each device has their precision."""
        rows, positions, indices = self.rows.to(device), self.positions.to(device), self.indices
        return Place(rows, positions, indices.to(device), self.values)


@dataclass(frozen=True)
class Places:
    by_layer: dict[int, Place]

    @staticmethod
    def of(variants: Sequence[Variant], start: int, stop: int) -> Places:
        """What is set between two positions; of two values for one place the later wins."""
        columns = [_columns(one, start, stop) for one in variants]
        settings = _joined(columns)
        if not len(settings):
            return Places({})
        counts = torch.tensor([len(one) for one in columns])
        rows = torch.repeat_interleave(torch.arange(len(columns)), counts)
        last = _last_of_each(settings.layers, rows, settings.positions, settings.indices)
        by_layer = {}
        for layer in torch.unique(settings.layers).tolist():
            here = last[settings.layers[last] == layer]
            positions = settings.positions[here] - start
            by_layer[layer] = Place(
                rows[here], positions, settings.indices[here], settings.values[here]
            )
        return Places(by_layer)


def _columns(variant: Variant, start: int, stop: int) -> Settings:
    """What a variant sets between two positions, in order, each at one of them."""
    if isinstance(variant, Settings):
        here = (variant.positions >= start) & (variant.positions < stop)
        layers, indices = variant.layers[here].cpu(), variant.indices[here].cpu()
        values = variant.values[here].to("cpu", torch.float64)
        return Settings(layers, indices, variant.positions[here].cpu(), values)
    places, values_of = [], []
    for one in variant:
        last = stop if one.onwards else min(stop, one.position + 1)
        for position in range(max(start, one.position), last):
            places.append((one.layer, one.index, position))
            values_of.append(one.value)
    layers, indices, positions = torch.tensor(places, dtype=torch.long).view(-1, 3).unbind(1)
    return Settings(layers, indices, positions, torch.tensor(values_of, dtype=torch.float64))


def _joined(parts: Sequence[Settings]) -> Settings:
    return Settings(
        torch.cat([one.layers for one in parts]),
        torch.cat([one.indices for one in parts]),
        torch.cat([one.positions for one in parts]),
        torch.cat([one.values for one in parts]),
    )


def _last_of_each(*columns: Tensor) -> Tensor:
    """Where each different row of these columns, (m,) whole numbers, stands last, ascending."""
    key = torch.zeros_like(columns[0])
    for column in columns:
        key = key * (column.max() + 1) + column
    different, inverse = torch.unique(key, return_inverse=True)
    last = torch.zeros_like(different)
    every = torch.arange(len(key))
    return last.scatter_reduce_(0, inverse, every, "amax").sort().values


def batches(sizes: Sequence[int], tokens: Sequence[int], most: int) -> Iterator[slice]:
    """Neighbours together: of no more tokens than `most`, as many as the longest of them each, nor
    of more settings than MOST_SETTINGS; `sizes` counts each one's settings."""
    start, settings, longest = 0, 0, 0
    for end, (size, own) in enumerate(zip(sizes, tokens, strict=True)):
        longest = max(longest, own)
        full = (end - start + 1) * longest > most or settings + size > MOST_SETTINGS
        if full and end > start:
            yield slice(start, end)
            start, settings, longest = end, 0, own
        settings += size
    if sizes:
        yield slice(start, len(sizes))
