"""A layer's frozen attention as linear maps on gradients.

Gradients are laid out (width, positions, targets): both products are then one plain matrix
product over all positions and targets, and mixing over positions is a batch of small ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

MOST_SPREAD = 2**24  # numbers; a longer prompt's patterns are not copied to each width


@dataclass(frozen=True)
class AttentionMap:
    """Norm scales and norm weights are folded into the three maps. Where query heads share a
    key-value head, the first of each stand first, then the second of each, and so on."""

    output: Tensor  # (heads * head_dim, d_model): from the stream behind to each head's output
    pattern: Tensor  # (heads, keys, queries)
    value: Tensor  # (d_model, kv_heads * head_dim): from each head's values to the stream in front

    @property
    def sharing(self) -> int:
        """How many query heads share one key-value head."""
        return self.output.shape[0] // self.value.shape[1]

    @property
    def head_dim(self) -> int:
        return self.output.shape[0] // len(self.pattern)

    def to(self, dtype: torch.dtype) -> AttentionMap:
        """The same maps in another number format."""
        if dtype == self.output.dtype:
            return self
        return AttentionMap(self.output.to(dtype), self.pattern.to(dtype), self.value.to(dtype))

    def pull(self, gradient: Tensor) -> Tensor:
        """One gradient, (positions, d_model), from behind the attention to in front of it."""
        at_queries = (gradient @ self.output.T).view(len(gradient), len(self.pattern), -1)
        at_keys = torch.einsum("hkq,qhe->khe", self.pattern, at_queries)
        by_member = at_keys.reshape(len(gradient), self.sharing, -1).sum(1)
        return by_member @ self.value.T

    def mix(self, at_queries: Tensor, out: Tensor) -> None:
        """Each head's queries hand their gradient to the keys they looked at.

        `at_queries` (heads * head_dim, reach, targets) to `out` (kv_heads * head_dim, reach,
        targets), over the first `reach` positions.
        """
        width = len(out)
        for rows, looked in self._looked(at_queries.shape[1]):
            place = rows.start % width
            keys = out[place : place + len(looked)]
            first = rows.start < width
            torch.baddbmm(keys, looked, at_queries[rows], beta=float(not first), out=keys)

    def mix_from(self, positions: Tensor, at_query: Tensor, out: Tensor) -> None:
        """`mix` where each target's gradient stands at one position only.

        `at_query` (heads * head_dim, targets) at `positions` (targets,).
        """
        reach, targets = out.shape[1:]
        looked = self.pattern[:, :reach, positions].view(self.sharing, -1, 1, reach, targets)
        query = at_query.view(self.sharing, -1, self.head_dim, 1, targets)
        keys = out.view(-1, self.head_dim, reach, targets)
        torch.mul(looked[0], query[0], out=keys)
        for member in range(1, self.sharing):
            keys.addcmul_(looked[member], query[member])

    def _looked(self, reach: int) -> Iterator[tuple[slice, Tensor]]:
        """Rows that read one pattern or several, and the pattern of each, (rows, keys, queries)."""
        if self._spread is not None:
            width = self.value.shape[1]
            for begin in range(0, len(self._spread), width):
                rows = slice(begin, begin + width)
                yield rows, self._spread[rows, :reach, :reach]
            return
        for head, pattern in enumerate(self.pattern):
            rows = slice(head * self.head_dim, (head + 1) * self.head_dim)
            yield rows, pattern[:reach, :reach].expand(self.head_dim, -1, -1)

    @cached_property
    def _spread(self) -> Tensor | None:
        """(heads * head_dim, keys, queries): fewer, larger calls, where there is room for it."""
        if self.pattern.numel() * self.head_dim > MOST_SPREAD:
            return None
        return self.pattern.repeat_interleave(self.head_dim, 0)
