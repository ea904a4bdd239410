"""Vectors of several columns at the positions where each has anything: the rows of one matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Places:
    """`there`, (columns, positions), says with True which rows there are, in its order."""

    there: Tensor

    @cached_property
    def _each(self) -> tuple[Tensor, Tensor]:
        columns, positions = self.there.nonzero(as_tuple=True)
        return columns, positions

    @property
    def columns(self) -> Tensor:
        """(rows,)"""
        return self._each[0]

    @property
    def positions(self) -> Tensor:
        """(rows,)"""
        return self._each[1]

    @cached_property
    def flat(self) -> Tensor:
        """(rows,): where each is among all columns and positions."""
        return self.columns * self.there.shape[1] + self.positions

    @cached_property
    def numbers(self) -> Tensor:
        """(columns * positions,): which row each is; where there is none, any number."""
        return self.there.flatten().cumsum(0) - 1


@dataclass(frozen=True)
class Rows:
    """Vectors at some places; others may share these."""

    places: Places
    vectors: Tensor  # (rows, width)

    @staticmethod
    def none(columns: int, positions: int, like: Tensor) -> Rows:
        """Of vectors such as `like`, (…, width)."""
        there = torch.zeros(columns, positions, dtype=torch.bool, device=like.device)
        return Rows(Places(there), like.new_zeros(0, like.shape[-1]))

    @property
    def there(self) -> Tensor:
        return self.places.there

    @property
    def positions(self) -> Tensor:
        return self.places.positions

    def holding(self, vectors: Tensor) -> Rows:
        """Other vectors in the same places."""
        return Rows(self.places, vectors)

    def where(self, there: Tensor) -> Rows:
        """At more places, zero where nothing was."""
        return self if torch.equal(there, self.there) else self.at(Places(there))

    def at(self, places: Places) -> Rows:
        """The same."""
        if places is self.places:
            return self
        grown = self.vectors.new_zeros(len(places.flat), self.vectors.shape[1])
        return Rows(places, grown.index_copy_(0, places.numbers[self.places.flat], self.vectors))

    def __add__(self, other: Rows) -> Rows:
        if other.places is self.places:
            return self.holding(self.vectors + other.vectors)
        places = Places(self.there | other.there)
        return Rows(places, self.at(places).vectors + other.at(places).vectors)

    def spread(self) -> Tensor:
        """(columns, positions, width)"""
        columns, positions = self.there.shape
        found = self.vectors.new_zeros(columns * positions, self.vectors.shape[1])
        found.index_copy_(0, self.places.flat, self.vectors)
        return found.view(columns, positions, -1)

    def take(self, spread: Tensor) -> Rows:
        """The rows of (columns, positions, …) in the same places."""
        return self.holding(spread[self.places.columns, self.places.positions].flatten(1))

    def plus(self, columns: Tensor, positions: Tensor, vectors: Tensor) -> Rows:
        """With vectors (m, width) added, or the same one everywhere, also where nothing was."""
        there = self.there.clone()
        there[columns, positions] = True
        grown = self.where(there)
        rows = grown.places.numbers[columns * there.shape[1] + positions]
        vectors = vectors.expand(len(columns), -1)
        return grown.holding(grown.vectors.index_add(0, rows, vectors))
