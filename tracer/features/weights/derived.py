"""Tensors that no file holds as they are read: a part of a larger one, or computed from others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tracer.features.weights.stored import Array, Rows, Stored

BLOCK = 4096  # rows of a decoder that are held at once


@dataclass(frozen=True)
class Part:
    """What a tensor holds for one layer. `rows_first` turns (layers, features, d_model), as some
    sets pack what a layer's features write, into (features, layers, d_model)."""

    whole: Stored
    layer: int
    at: int | slice
    rows_first: bool = False

    @property
    def file(self) -> Path:
        return self.whole.file

    @property
    def name(self) -> str:
        return self.whole.name

    @property
    def bfloat16(self) -> bool:
        return self.whole.bfloat16

    @property
    def shape(self) -> tuple[int, ...]:
        first, *others = self.whole.shape
        if isinstance(self.at, int):
            return tuple(others)
        count = len(range(*self.at.indices(first)))
        return (others[0], count, *others[1:]) if self.rows_first else (count, *others)

    def array(self) -> Array:
        found = self.whole.array()[self.at]
        return found.swapaxes(0, 1) if self.rows_first else found


@dataclass(frozen=True)
class Derived:
    """A small tensor, computed where it is read. `of` is what messages name."""

    of: Stored
    shape: tuple[int, ...]
    compute: Callable[[], Tensor] = field(compare=False)
    bfloat16: bool = False

    @property
    def file(self) -> Path:
        return self.of.file

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def layer(self) -> int:
        return self.of.layer

    def array(self) -> Array:
        found: Array = self.compute().float().numpy()
        return found


@dataclass(frozen=True)
class Nothing:
    """What a set holds of a layer that it leaves out: zeros, and mostly none."""

    layer: int
    shape: tuple[int, ...]
    name: str = "nothing"
    file: Path = Path()
    bfloat16: bool = False

    def array(self) -> Array:
        return np.zeros(self.shape, np.float32)


def norms(rows: Rows) -> Tensor:
    """(features,): how long each row is, all layers that it writes to together."""
    parts = [block.float().flatten(1).norm(dim=1) for _, block in rows.blocks(BLOCK)]
    return torch.cat(parts) if parts else torch.empty(0)
