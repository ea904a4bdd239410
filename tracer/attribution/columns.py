"""The order of sources in a row of direct effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
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
        """Rows, (height, total), in memory as the system gives it: pages that are never written
        take none. In double precision where `exactness` is, else single."""
        exact = exactness == torch.float64
        return torch.from_numpy(np.zeros((height, self.total), np.float64 if exact else np.float32))
