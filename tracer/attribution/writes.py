"""What joins the residual stream behind one MLP, laid out to be read by a batch of gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.columns import Columns
from tracer.attribution.walk import Walk
from tracer.features.source import LayerFeatures

NO_COLUMN = -1
MOST_PADDING = 2  # a piece holds this many times the mean of a position at most


@dataclass(frozen=True)
class Block:
    """Vectors of one kind in the order of their columns, which is also that of positions."""

    first: int  # column
    slots: Tensor  # (vectors,) among all the slots of all pieces
    ends: tuple[int, ...]  # how many of them stand at each position or before


@dataclass(frozen=True)
class Writes:
    """Features of a layer and those below it, and at each position an error.

    Each position's vectors are cut into pieces of one width, so that all positions are one batch
    of matrix products however unevenly the features are spread.
    """

    pieces: Tensor  # (pieces, width, d_model), zeros where a piece is not full
    positions: Tensor  # (pieces,), ascending
    ends: tuple[int, ...]  # how many pieces stand at each position or before
    blocks: tuple[Block, ...]
    constants: Block | None  # what biases write: no column's

    @staticmethod
    def behind(layers: Sequence[LayerFeatures], columns: Columns) -> Writes:
        """Behind the MLP of the last of the `layers`, which are all those below it too."""
        own, n = layers[-1], columns.n_positions
        every = torch.arange(n, device=own.positions.device)
        # At position 0 one constant belongs to the first token: it is the same for every prompt.
        above = len(layers) - 1
        parts = [
            _Part(columns.tokens, every[:1], own.error[:1]),
            _Part(columns.error(above, 1), every[1:], own.error[1:]),
        ]
        for layer, one in enumerate(layers):
            decoders = one.decoders_into(above - layer)
            if decoders is not None and len(one):
                written = decoders * one.activations[:, None]
                parts.append(_Part(columns.starts[layer], one.positions, written))
        if own.constant is not None:
            parts.append(_Part(NO_COLUMN, every, own.constant))
        return _laid_out(parts, n)

    def read(self, walk: Walk, rows: Tensor, biases: Tensor) -> None:
        """Adds what is written to rows of targets, (targets, columns), and their bias terms."""
        count = self.ends[walk.reach - 1]
        pieces = self.pieces[:count]
        gradient = walk.gradient.transpose(0, 1).to(pieces.dtype)  # (reach, d_model, targets)
        if count > walk.reach:
            gradient = gradient[self.positions[:count]]
        found = torch.bmm(pieces, gradient).flatten(0, 1)  # (slots, targets)
        for block in self.blocks:
            slots = block.slots[: block.ends[walk.reach - 1]]
            rows[:, block.first : block.first + len(slots)] += found[slots].T.to(rows)
        if self.constants is not None:
            biases += found[self.constants.slots[: walk.reach]].sum(0).to(biases)


@dataclass(frozen=True)
class _Part:
    first: int  # column
    positions: Tensor  # (vectors,), ascending
    vectors: Tensor  # (vectors, d_model)


def _laid_out(parts: Sequence[_Part], n: int) -> Writes:
    positions = torch.cat([part.positions for part in parts])
    vectors = torch.cat([part.vectors for part in parts])
    counts = torch.bincount(positions, minlength=n)
    width = min(int(counts.max()), MOST_PADDING * -(-len(positions) // n))
    pieces = -(-counts // width)  # (n,)
    ends = pieces.cumsum(0)
    # A vector's rank among those of its position says which piece and where in it.
    order = torch.argsort(positions, stable=True)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=order.device)
    rank -= (counts.cumsum(0) - counts)[positions]
    slots = (ends - pieces)[positions] * width + rank
    laid = vectors.new_zeros(int(ends[-1]) * width, vectors.shape[1])
    laid[slots] = vectors
    blocks, begin = [], 0
    for part in parts:
        mine = slice(begin, begin + len(part.positions))
        upto = torch.bincount(part.positions, minlength=n).cumsum(0)
        blocks.append(Block(part.first, slots[mine], tuple(upto.tolist())))
        begin = mine.stop
    every = torch.arange(n, device=positions.device)
    return Writes(
        pieces=laid.view(-1, width, vectors.shape[1]),
        positions=every.repeat_interleave(pieces),
        ends=tuple(ends.tolist()),
        blocks=tuple(block for block in blocks if block.first != NO_COLUMN),
        constants=next((block for block in blocks if block.first == NO_COLUMN), None),
    )
