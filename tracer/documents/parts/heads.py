"""`<n>.heads.bin`: which attention heads carried what flows between groups, where the strongest
look, and what the model did without that.

JSON, deflated: it is small, and people with other programs want to read it.
"""

from __future__ import annotations

import statistics
from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from tracer.documents.head_names import HeadName
from tracer.documents.parts.json_part import pack_record, read_record
from tracer.documents.parts.short import short
from tracer.documents.parts.why import Number, Place, WhyLooked
from tracer.documents.records import Many, Strict

NAME = "heads"
HOLDS = 0.6  # a correlation below this is told: what heads carry then says little of the model
FEW = 4  # so many looks say nothing about how well predictions hold


class HeadFlow(Strict):
    """What runs from a source to a target: `in_place` along paths that stay at one token, the rest
    carried by heads, of which `heads` are the strongest. In the account's unit."""

    source: Place = Field(description="a group, then a word, then the other words, then the start")
    target: Place = Field(description="a group, then what is asked")
    flow: Number
    in_place: Number
    heads: Many[tuple[HeadName, Number]]

    @property
    def carried(self) -> float:
        return self.flow - self.in_place


class TriedLook(Strict):
    """A head that looks from one token at those of one word: what that adds to what is asked, and
    how that changes without it, `predicted`, really, and with other heads in its place."""

    head: HeadName
    to: Place
    keys: Many[Place] = Field(min_length=1)
    weight: Number
    adds: Number
    predicted: Number
    actual: Number
    probability: Number | None = None
    controls: Many[Number] = ()
    controls_weight: Number | None = Field(None, description="the mean weight of what they lost")
    why: WhyLooked | None = Field(None, description="of the key that it looks at most")

    @property
    def beats_all(self) -> bool:
        """Whether it matters more than each control."""
        return all(abs(one) < abs(self.actual) for one in self.controls)


class Together(Strict):
    """Several looks, by their numbers, all at once."""

    looks: Many[Place]
    actual: Number
    probability: Number | None = None
    controls: Many[Number] = ()
    control_probabilities: Many[Number] = ()


class HeadPattern(Strict):
    """Where a head looks: a row for each token, with the weight in percent of itself and each
    token in front of it."""

    head: HeadName
    rows: Many[Many[Annotated[int, Field(ge=0, le=100)]]]


class Heads(Strict):
    """All of one graph. `groups` hold node ids, `words` positions of tokens; the strongest words
    stand alone, the others are one source."""

    graph_id: str
    layers: int = Field(ge=1)
    heads: int = Field(ge=1, description="in each layer")
    groups: Many[Many[str]]
    words: Many[Many[Place]]
    flows: Many[HeadFlow]
    looks: Many[TriedLook]
    together: Together | None = None
    probability: Number | None = Field(None, description="the answer's, with nothing taken away")
    patterns: Many[HeadPattern] = ()

    @model_validator(mode="after")
    def _places_are_there(self) -> Heads:
        if any(one.source >= self.sources or one.target > len(self.groups) for one in self.flows):
            raise ValueError("a flow between what is not there")
        if self.together and any(one >= len(self.looks) for one in self.together.looks):
            raise ValueError("a look that is not there")
        for one in self.looks:
            if one.why and (one.why.key not in one.keys or one.why.undescribed()):
                raise ValueError("why it looked, of what is not there")
        return self

    @property
    def sources(self) -> int:
        return len(self.groups) + len(self.words) + 2

    @property
    def answer(self) -> int:
        """The target that is what is asked."""
        return len(self.groups)

    @property
    def told(self) -> tuple[str, ...]:
        """The heads whose looks were tried, the strongest first."""
        return tuple(dict.fromkeys(one.head for one in self.looks))

    def group_of(self, nodes: Collection[str]) -> int | None:
        """The number of this very group."""
        meant = set(nodes)
        found = (at for at, one in enumerate(self.groups) if set(one) == meant)
        return next(found, None)

    @cached_property
    def correlation(self) -> float | None:
        """Of predicted with real changes; None where there are too few looks."""
        if len(self.looks) < FEW:
            return None
        pairs = [(one.predicted, one.actual) for one in self.looks]
        try:
            return statistics.correlation(*zip(*pairs, strict=True))
        except statistics.StatisticsError:
            return None

    @property
    def predicts_badly(self) -> bool:
        return self.correlation is not None and self.correlation < HOLDS

    def to_dict(self) -> dict[str, Any]:
        """Numbers to four digits; nothing of what there is not."""
        return short(self)

    def packed(self) -> bytes:
        return pack_record(NAME, self.graph_id, self)


def read_heads(file: Path, graph_id: str) -> Heads:
    """Raises TracerError where the file is missing, damaged or of another graph."""
    return read_record(file, NAME, graph_id, Heads)
