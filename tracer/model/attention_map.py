"""A layer's frozen attention as linear maps on gradients, or, transposed, on streams.

Both are laid out (width, positions, batch): the products are then plain matrix products over
all positions of the batch, and mixing over positions is a batch of small ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

MOST_SPREAD = 2**24  # numbers; a longer prompt's patterns are not copied to each width
EVERYWHERE = slice(None)


@dataclass(frozen=True)
class AttentionMap:
    """Norm scales and norm weights are folded into the three maps. Where query heads share a
    key-value head, the first of each stand first, then the second of each, and so on.

    Gradients enter by the heads' outputs and leave by their values, from queries to keys; a stream,
    in the transposed map, the other way round.
    """

    enter: Tensor  # (width of what enters, d_model)
    pattern: Tensor  # (heads, to, from)
    leave: Tensor  # (d_model, width of what leaves)

    @property
    def transposed(self) -> AttentionMap:
        """From in front of the attention to behind it."""
        pattern = self.pattern.transpose(1, 2).contiguous()
        return AttentionMap(self.leave.T, pattern, self.enter.T)

    @property
    def _width(self) -> int:
        """Of all query heads."""
        return max(len(self.enter), self.leave.shape[1])

    @property
    def head_dim(self) -> int:
        return self._width // len(self.pattern)

    def to(self, dtype: torch.dtype) -> AttentionMap:
        """The same maps in another number format."""
        if dtype == self.enter.dtype:
            return self
        return AttentionMap(self.enter.to(dtype), self.pattern.to(dtype), self.leave.to(dtype))

    def apply(self, one: Tensor) -> Tensor:
        """One gradient or stream, (positions, d_model), without what passes the attention by."""
        entered = (self.enter @ one.T)[:, :, None]
        left = entered.new_empty(self.leave.shape[1], *entered.shape[1:])
        self.mix(entered, left)
        return (self.leave @ left[:, :, 0]).T

    def mix(self, entered: Tensor, out: Tensor, window: slice = EVERYWHERE) -> None:
        """Each head hands what stands at its queries to the keys they looked at, or back.

        `entered` (width, window, batch) to `out` (its width, window, batch), over a window of
        positions.
        """
        for rows, looked in self._looked(window):
            source, place = rows.start % len(entered), rows.start % len(out)
            left = out[place : place + len(looked)]
            first = rows.start < len(out)
            read = entered[source : source + len(looked)]
            torch.baddbmm(left, looked, read, beta=float(not first), out=left)

    def hand_on(self, entered: Tensor, window: slice = EVERYWHERE) -> Tensor:
        """`mix` of streams that lie (window, batch, width), few of them at many positions: one
        product for each key-value head. Gives (window * batch, width of what leaves)."""
        reach, batch, width = entered.shape
        heads = width // self.head_dim
        looked = self.pattern[:, window, window].reshape(-1, heads, reach, reach)
        members = len(looked)
        looked = looked.transpose(0, 1).reshape(heads, members * reach, reach)
        read = entered.view(reach, batch, heads, -1).permute(2, 0, 1, 3).reshape(heads, reach, -1)
        mixed = torch.bmm(looked, read).view(heads, members, reach, batch, -1)
        return mixed.permute(2, 3, 1, 0, 4).reshape(reach * batch, -1)

    def mix_from(self, positions: Tensor, entered: Tensor, out: Tensor, window: slice) -> None:
        """`mix` where each of the batch stands at one position only.

        `entered` (width, batch) at `positions` (batch,), within the window.
        """
        reach, batch = out.shape[1:]
        heads = min(len(entered), len(out)) // self.head_dim
        looked = self.pattern[:, window, window][:, :, positions]
        looked = looked.view(-1, heads, 1, reach, batch)
        read = entered.view(-1, heads, self.head_dim, 1, batch)
        left = out.view(-1, heads, self.head_dim, reach, batch)
        for member, pattern in enumerate(looked):
            into = left[member % len(left)]
            if member < len(left):
                torch.mul(pattern, read[member % len(read)], out=into)
            else:
                into.addcmul_(pattern, read[member % len(read)])

    def _looked(self, window: slice) -> Iterator[tuple[slice, Tensor]]:
        """Rows that read one pattern or several, and the pattern of each, (rows, to, from)."""
        if self._spread is not None:
            width = min(len(self.enter), self.leave.shape[1])
            for begin in range(0, len(self._spread), width):
                rows = slice(begin, begin + width)
                yield rows, self._spread[rows, window, window]
            return
        for head, pattern in enumerate(self.pattern):
            rows = slice(head * self.head_dim, (head + 1) * self.head_dim)
            yield rows, pattern[window, window].expand(self.head_dim, -1, -1)

    @cached_property
    def _spread(self) -> Tensor | None:
        """(width of all query heads, to, from): fewer, larger calls, where there is room."""
        if self.pattern.numel() * self.head_dim > MOST_SPREAD:
            return None
        return self.pattern.repeat_interleave(self.head_dim, 0)
