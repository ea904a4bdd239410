"""The consensus circuit of a set: boxes at slots, in thirds of the layers, and what flows.

A line is as wide as its flow; it is faint where the interval over the rows holds zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup, escape

from tracer.documents.prompt_words import START
from tracer.documents.set_account import ANSWER, SetAccount, SetBox, SetFlow
from tracer.documents.slots import shown_slot
from tracer.site.circuit import slot_columns
from tracer.site.circuit.slot_columns import (
    HEIGHT,
    THINNEST,
    WIDEST,
    Place,
    across,
    answer_place,
    column,
    curve,
    foot,
    level,
    upright,
)
from tracer.site.wording.amounts import amount

LEAST = 0.07  # of the strongest flow: thinner ones stand in the table
BIASES, REST = "biases", "elsewhere"


@dataclass(frozen=True)
class SetPicture:
    """Where everything stands, for the whole set and for each of its rows alike."""

    account: SetAccount

    @cached_property
    def columns(self) -> list[str]:
        """Slots with a box or a flow out of them, in the prompt's order; what is everywhere
        first."""
        ends = {end for one in self.flows for end in (one.source, one.target)}
        used = ends | {box.slot for box in self.account.boxes if box.id in ends}
        first = [one for one in (START, BIASES, REST) if one in used]
        slots = [one for one in self.account.slots if one in used and one not in first]
        return [*first, *sorted(slots, key=self._order)]

    def _order(self, slot: str) -> float:
        """By the mean place in the rows, from their end: rows may have different lengths."""
        places = []
        for row in self.account.counted:
            names = [self.account.slots[at] for at in row.places]
            if slot in names:
                places.append(names.index(slot) - len(names))
        return sum(places) / len(places) if places else 0.0

    @cached_property
    def flows(self) -> tuple[SetFlow, ...]:
        """Those that are drawn: the strongest first, none that would be a hair."""
        most = max((abs(one.flow.mean) for one in self.account.flows), default=0.0)
        return tuple(one for one in self.account.flows if abs(one.flow.mean) >= LEAST * most)

    @property
    def width(self) -> int:
        return across(len(self.columns))

    @property
    def height(self) -> int:
        return upright()

    def place(self, end: str) -> Place | None:
        """The middle of a box, of a word at the foot, or of the answer on top."""
        if end == ANSWER:
            return answer_place(len(self.columns))
        slot, _, part = end.rpartition("/")
        if end == REST:
            slot, part = REST, "1"
        if slot in self.columns and part.isdecimal():
            return self._x(slot), level(int(part))
        if end in self.columns:
            return self._x(end), foot()
        return None

    def _x(self, slot: str) -> float:
        return column(self.columns.index(slot))

    @cached_property
    def whole(self) -> Markup:
        """All of it, with names and intervals in titles."""
        lines = "".join(self._lines(lambda one: one.flow.mean, titled=True))
        boxes = "".join(self._box(one) for one in self.account.boxes if one.slot in self.columns)
        words = "".join(
            self._word(one) for one in self.columns if any(f.source == one for f in self.flows)
        )
        label = f"The circuit that the rows of the set share: {len(self.flows)} flows"
        return Markup(
            f'<svg class="set-circuit" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" role="img" aria-label="{escape(label)}">'
            f"{lines}{boxes}{words}{self._answer()}</svg>"
        )

    def of_row(self, at: int, title: str) -> Markup:
        """One row's flows in the same places, without names."""
        lines = "".join(self._lines(lambda one: one.values[at], titled=False))
        return Markup(
            f'<svg class="set-circuit small" viewBox="0 0 {self.width} {self.height}" '
            f'role="img" aria-label="{escape(title)}">{lines}</svg>'
        )

    def _lines(self, value: Callable[[SetFlow], float], *, titled: bool) -> Iterator[str]:
        most = max((abs(one.flow.mean) for one in self.flows), default=0.0) or 1.0
        for one in reversed(self.flows):
            start, end = self.place(one.source), self.place(one.target)
            size = abs(value(one)) / most * WIDEST
            if start is None or end is None or size < THINNEST:
                continue
            sign = "for" if value(one) > 0 else "against"
            sure = one.flow.low > 0 or one.flow.high < 0
            title = f"<title>{escape(self.sentence(one))}</title>" if titled else ""
            half = HEIGHT / 2 if titled else 0
            yield (
                f'<path class="{sign}{"" if sure or not titled else " unsure"}" '
                f'd="{curve(start, end, half)}" stroke-width="{min(size, 2 * WIDEST):.1f}">'
                f"{title}</path>"
            )

    def sentence(self, one: SetFlow) -> str:
        low, high = amount(one.flow.low), amount(one.flow.high)
        return (
            f"{self.name(one.source)} → {self.name(one.target)}: "
            f"{amount(one.flow.mean)} ({low} to {high})"
        )

    def name(self, end: str) -> str:
        box = next((one for one in self.account.boxes if one.id == end), None)
        return (
            shown_slot(end)
            if box is None
            else f"{shown_slot(box.slot)}, layers {box.layers[0]}–{box.layers[1]}"
        )

    def _box(self, box: SetBox) -> str:
        where = self.place(box.id)
        if where is None:
            return ""
        layers = f"{box.layers[0]}–{box.layers[1]}"
        return slot_columns.box(
            where, shown_slot(box.slot), f"{layers} · {amount(box.through.mean)}"
        )

    def _word(self, slot: str) -> str:
        where = self.place(slot)
        return "" if where is None or slot == REST else slot_columns.word(where, shown_slot(slot))

    def _answer(self) -> str:
        where = answer_place(len(self.columns))
        mean = amount(self.account.quantity.mean)
        return slot_columns.box(where, ANSWER, mean, kind="answer", round_by=20)
