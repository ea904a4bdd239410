"""Vectors of several columns at the positions where each has anything: the rows of one matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Rows:
    """`there`, (columns, positions), says with True which rows there are, in its order."""

    there: Tensor
    vectors: Tensor  # (rows, width)

    @staticmethod
    def none(columns: int, positions: int, like: Tensor) -> Rows:
        """Of vectors such as `like`, (…, width)."""
        there = torch.zeros(columns, positions, dtype=torch.bool, device=like.device)
        return Rows(there, like.new_zeros(0, like.shape[-1]))

    @cached_property
    def places(self) -> tuple[Tensor, Tensor]:
        """The column and the position of each row."""
        columns, positions = self.there.nonzero(as_tuple=True)
        return columns, positions

    @property
    def positions(self) -> Tensor:
        return self.places[1]

    def holding(self, vectors: Tensor) -> Rows:
        """Other vectors in the same places."""
        return Rows(self.there, vectors)

    def where(self, there: Tensor) -> Rows:
        """At more places, zero where nothing was."""
        if torch.equal(there, self.there):
            return self
        grown = self.vectors.new_zeros(int(there.sum()), self.vectors.shape[1])
        grown[self.there[there]] = self.vectors
        return Rows(there, grown)

    def __add__(self, other: Rows) -> Rows:
        there = self.there | other.there
        return Rows(there, self.where(there).vectors + other.where(there).vectors)

    def spread(self) -> Tensor:
        """(columns, positions, width)"""
        found = self.vectors.new_zeros(*self.there.shape, self.vectors.shape[1])
        found[self.there] = self.vectors
        return found

    def take(self, spread: Tensor) -> Rows:
        """The rows of (columns, positions, …) in the same places."""
        return self.holding(spread[self.there].flatten(1))

    def plus(self, columns: Tensor, positions: Tensor, vectors: Tensor) -> Rows:
        """With vectors (m, width) added, or the same one everywhere, also where nothing was."""
        there = self.there.clone()
        there[columns, positions] = True
        grown = self.where(there)
        numbers = torch.full_like(there, -1, dtype=torch.long)
        numbers[there] = torch.arange(int(there.sum()), device=there.device)
        summed = grown.vectors.index_add(
            0, numbers[columns, positions], vectors.expand(len(columns), -1)
        )
        return Rows(there, summed)
