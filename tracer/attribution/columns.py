"""The order of sources in a row of direct effects."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.features.source import LayerFeatures
from tracer.model.frozen_pass import FrozenPass


@dataclass(frozen=True)
class Columns:
    """The order of sources: features by (layer, position, index), errors layer-major, tokens."""

    starts: tuple[int, ...]  # first feature column of each layer, and the end
    n_layers: int
    n_positions: int

    @staticmethod
    def of(frozen: FrozenPass, layers: Sequence[LayerFeatures]) -> Columns:
        starts = [0]
        for layer in layers:
            starts.append(starts[-1] + len(layer))
        return Columns(tuple(starts), frozen.n_layers, frozen.n_positions)

    def below(self, layer: int) -> Columns:
        """The order of sources in the layers below one, and tokens."""
        return Columns(self.starts[: layer + 1], layer, self.n_positions)

    @property
    def n_features(self) -> int:
        return self.starts[-1]

    @property
    def tokens(self) -> int:
        """First token column."""
        return self.n_features + self.n_layers * self.n_positions

    @property
    def total(self) -> int:
        return self.tokens + self.n_positions

    def error(self, layer: int, position: int = 0) -> int:
        return self.n_features + layer * self.n_positions + position

    def features(self, layer: int) -> slice:
        return slice(self.starts[layer], self.starts[layer + 1])

    @property
    def errors(self) -> slice:
        return slice(self.n_features, self.tokens)

    def zeros(self, height: int, exactness: torch.dtype) -> Tensor:
        """Rows of zeros, (height, total), in double precision where `exactness` is, else single.
        Pages of memory that are never written take none."""
        dtype = torch.float64 if exactness == torch.float64 else torch.float32
        count = height * self.total
        memory = mmap.mmap(-1, max(1, count) * dtype.itemsize)
        if hasattr(mmap, "MADV_NOHUGEPAGE"):  # one number written would take two megabytes
            memory.madvise(mmap.MADV_NOHUGEPAGE)
        return torch.frombuffer(memory, dtype=dtype)[:count].view(height, self.total)
