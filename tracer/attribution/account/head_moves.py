"""What one layer's attention does with rows, its moves from word to word scaled by column."""

from __future__ import annotations

import torch
from torch import Tensor

from tracer.attribution.account.rows import Rows
from tracer.model.attention_map import AttentionMap


class HeadMoves:
    """`scales`, (columns,), say by how much each column's moves count; what stays at its word
    counts in full."""

    def __init__(self, attention: AttentionMap) -> None:
        self.attention = attention
        pattern = attention.pattern
        self.stays = torch.diagonal(pattern, dim1=1, dim2=2)  # (heads, positions)
        self.moves = pattern.clone()  # (heads, keys, queries)
        torch.diagonal(self.moves, dim1=1, dim2=2).zero_()
        self.heads, self.dim = len(pattern), attention.head_dim
        self.kv_heads = attention.leave.shape[1] // self.dim

    def values(self, rows: Rows) -> Tensor:
        """(columns, positions, width of values): what streams hand to the heads."""
        return rows.holding(rows.vectors @ self.attention.leave).spread()

    def asked(self, rows: Rows) -> Tensor:
        """(heads, positions, columns, dim): gradients behind them, at queries."""
        spread = rows.holding(rows.vectors @ self.attention.enter.T).spread()
        by_head = torch.unflatten(spread, 2, (self.heads, self.dim))
        return by_head.permute(2, 1, 0, 3).contiguous()

    def at_keys(self, asked: Tensor) -> Tensor:
        """(heads, positions, columns, dim): gradients at the words that they moved from."""
        return (self.moves @ asked.flatten(2)).view_as(asked)

    def up(self, values: Tensor, into: Rows, scales: Tensor) -> Tensor:
        """(rows, d_model): what values add behind the attention, where `into` has rows."""
        columns, n, _ = values.shape
        held = values.view(columns, n, self.kv_heads, self.dim).permute(2, 1, 0, 3)
        held = held.reshape(self.kv_heads, n, -1)  # (…, columns * dim)
        looks = self.moves.transpose(1, 2).view(-1, self.kv_heads, n, n)
        moved = (looks @ held).view(self.heads, n, columns, self.dim)
        moved *= scales[:, None]
        stays = self.stays.view(-1, self.kv_heads, n, 1) * held
        moved += stays.view(self.heads, n, columns, self.dim)
        return into.take(moved.permute(2, 1, 0, 3)).vectors @ self.attention.enter

    def down(self, asked: Tensor, at_keys: Tensor, into: Rows, scales: Tensor) -> Tensor:
        """(rows, d_model): gradients in front of the attention."""
        moved = at_keys * scales[:, None] + self.stays[..., None, None] * asked
        summed = torch.unflatten(moved, 0, (-1, self.kv_heads)).sum(0)
        return into.take(summed.permute(2, 1, 0, 3)).vectors @ self.attention.leave.T

    def met(self, at_keys: Tensor, values: Tensor) -> Tensor:
        """(targets, sources, heads), heads in the model's order: gradients meet what other words'
        values are."""
        n, targets, sources = at_keys.shape[1], at_keys.shape[2], len(values)
        asked = torch.unflatten(at_keys, 0, (-1, self.kv_heads)).permute(1, 0, 3, 2, 4)
        held = values.view(sources, n, self.kv_heads, self.dim).permute(2, 1, 3, 0)
        found = asked.reshape(self.kv_heads, -1, n * self.dim) @ held.reshape(
            self.kv_heads, n * self.dim, sources
        )
        return found.view(self.heads, targets, sources).permute(1, 2, 0)
