"""Places drawn by lot from the texts held out, with what every feature does there."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.interventions.texts.batch import NOTHING, WINDOW, Batch
from tracer.interventions.texts.ranges import lot_of

PLACES = 2048
OF_EACH = 4  # of one context


@dataclass
class Sample:
    """m places: what an explanation must tell apart from those where a feature is strong."""

    lots: Tensor  # (m,): the lowest stay
    tokens: Tensor  # (m, WINDOW)
    labels: Tensor  # (m,)
    contexts: Tensor  # (m,)
    values: Tensor  # (m, n)

    @staticmethod
    def empty(features: int) -> Sample:
        return Sample(
            torch.zeros(0, dtype=torch.float64),
            torch.full((0, WINDOW), NOTHING, dtype=torch.int32),
            torch.zeros(0, dtype=torch.int64),
            torch.zeros(0, dtype=torch.int64),
            torch.zeros(0, features),
        )

    def add(self, batch: Batch, which: Tensor) -> None:
        drawn = [
            (lot_of((one.number + 1) * OF_EACH + nth), row, nth)
            for row, one in enumerate(batch.contexts)
            if which[row]
            for nth in range(OF_EACH)
        ]
        full = float(self.lots.max()) if len(self.lots) == PLACES else torch.inf
        drawn = [one for one in drawn if one[0] < full]
        if not drawn:
            return
        rows = torch.tensor([row for _, row, _ in drawn])
        # A lot of its own says where, else low lots would be early places.
        places = torch.tensor(
            [
                int(lot_of(-(batch.contexts[row].number + 2) * OF_EACH - nth) * len(one))
                for _, row, nth in drawn
                for one in [batch.contexts[row].tokens]
            ]
        )
        tokens, _ = batch.windows(rows, places)
        lots = torch.cat([self.lots, torch.tensor([lot for lot, _, _ in drawn]).double()])
        keep = lots.argsort(stable=True)[:PLACES]
        self.lots = lots[keep]
        self.tokens = torch.cat([self.tokens, tokens])[keep]
        self.labels = torch.cat([self.labels, batch.labels[rows]])[keep]
        self.contexts = torch.cat([self.contexts, batch.numbers[rows]])[keep]
        self.values = torch.cat([self.values, batch.values[rows, places]])[keep]
