"""Tensors in files, read in part: a block of rows, some rows, or a small one whole.

Sets of transcoders take 16 to 160 GB. A file is mapped for one read and let go after it, so that
what a process holds is what it uses. Nothing is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from tracer.errors import Place, TracerError

Array = np.ndarray[Any, Any]


class Stored(Protocol):
    """One tensor of a file, unread."""

    @property
    def file(self) -> Path: ...

    @property
    def name(self) -> str:
        """What the file calls it."""

    @property
    def layer(self) -> int:
        """The layer whose features it belongs to, for messages."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def bfloat16(self) -> bool:
        """Whether the array's 16-bit integers are bfloat16, which numpy does not know."""

    def array(self) -> Array:
        """The file's content, mapped where that is possible."""


@dataclass(frozen=True)
class MappedTensor:
    """A tensor that lies in a file as it would in memory."""

    file: Path
    name: str
    layer: int
    offset: int
    dtype: str  # numpy's name
    shape: tuple[int, ...]
    bfloat16: bool = False
    fortran: bool = False

    def array(self) -> Array:
        order: Any = "F" if self.fortran else "C"
        return np.memmap(self.file, self.dtype, "r", self.offset, self.shape, order)


def whole(stored: Stored) -> Tensor:
    """A small tensor, all of it. Raises TracerError where it holds what is no number."""
    return finite(stored, _tensor(stored, stored.array()))


def finite(stored: Stored, part: Tensor) -> Tensor:
    """The part of a tensor that was read. Raises TracerError where it holds NaN or inf, which would
    spread over a whole graph, or, in an encoder, be a feature that is never active."""
    if not torch.isfinite(part).all():
        what = "NaN" if torch.isnan(part).any() else "inf"
        raise TracerError(
            f"the tensor `{stored.name}` of layer {stored.layer} holds {what}",
            hint="fetch the file again; if it was made so, nothing can be computed with it",
            place=Place(stored.file),
        )
    return part


def _tensor(stored: Stored, array: Array) -> Tensor:
    copied = torch.from_numpy(np.array(array, order="C"))
    return copied.view(torch.bfloat16) if stored.bfloat16 else copied


@dataclass(frozen=True)
class Rows:
    """A stored tensor as rows, one a feature; `transposed` where features are its columns.

    A decoder that writes to several layers has rows of (layers, d_model), of which those from
    `first_layer` on are read. What is read is multiplied by `factors`: one, or one a layer.
    """

    stored: Stored
    transposed: bool = False
    first_layer: int = 0
    factors: tuple[float, ...] = ()

    def __len__(self) -> int:
        return self.stored.shape[1 if self.transposed else 0]

    @property
    def width(self) -> int:
        return self.stored.shape[0 if self.transposed else -1]

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, d_model), or (rows, layers, d_model) of those that are read."""
        shape = self.stored.shape[::-1] if self.transposed else self.stored.shape
        return (shape[0], shape[1] - self.first_layer, shape[2]) if len(shape) == 3 else shape

    def blocks(self, size: int) -> Iterator[tuple[int, Tensor]]:
        """The rows in order, `size` at a time, each block with the number of its first row."""
        array = self._array()
        for start in range(0, len(self), size):
            yield start, self._scaled(_tensor(self.stored, array[start : start + size]))

    def take(self, rows: Tensor) -> Tensor:
        """(len(rows), ...): the rows named, each read once."""
        unique, places = torch.unique(rows.cpu(), return_inverse=True)
        found = finite(self.stored, _tensor(self.stored, self._array()[unique.numpy()]))
        return self._scaled(found)[places]

    def _scaled(self, rows: Tensor) -> Tensor:
        if not self.factors:
            return rows
        factors = torch.tensor(self.factors, dtype=torch.float32)
        return rows.float() * (factors if rows.ndim == 2 else factors[:, None])

    def _array(self) -> Array:
        array = self.stored.array()
        if self.transposed:
            return array.T
        return array[:, self.first_layer :] if array.ndim == 3 else array
