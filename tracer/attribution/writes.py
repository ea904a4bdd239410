"""What joins the residual stream behind one MLP, laid out to be read by a batch of gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.columns import Columns
from tracer.attribution.pieces import Pieces
from tracer.attribution.walk import Walk
from tracer.features.source import LayerFeatures

NO_COLUMN = -1


@dataclass(frozen=True)
class Writes:
    """Features of a layer and those below it, and at each position an error."""

    pieces: Pieces
    firsts: tuple[int, ...]  # the first column of each of its runs; biases have none

    @staticmethod
    def behind(layers: Sequence[LayerFeatures], columns: Columns) -> Writes:
        """Behind the MLP of the last of the `layers`, which are all those below it too."""
        own, n = layers[-1], columns.n_positions
        every = torch.arange(n, device=own.positions.device)
        # At position 0 one constant belongs to the first token: it is the same for every prompt.
        top = len(layers) - 1
        parts = [(every[:1], own.error[:1]), (every[1:], own.error[1:])]
        firsts = [columns.tokens, columns.error(top, 1)]
        for layer, one in enumerate(layers):
            written = one.written_into(top - layer)
            if written is not None and len(one):
                parts.append((one.positions, written))
                firsts.append(columns.starts[layer])
        if own.constant is not None:
            parts.append((every, own.constant))
            firsts.append(NO_COLUMN)
        return Writes(Pieces.of(parts, n), tuple(firsts))

    def read(self, walk: Walk, rows: Tensor, biases: Tensor) -> None:
        """Adds what is written to rows of targets, (targets, columns), and their bias terms."""
        for first, found in zip(self.firsts, self.pieces.products(walk), strict=True):
            if first == NO_COLUMN:
                biases += found.sum(0).to(biases)
            else:
                rows[:, first : first + len(found)] += found.T.to(rows)
