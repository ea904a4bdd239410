"""Numbers on the strongest lines of a picture, where there is room for them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tracer.site.circuit.curves import Curve
from tracer.site.circuit.layout import Layout
from tracer.site.circuit.lettering import text_width
from tracer.site.circuit.line_width import line_width
from tracer.site.circuit.lines import Line
from tracer.site.wording.amounts import amount

SIZE = 12
_HEIGHT = 15
_LEAST_SHARE = 0.04
_ASIDE = 4
_THICK = 7.0  # a line so wide shows on both sides of a number that stands on it
# Of a line's point to its sides, above and below it, and where it slopes.
_BESIDE = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, 0.5), (-1, 0.5), (1, -0.5), (-1, -0.5))


class Label(NamedTuple):
    """A number at the middle of (x, y)."""

    line: Line
    text: str
    x: float
    y: float


class _Area(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Area) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def labels(layout: Layout) -> Iterator[Label]:
    """The stronger ones first; none over a box, over another line or over another number. Beside a
    thick line, where there is room, else on the line."""
    boxes = [_Area(p.x - 3, p.y - 12, p.x + p.width + 3, p.y + p.height) for p in layout.placed]
    ways = [_Way(one, one.points(), line_width(one.line, layout.circuit)) for one in layout.curves]
    crossings = _Crossings(ways)
    taken: list[_Area] = []
    for way in sorted(ways, key=lambda one: -one.curve.line.share):
        line = way.curve.line
        if line.share < _LEAST_SHARE:
            return
        text = amount(line.effect)
        for x, y, own in _places(way, text):
            area = _around(x, y, text)
            if area.left < 0 or area.right > layout.canvas.width:
                continue
            crossed = crossings.any(area, but=own)
            if not crossed and not any(area.meets(one) for one in (*boxes, *taken)):
                taken.append(area)
                yield Label(line, text, x, y + SIZE * 0.35)
                break


def _places(way: _Way, text: str) -> Iterator[tuple[float, float, Line | None]]:
    """Where a number may stand, and the line that may run through it there."""
    if way.width > _THICK:
        aside = way.width / 2 + _ASIDE + text_width(text, SIZE) / 2
        over = way.width / 2 + _ASIDE + _HEIGHT / 2
        steps = [(right * aside, down * over) for right, down in _BESIDE]
        for x, y in way.points:
            yield from ((x + right, y + down, None) for right, down in steps)
    for x, y in way.points:
        yield x, y, way.curve.line


def _around(x: float, y: float, text: str) -> _Area:
    half = text_width(text, SIZE) / 2
    return _Area(x - half, y - _HEIGHT / 2, x + half, y + _HEIGHT / 2)


class _Way(NamedTuple):
    curve: Curve
    points: Sequence[tuple[float, float]]
    width: float


class _Crossings:
    """Where lines run, from left to right."""

    def __init__(self, ways: Sequence[_Way]) -> None:
        found = sorted(
            (x, y, max(_ASIDE, way.width / 2 + 1), at)
            for at, way in enumerate(ways)
            for x, y in (*way.points, *way.curve.upright())
        )
        self._lines = {way.curve.line: at for at, way in enumerate(ways)}
        self._across, self._found = [one[0] for one in found], found
        self._widest = max((half for _, _, half, _ in found), default=0.0)

    def any(self, area: _Area, *, but: Line | None) -> bool:
        """Whether any line but that one runs through an area."""
        own = -1 if but is None else self._lines[but]
        begin = bisect_right(self._across, area.left - self._widest)
        end = bisect_left(self._across, area.right + self._widest)
        return any(
            at != own
            and area.left - half < x < area.right + half
            and area.top - half < y < area.bottom + half
            for x, y, half, at in self._found[begin:end]
        )
