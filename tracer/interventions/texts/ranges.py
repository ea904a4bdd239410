"""Some contexts of every strength, so that weaker ones can be shown beside the strongest."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.interventions.texts.batch import NOTHING, WINDOW, Batch

STEPS = 10  # of the strength, a factor of √2 each, kept below the strongest
EACH = 4  # contexts of a step


@dataclass
class Ranges:
    """Contexts drawn by lot, the same lot for all features, from each step of each feature's
    strength. A step leaves when a context comes that is STEPS stronger."""

    steps: Tensor  # (n, STEPS): which step lies in each slot, step modulo STEPS
    lots: Tensor  # (n, STEPS, EACH): the lowest stay; inf where there is none
    values: Tensor
    contexts: Tensor
    tokens: Tensor  # (n, STEPS, EACH, WINDOW)
    activations: Tensor

    @staticmethod
    def empty(features: int) -> Ranges:
        shape = (features, STEPS, EACH)
        return Ranges(
            torch.full(shape[:2], torch.iinfo(torch.int64).min),
            torch.full(shape, torch.inf, dtype=torch.float64),
            torch.zeros(shape),
            torch.full(shape, -1, dtype=torch.int64),
            torch.full((*shape, WINDOW), NOTHING, dtype=torch.int32),
            torch.zeros((*shape, WINDOW)),
        )

    def add(self, batch: Batch, peaks: Tensor, places: Tensor, which: Tensor) -> None:
        """As `Strongest.add`."""
        steps = (2 * peaks.clamp(min=1e-30).log2()).floor().long()
        for row in which.nonzero()[:, 0].tolist():
            self._offer(batch, row, peaks[row], places[row], steps[row])

    def _offer(self, batch: Batch, row: int, peaks: Tensor, places: Tensor, steps: Tensor) -> None:
        slots = steps.remainder(STEPS)
        everyone = torch.arange(len(peaks))
        there = self.steps[everyone, slots]
        higher = (steps > there) & (peaks > 0)
        self.steps[everyone[higher], slots[higher]] = steps[higher]
        self.lots[everyone[higher], slots[higher]] = torch.inf
        worst, at = self.lots[everyone, slots].max(1)
        lot = lot_of(batch.contexts[row].number)
        taken = (peaks > 0) & (steps >= there) & (lot < worst)
        features = taken.nonzero()[:, 0]
        if not len(features):
            return
        place = (features, slots[features], at[features])
        rows = torch.full_like(features, row)
        tokens, activations = batch.windows(rows, places[features], features)
        assert activations is not None
        self.lots[place] = lot
        self.values[place] = peaks[features]
        self.contexts[place] = batch.contexts[row].number
        self.tokens[place] = tokens
        self.activations[place] = activations


def lot_of(number: int) -> float:
    """The same number in [0, 1) for a context whenever it is read, however many are read at once:
    the finisher of SplitMix64."""
    mixed = (number + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return (mixed ^ mixed >> 31) / 2**64
