"""What flows otherwise in two graphs, drawn: lines gained, lost and changed in sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup, escape

from tracer.documents.flow_changes import (
    ANSWER,
    BECAME,
    PARTS,
    FlowChange,
    flows_between_graphs,
    words_aligned,
)
from tracer.documents.graph import Graph
from tracer.documents.parts.parts import Parts
from tracer.site.circuit import slot_columns
from tracer.site.circuit.slot_columns import (
    HEIGHT,
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

MOST = 24  # lines, the largest differences


@dataclass(frozen=True)
class FlowDifference:
    """`words` are the columns of both prompts, where they stand at one place."""

    changes: Sequence[FlowChange]
    words: Sequence[str]

    @staticmethod
    def of(graphs: tuple[Graph, Graph], parts: tuple[Parts, Parts]) -> FlowDifference | None:
        """None where one of them keeps no flows, or nothing differs."""
        left, right = (one.flows for one in parts)
        if left is None or right is None:
            return None
        changes = flows_between_graphs(graphs, (left, right))
        names = words_aligned(graphs)
        return FlowDifference(changes, _in_order(*names)) if changes else None

    @cached_property
    def drawn(self) -> Sequence[FlowChange]:
        return self.changes[:MOST]

    @property
    def sentence(self) -> str:
        """How many there are of each kind."""
        kinds = [one.became for one in self.changes]
        told = [f"{kinds.count(key)} {name}" for key, name in BECAME.items() if key in kinds]
        rest = f" Drawn are the largest {MOST}." if len(self.changes) > MOST else ""
        return f"Flows that differ from left to right: {', '.join(told)}.{rest}"

    @cached_property
    def table(self) -> list[tuple[str, str, str, str, str]]:
        return [
            (
                _name(one.source),
                _name(one.target),
                amount(one.before),
                amount(one.after),
                BECAME[one.became],
            )
            for one in self.drawn
        ]

    @cached_property
    def columns(self) -> Sequence[str]:
        used = {_split(end)[0] for one in self.drawn for end in (one.source, one.target)}
        apart = sorted(used - {*self.words, ANSWER})  # biases and the like
        return [*apart, *(one for one in self.words if one in used)]

    @cached_property
    def picture(self) -> Markup:
        ends = dict.fromkeys(end for one in self.drawn for end in (one.source, one.target))
        frames = "".join(map(self._frame, ends))
        width, height = across(len(self.columns)), upright()
        return Markup(
            f'<svg class="set-circuit difference" viewBox="0 0 {width} {height}" '
            f'width="{width}" role="img" aria-label="{escape(self.sentence)}">'
            f"{''.join(self._lines())}{frames}</svg>"
        )

    def _lines(self) -> Iterator[str]:
        most = max(abs(one.by) for one in self.drawn)
        for one in reversed(self.drawn):
            start, end = self._place(one.source), self._place(one.target)
            size = max(1.2, abs(one.by) / most * WIDEST)
            told = (
                f"{_name(one.source)} → {_name(one.target)}: {amount(one.before)} → "
                f"{amount(one.after)}, {BECAME[one.became]}"
            )
            yield (
                f'<path class="{one.became}" d="{curve(start, end, HEIGHT / 2)}" '
                f'stroke-width="{size:.1f}"><title>{escape(told)}</title></path>'
            )

    def _frame(self, end: str) -> Markup:
        word, part = _split(end)
        place = self._place(end)
        if end == ANSWER:
            return slot_columns.box(place, ANSWER, "", kind="answer", round_by=20)
        if part is None:
            return slot_columns.word(place, word)
        return slot_columns.box(place, word, f"{part} layers")

    def _place(self, end: str) -> Place:
        if end == ANSWER:
            return answer_place(len(self.columns))
        word, part = _split(end)
        x = column(self.columns.index(word))
        return x, foot() if part is None else level(PARTS.index(part))


def _split(end: str) -> tuple[str, str | None]:
    """The word, and which third of the layers; none of a word itself."""
    word, _, part = end.rpartition(", ")
    return (word, part) if part in PARTS and word else (end, None)


def _name(end: str) -> str:
    word, part = _split(end)
    return word if part is None else f"{word}, {part} layers"


def _in_order(left: Sequence[str], right: Sequence[str]) -> list[str]:
    """Words of both in the order of the first; what only the second has, where it stands there."""
    found = list(dict.fromkeys(left))
    for at, word in enumerate(right):
        if word not in found:
            before = right[at - 1] if at else None
            found.insert(found.index(before) + 1 if before in found else 0, word)
    return found
