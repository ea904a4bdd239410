"""Contexts that a model read at once, and what features were at each of their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

BEFORE, AFTER = 14, 6  # tokens kept around a place: what a feature reads lies before it
WINDOW = BEFORE + 1 + AFTER
NOTHING = -1  # the token of a place outside of its context


@dataclass(frozen=True)
class Context:
    """A piece of a text: its number among all that are read, and what sort of text it is from."""

    number: int
    tokens: Sequence[int]
    label: int = 0
    held_out: bool = False  # names are tried on these, so nothing is shown of them


@dataclass(frozen=True)
class Batch:
    """`values` are (contexts, longest, features); behind a shorter context they mean nothing."""

    contexts: Sequence[Context]
    values: Tensor

    @cached_property
    def tokens(self) -> Tensor:
        """(contexts, longest), NOTHING behind a context's end."""
        longest = self.values.shape[1]
        rows = [[*one.tokens, *[NOTHING] * (longest - len(one.tokens))] for one in self.contexts]
        return torch.tensor(rows, dtype=torch.int32)

    @cached_property
    def numbers(self) -> Tensor:
        return torch.tensor([one.number for one in self.contexts])

    @cached_property
    def labels(self) -> Tensor:
        return torch.tensor([one.label for one in self.contexts])

    @cached_property
    def held_out(self) -> Tensor:
        return torch.tensor([one.held_out for one in self.contexts])

    @cached_property
    def inside(self) -> Tensor:
        """(contexts, longest): which places hold a token."""
        return self.tokens != NOTHING

    def peaks(self, sign: int) -> tuple[Tensor, Tensor]:
        """(contexts, features) twice: the largest `sign * value` of each context, and where."""
        values = self.values if sign > 0 else -self.values
        if not bool(self.inside.all()):
            values = values.masked_fill(~self.inside[:, :, None], -torch.inf)
        peaks, places = values.max(1)
        return peaks, places

    def windows(
        self, rows: Tensor, places: Tensor, features: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """(m, WINDOW) tokens around m places, and one feature's value at each, zero outside."""
        around = places[:, None] + torch.arange(-BEFORE, AFTER + 1)
        longest = self.values.shape[1]
        inside = (around >= 0) & (around < longest)
        at = around.clamp(0, longest - 1)
        tokens = self.tokens[rows[:, None], at].masked_fill(~inside, NOTHING)
        if features is None:
            return tokens, None
        values = self.values[rows[:, None], at, features[:, None]]
        return tokens, values.masked_fill(tokens == NOTHING, 0.0)
