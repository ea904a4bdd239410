"""What one layer's attention does with rows, its moves from word to word scaled by column."""

from __future__ import annotations

import torch
from torch import Tensor

from tracer.attribution.account.rows import Rows
from tracer.model.attention_map import AttentionMap


class HeadMoves:
    """`scales`, (columns,), says by how much each column's moves count; what stays at its word
    counts in full."""

    def __init__(self, attention: AttentionMap, scales: Tensor) -> None:
        self.attention, self.scales = attention, scales
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
        """(columns, positions, width of all heads): gradients behind them."""
        return rows.holding(rows.vectors @ self.attention.enter.T).spread()

    def up(self, values: Tensor, into: Rows) -> Tensor:
        """(rows, d_model): what values add behind the attention, where `into` has rows."""
        columns, n, _ = values.shape
        held = values.view(columns, n, self.kv_heads, self.dim).permute(2, 1, 0, 3)
        held = held.reshape(self.kv_heads, n, -1)  # (…, columns * dim)
        looks = self.moves.transpose(1, 2).view(-1, self.kv_heads, n, n)
        moved = (looks @ held).view(self.heads, n, columns, self.dim)
        moved = moved * self.scales[:, None]
        stays = self.stays.view(-1, self.kv_heads, n, 1) * held
        moved += stays.view(self.heads, n, columns, self.dim)
        return into.take(moved.permute(2, 1, 0, 3)).vectors @ self.attention.enter

    def down(self, asked: Tensor, into: Rows) -> Tensor:
        """(rows, d_model): gradients in front of the attention."""
        columns, n, _ = asked.shape
        read = asked.view(columns, n, self.heads, self.dim).permute(2, 1, 0, 3)
        read = read.reshape(self.heads, n, -1)
        moved = (self.moves @ read).view(self.heads, n, columns, self.dim)
        moved = moved * self.scales[:, None]
        moved += (self.stays[..., None] * read).view(self.heads, n, columns, self.dim)
        summed = moved.view(-1, self.kv_heads, n, columns, self.dim).sum(0)
        return into.take(summed.permute(2, 1, 0, 3)).vectors @ self.attention.leave.T

    def met(self, asked: Tensor, values: Tensor) -> Tensor:
        """(targets, sources, heads), heads in the model's order: gradients behind them at queries
        meet values at other words' keys."""
        (targets, n, _), sources = asked.shape, len(values)
        read = asked.view(targets, n, self.heads, self.dim).permute(2, 1, 0, 3)
        at_keys = self.moves @ read.reshape(self.heads, n, -1)
        at_keys = at_keys.view(-1, self.kv_heads, n, targets, self.dim).permute(1, 0, 3, 2, 4)
        held = values.view(sources, n, self.kv_heads, self.dim).permute(2, 1, 3, 0)
        found = at_keys.reshape(self.kv_heads, -1, n * self.dim) @ held.reshape(
            self.kv_heads, n * self.dim, sources
        )
        return found.view(self.heads, targets, sources).permute(1, 2, 0)
