"""The contexts in which each feature is strongest, one place of each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.interventions.texts.batch import NOTHING, WINDOW, Batch


@dataclass
class Strongest:
    """For each of n features the `most` strongest, strongest first, the earliest of equals; (n,
    most) tensors, the value -inf where there is none. `sign` -1: those where it is lowest."""

    sign: int
    values: Tensor  # sign * activation at the place
    contexts: Tensor
    labels: Tensor
    tokens: Tensor  # (n, most, WINDOW)
    activations: Tensor  # (n, most, WINDOW)

    @staticmethod
    def empty(features: int, most: int, sign: int) -> Strongest:
        shape = (features, most)
        return Strongest(
            sign,
            torch.full(shape, -torch.inf),
            torch.full(shape, -1, dtype=torch.int64),
            torch.zeros(shape, dtype=torch.int64),
            torch.full((*shape, WINDOW), NOTHING, dtype=torch.int32),
            torch.zeros((*shape, WINDOW)),
        )

    def add(self, batch: Batch, peaks: Tensor, places: Tensor, which: Tensor) -> None:
        """From the contexts `which`, (contexts,), with what `Batch.peaks` says of all."""
        counts = which[:, None] & (peaks > 0)
        offered = peaks.masked_fill(~counts, -torch.inf).T  # (n, contexts)
        most = self.values.shape[1]
        values, order = torch.cat([self.values, offered], 1).sort(
            dim=1, descending=True, stable=True
        )
        values, order = values[:, :most], order[:, :most]
        if not bool((order >= most).any()):
            return
        old = order.clamp(max=most - 1)
        self.values = values.contiguous()
        self.contexts = self.contexts.gather(1, old)
        self.labels = self.labels.gather(1, old)
        wide = old[:, :, None].expand(-1, -1, WINDOW)
        self.tokens, self.activations = (
            self.tokens.gather(1, wide),
            self.activations.gather(1, wide),
        )
        features, ranks = (order >= most).nonzero(as_tuple=True)
        rows = order[features, ranks] - most
        tokens, activations = batch.windows(rows, places[rows, features], features)
        assert activations is not None
        self.contexts[features, ranks] = batch.numbers[rows]
        self.labels[features, ranks] = batch.labels[rows]
        self.tokens[features, ranks] = tokens
        self.activations[features, ranks] = activations
