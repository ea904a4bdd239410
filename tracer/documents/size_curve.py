"""How much of an answer a circuit brings, over its size, and the two areas that others state.

The measures of MIB (Mueller et al. 2025, "MIB: A Mechanistic Interpretability Benchmark"): a
circuit's faithfulness is (m(circuit) - m(nothing)) / (m(all) - m(nothing)), m being the answer's
lead in logits. CPR is the area under it over the share of parts that are kept, CMD the area
between it and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Protocol

from pydantic import Field

from tracer.documents.prompts import ChatTurn, Counterfactual
from tracer.documents.records import Many, Strict
from tracer.documents.token_id import TokenId

Number = Annotated[float, Field(allow_inf_nan=False)]
SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # as in MIB


class SizePoint(Strict):
    """The faithfulness of circuits of one size, and of controls beside them."""

    share: Number = Field(description="of all parts that differ between the two runs")
    parts: int = Field(description="how many are kept")
    supporters: Number = Field(description="faithfulness of those that support the answer most")
    strongest: Number = Field(description="of those that move it most, either way")
    controls_supporters: Many[Number] = ()
    controls_strongest: Many[Number] = ()


class SizeCurve(Strict):
    """A graph's prompt against its counterfactual. A part is a feature at a position whose value
    differs, or a word that does; leads are in logits, of `answer` over `other`."""

    prompt: str = Field(description="the counterfactual's; of a chat, what the model reads of it")
    chat: Many[ChatTurn] = Field((), description="the counterfactual's turns, where it is a chat")
    chat_date: date | None = Field(None, description="the day for its template")
    answer: str
    other: str
    other_id: int
    lead: Number = Field(description="with all parts from here: the prompt's own run")
    lead_there: Number = Field(description="with none: the counterfactual's run")
    parts: int = Field(description="how many differ")
    words: int = Field(description="how many of them are words")
    seed: int
    points: Many[SizePoint]
    cpr: Number = Field(description="area under `supporters` over `share`")
    cmd: Number = Field(description="area between `strongest` and 1 over `share`")
    controls_cpr: Many[Number] = ()
    controls_cmd: Many[Number] = ()

    def is_of(self, meant: Counterfactual) -> bool:
        """Whether this was measured against those very words and that answer."""
        return stands_against(self, meant)


class Against(Protocol):
    """What was measured against a counterfactual."""

    @property
    def prompt(self) -> str: ...
    @property
    def chat(self) -> tuple[ChatTurn, ...]: ...
    @property
    def chat_date(self) -> date | None: ...
    @property
    def other(self) -> str: ...
    @property
    def other_id(self) -> int: ...


def stands_against(found: Against, meant: Counterfactual) -> bool:
    if not answers_with(found, meant) or (meant.chat or ()) != found.chat:
        return False
    return (
        meant.prompt == found.prompt if meant.chat is None else meant.chat_date == found.chat_date
    )


def told(found: Against) -> str:
    """The counterfactual's words: of a chat what was said last, without what a template writes."""
    return found.chat[-1].content if found.chat else found.prompt


def answers_with(found: Against, meant: Counterfactual) -> bool:
    name = meant.target
    return name.id == found.other_id if isinstance(name, TokenId) else name == found.other


def area_under(shares: Sequence[float], values: Sequence[float]) -> float:
    """CPR: by trapezoids, from the first share to the last, as MIB has it.

    >>> round(area_under(SHARES, [1.0] * 10), 6), area_under((0, 1), (0, 1))
    (0.999, 0.5)
    """
    corners = pairwise(zip(shares, values, strict=True))
    return sum((x - w) * (y + z) / 2 for (w, z), (x, y) in corners)


def area_from_one(shares: Sequence[float], values: Sequence[float]) -> float:
    """CMD: what is too much counts like what is too little.

    >>> area_from_one((0, 1), (0, 2)), area_from_one((0, 1), (1, 1))
    (1.0, 0.0)
    """
    return area_under(shares, [abs(1 - one) for one in values])
