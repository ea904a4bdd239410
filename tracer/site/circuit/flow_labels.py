"""Numbers on the strongest lines of a picture, where there is room for them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tracer.site.circuit.layout import Layout
from tracer.site.circuit.lettering import text_width
from tracer.site.circuit.lines import Line
from tracer.site.wording.amounts import amount

SIZE = 12
_HEIGHT = 15
_LEAST_SHARE = 0.04
_ASIDE = 4


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
    """The stronger ones first; none over a box, over another line or over another number."""
    boxes = [_Area(p.x - 3, p.y - 12, p.x + p.width + 3, p.y + p.height) for p in layout.placed]
    points = {curve.line: curve.points() for curve in layout.curves}
    crossings = _Crossings(points)
    taken: list[_Area] = []
    for curve in sorted(layout.curves, key=lambda one: -one.line.share):
        if curve.line.share < _LEAST_SHARE:
            return
        text = amount(curve.line.effect)
        for x, y in points[curve.line]:
            area = _around(x, y, text)
            if area.left < 0 or area.right > layout.canvas.width:
                continue
            crossed = crossings.any(area, curve.line)
            if not crossed and not any(area.meets(one) for one in (*boxes, *taken)):
                taken.append(area)
                yield Label(curve.line, text, x, y + SIZE * 0.35)
                break


def _around(x: float, y: float, text: str) -> _Area:
    half = text_width(text, SIZE) / 2
    return _Area(x - half, y - _HEIGHT / 2, x + half, y + _HEIGHT / 2)


class _Crossings:
    """Where lines run, from left to right."""

    def __init__(self, points: Mapping[Line, Sequence[tuple[float, float]]]) -> None:
        numbered = enumerate(points.items())
        found = sorted((x, y, at) for at, (_, line) in numbered for x, y in line)
        self._lines = {line: at for at, line in enumerate(points)}
        self._across, self._found = [x for x, _, _ in found], found

    def any(self, area: _Area, but: Line) -> bool:
        """Whether any line but that one runs through an area."""
        own = self._lines[but]
        begin = bisect_right(self._across, area.left - _ASIDE)
        end = bisect_left(self._across, area.right + _ASIDE)
        top, bottom = area.top - _ASIDE, area.bottom + _ASIDE
        return any(top < y < bottom and at != own for _, y, at in self._found[begin:end])
