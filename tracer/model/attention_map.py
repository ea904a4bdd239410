"""A layer's frozen attention as linear maps on gradients.

Gradients are laid out (positions, width, targets): every product is then a plain matrix product
on contiguous columns, and mixing over positions needs no copy.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class AttentionMap:
    """Norm scales and norm weights are folded into the three maps."""

    output: Tensor  # (heads * head_dim, d_model): from the stream behind to each head's output
    pattern: Tensor  # (heads, queries, keys)
    value: Tensor  # (d_model, kv_heads * head_dim): from each head's values to the stream in front

    @property
    def sharing(self) -> int:
        """How many query heads share one key-value head."""
        return self.output.shape[0] // self.value.shape[1]

    def to(self, like: Tensor) -> AttentionMap:
        """The same maps in another number format."""
        return AttentionMap(self.output.to(like), self.pattern.to(like), self.value.to(like))

    def mix(self, at_queries: Tensor, out: Tensor) -> None:
        """Each head's queries hand their gradient to the keys they looked at.

        `at_queries` (reach, heads * head_dim, targets) to `out` (reach, kv_heads * head_dim,
        targets), over the first `reach` positions.
        """
        reach, heads = len(at_queries), len(self.pattern)
        looked = self.pattern[:, :reach, :reach].transpose(1, 2)  # (heads, keys, queries)
        queries = at_queries.view(reach, heads, -1).transpose(0, 1)  # (heads, queries, rest)
        keys = out.view(reach, heads // self.sharing, -1).transpose(0, 1)
        for member in range(self.sharing):
            part = slice(member, None, self.sharing)
            keys.baddbmm_(looked[part], queries[part], beta=float(member > 0))

    def mix_from(self, positions: Tensor, at_query: Tensor, out: Tensor) -> None:
        """`mix` where each target's gradient stands at one position only.

        `at_query` (heads * head_dim, targets) at `positions` (targets,).
        """
        reach, heads = len(out), len(self.pattern)
        looked = self.pattern[:, positions, :reach].permute(2, 0, 1)  # (keys, heads, targets)
        query = at_query.view(heads, -1, at_query.shape[1])  # (heads, head_dim, targets)
        keys = out.view(reach, heads // self.sharing, -1, at_query.shape[1])
        for member in range(self.sharing):
            part = slice(member, None, self.sharing)
            if member == 0:
                torch.mul(looked[:, part, None], query[part], out=keys)
            else:
                keys.addcmul_(looked[:, part, None], query[part])
