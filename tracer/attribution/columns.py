"""The order of sources in a row of direct effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
