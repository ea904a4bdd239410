"""Which features are active on a prompt, as columns of one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Active:
    """Active features, sorted by (position, index)."""

    positions: Tensor  # (features,)
    indices: Tensor  # (features,)
    activations: Tensor  # (features,)

    @staticmethod
    def sorted(positions: Tensor, indices: Tensor, activations: Tensor) -> Active:
        order = torch.argsort(indices, stable=True)
        order = order[torch.argsort(positions[order], stable=True)]
        return Active(positions[order], indices[order], activations[order])

    @staticmethod
    def everywhere(values: Tensor) -> Active:
        """All of them at every position, of values (positions, features)."""
        positions, indices = torch.ones_like(values, dtype=torch.bool).nonzero(as_tuple=True)
        return Active(positions, indices, values[positions, indices])


class Activations(NamedTuple):
    """One row for each active feature at each position, by layer, position and index; the start
    token's too, where features read it. All of shape (active,), on the CPU."""

    layers: Tensor
    indices: Tensor
    positions: Tensor
    values: Tensor

    def of(self, layer: int, index: int, position: int) -> float:
        """One feature's activation; 0.0 where it is not active."""
        here = (self.layers == layer) & (self.indices == index) & (self.positions == position)
        return float(self.values[here].sum())

    def with_value(self, place: tuple[int, int, int], value: float) -> Activations:
        """The same with another value at (layer, index, position); one of 0 is no row."""
        layer, index, position = place
        others = (self.layers != layer) | (self.indices != index) | (self.positions != position)
        rest = Activations(*(column[others] for column in self))
        if value == 0:
            return rest
        end = (rest.layers < layer) | ((rest.layers == layer) & (rest.positions < position))
        end |= (rest.layers == layer) & (rest.positions == position) & (rest.indices < index)
        at = int(end.sum())
        new = (layer, index, position, value)
        return Activations(
            *(
                torch.cat([column[:at], column.new_tensor([one]), column[at:]])
                for column, one in zip(rest, new, strict=True)
            )
        )


class _Columns(Protocol):
    @property
    def positions(self) -> Tensor: ...

    @property
    def indices(self) -> Tensor: ...

    @property
    def activations(self) -> Tensor: ...


def joined(layers: Iterable[tuple[int, _Columns]]) -> Activations:
    """The active features of all layers in one table."""
    rows = []
    for layer, one in layers:
        columns = (one.indices.cpu(), one.positions.cpu(), one.activations.detach().cpu())
        rows.append((torch.full_like(columns[0], layer), *columns))
    if not rows:
        nothing = torch.empty(0, dtype=torch.long)
        return Activations(nothing, nothing, nothing, torch.empty(0))
    return Activations(*(torch.cat(column) for column in zip(*rows, strict=True)))
