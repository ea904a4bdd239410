"""All that is kept of texts read so far: as much for a thousand tokens as for a thousand million.

About 45 KB a feature. It can be written down and taken up again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from tracer.interventions.texts.batch import Batch
from tracer.interventions.texts.ranges import Ranges
from tracer.interventions.texts.sample import Sample
from tracer.interventions.texts.spread import Spread
from tracer.interventions.texts.strongest import Strongest

STRONGEST = 32  # contexts on either side of zero
TRIED = 24  # of texts held out


@dataclass
class Running:
    """What n features did on the texts read so far. Names are made from `highest` and `lowest`
    and tried on `tried_highest`, `tried_lowest` and `sample`, which are of other texts."""

    highest: Strongest
    lowest: Strongest
    ranges: Ranges
    spread: Spread
    tried_highest: Strongest
    tried_lowest: Strongest
    sample: Sample
    labels: Tensor  # (labels,): tokens read of each

    @staticmethod
    def empty(features: int, labels: int) -> Running:
        return Running(
            Strongest.empty(features, STRONGEST, 1),
            Strongest.empty(features, STRONGEST, -1),
            Ranges.empty(features),
            Spread.empty(features),
            Strongest.empty(features, TRIED, 1),
            Strongest.empty(features, TRIED, -1),
            Sample.empty(features),
            torch.zeros(labels, dtype=torch.int64),
        )

    @property
    def tokens(self) -> int:
        return int(self.spread.tokens)

    def add(self, batch: Batch) -> None:
        """Take in one batch. What is found does not depend on how contexts were put in batches."""
        held_out, read = batch.held_out, ~batch.held_out
        for sign, kept, tried in (
            (1, self.highest, self.tried_highest),
            (-1, self.lowest, self.tried_lowest),
        ):
            peaks, places = batch.peaks(sign)
            kept.add(batch, peaks, places, read)
            if bool(held_out.any()):
                tried.add(batch, peaks, places, held_out)
            if sign > 0:
                self.ranges.add(batch, peaks, places, read)
        self.spread.add(batch)
        self.sample.add(batch, held_out)
        lengths = torch.tensor([len(one.tokens) for one in batch.contexts])
        self.labels.index_add_(0, batch.labels, lengths)

    def tensors(self) -> dict[str, Tensor]:
        return {name: getattr(holder, last).contiguous() for name, holder, last in self._places()}

    def take_up(self, tensors: Mapping[str, Tensor]) -> None:
        """Raises KeyError and ValueError for tensors of another kind of state."""
        for name, holder, last in self._places():
            old, new = getattr(holder, last), tensors[name]
            fits = old.dtype == new.dtype and (
                old.shape == new.shape or (isinstance(holder, Sample) and old.ndim == new.ndim)
            )
            if not fits:
                raise ValueError(f"`{name}` is {tuple(new.shape)}, not {tuple(old.shape)}")
            setattr(holder, last, new.clone())

    def _places(self) -> Iterator[tuple[str, object, str]]:
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, Tensor):
                yield part.name, self, part.name
                continue
            for inner in fields(value):
                if isinstance(getattr(value, inner.name), Tensor):
                    yield f"{part.name}.{inner.name}", value, inner.name
