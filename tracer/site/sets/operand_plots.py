"""Sets over two words as grids: what the model says to each pair, and where each feature fires."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup, escape

from tracer.documents.operands import OperandGrid, grid_of
from tracer.documents.set_account import Fires, Row, SetAccount
from tracer.site.wording.amounts import amount
from tracer.site.wording.percent import percent

SAID_CELL, FIRES_CELL = 28, 13  # units of the drawing
SAID_MARGIN, FIRES_MARGIN = 26, 13
MOST_NAMED = 12  # values of a word that are written beside their row or column
STRONGEST, FOLLOWS = 3, 0.3
LETTERS = 3  # of what is said, in a cell


@dataclass(frozen=True)
class FiringPlot:
    """One feature's grid, and what its activation follows, in words."""

    node: str
    picture: Markup
    follows: str
    strongest: str
    pushes: str


@dataclass(frozen=True)
class OperandPlots:
    account: SetAccount
    grid: OperandGrid

    @staticmethod
    def of(account: SetAccount) -> OperandPlots | None:
        """None of sets that are not over two words."""
        grid = grid_of(account)
        return OperandPlots(account, grid) if grid else None

    @property
    def rows(self) -> Sequence[Row]:
        return self.account.rows

    @property
    def said(self) -> str:
        """How often the model is right, and what it says most where it is not."""
        right = sum(_right(row) for row in self.rows)
        wrong = [row.said.strip() for row in self.rows if not _right(row)]
        text = f"The likeliest word is right for {right} of {len(self.rows)} pairs."
        if wrong:
            most = max(dict.fromkeys(wrong), key=wrong.count)
            text += f" Where it is wrong, it is “{most}” in {wrong.count(most)} of {len(wrong)}."
        return text

    @cached_property
    def answers(self) -> Markup:
        """What the model says to each pair: right, or wrong."""
        cells = "".join(map(self._answer, self.rows))
        return self._drawn("said", self.said, SAID_CELL, SAID_MARGIN, cells)

    def _answer(self, row: Row) -> str:
        x, y = self._place(row, SAID_CELL, SAID_MARGIN)
        kind, half = "right" if _right(row) else "wrong", SAID_CELL / 2
        text = row.said.strip()[:LETTERS] or "␣"
        asked = f"{self.pair(row)}: “{row.said.strip()}” {percent(row.said_probability)}"
        if not _right(row):
            asked += f", not “{row.answer.strip()}”"
        return (
            f'<g class="{kind}"><rect x="{x:g}" y="{y:g}" width="{SAID_CELL}" '
            f'height="{SAID_CELL}"><title>{escape(asked)}</title></rect>'
            f'<text x="{x + half:g}" y="{y + half + 4:g}">{escape(text)}</text></g>'
        )

    @cached_property
    def firing(self) -> list[FiringPlot]:
        return [self._firing(one) for one in self.account.fires or ()]

    def _firing(self, one: Fires) -> FiringPlot:
        order = sorted(zip(one.values, self.rows, strict=True), key=lambda pair: -abs(pair[0]))
        strongest = ", ".join(f"{self.pair(row)} {amount(v)}" for v, row in order[:STRONGEST])
        follows = self._follows(one.values)
        most = max(map(abs, one.values)) or 1.0
        cells = "".join(
            self._cell(row, value / most) for row, value in zip(self.rows, one.values, strict=True)
        )
        named = next((n for n in self.account.neurons if n.id == one.node), None)
        called = named.shown if named else one.node
        return FiringPlot(
            node=called,
            picture=self._drawn(
                "fires",
                f"Where {called} is active: {follows}; strongest at {strongest}",
                FIRES_CELL,
                FIRES_MARGIN,
                cells,
            ),
            follows=follows,
            strongest=strongest,
            pushes=", ".join(word.strip() for word in named.pushes) if named else "",
        )

    def _follows(self, values: Sequence[float]) -> str:
        """Which of what a pair says tells most of how active it is."""
        shares = self.grid.followed(self.rows, values)
        told = [f"{self._name(one)} {percent(v)}" for one, v in shares.items() if v >= FOLLOWS]
        return f"follows {', '.join(told)}" if told else "follows neither word alone"

    def _name(self, label: str) -> str:
        return f"{{{label}}}" if label in (self.grid.down, self.grid.across) else label

    def _cell(self, row: Row, share: float) -> str:
        x, y = self._place(row, FIRES_CELL, FIRES_MARGIN)
        sign = "for" if share > 0 else "against"
        wrong = "" if _right(row) else " wrong"
        return (
            f'<rect class="{sign}{wrong}" x="{x:g}" y="{y:g}" width="{FIRES_CELL}" '
            f'height="{FIRES_CELL}" fill-opacity="{abs(share):.2f}"/>'
        )

    def pair(self, row: Row) -> str:
        """As the template has it: what stands from its first word to its last, filled in."""
        template = self.account.template or ""
        first, last = (
            min(template.find(f"{{{one}}}") for one in row.words),
            max(template.find(f"{{{one}}}") + len(one) + 2 for one in row.words),
        )
        text = template[first:last]
        for name, value in row.words.items():
            text = text.replace(f"{{{name}}}", value)
        return " ".join(text.split())

    def _place(self, row: Row, cell: float, margin: float) -> tuple[float, float]:
        down, across = self.grid.at(row)
        return margin + cell * across, margin + cell * down

    def _drawn(self, kind: str, label: str, cell: float, margin: float, cells: str) -> Markup:
        grid = self.grid
        width, height = margin + cell * len(grid.columns), margin + cell * len(grid.rows)
        words = "".join(
            [
                *_named(grid.rows, lambda at: (margin / 2, margin + cell * (at + 0.5) + 4)),
                *_named(grid.columns, lambda at: (margin + cell * (at + 0.5), margin - 4)),
            ]
        )
        return Markup(
            f'<svg class="operands {kind}" viewBox="0 0 {width:g} {height:g}" '
            f'width="{width:g}" role="img" aria-label="{escape(label)}">{words}{cells}</svg>'
        )


def _named(values: Sequence[str], place: Callable[[int], tuple[float, float]]) -> Iterator[str]:
    """Values beside their rows or columns; none where there are many, or long ones."""
    if len(values) > MOST_NAMED or max(map(len, values)) > LETTERS:
        return
    for at, value in enumerate(values):
        x, y = place(at)
        yield f'<text class="value" x="{x:g}" y="{y:g}">{escape(value)}</text>'


def _right(row: Row) -> bool:
    return row.said == row.answer
