"""Numbers on the strongest lines of a picture, where there is room for them."""

from __future__ import annotations

from collections.abc import Iterator
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
    taken: list[_Area] = []
    for curve in sorted(layout.curves, key=lambda one: -one.line.share):
        if curve.line.share < _LEAST_SHARE:
            return
        text = amount(curve.line.effect)
        others = [at for line, found in points.items() if line != curve.line for at in found]
        for x, y in points[curve.line]:
            area = _around(x, y, text)
            if area.left < 0 or area.right > layout.canvas.width:
                continue
            crossed = any(_holds(area, *at) for at in others)
            if not crossed and not any(area.meets(one) for one in (*boxes, *taken)):
                taken.append(area)
                yield Label(curve.line, text, x, y + SIZE * 0.35)
                break


def _around(x: float, y: float, text: str) -> _Area:
    half = text_width(text, SIZE) / 2
    return _Area(x - half, y - _HEIGHT / 2, x + half, y + _HEIGHT / 2)


def _holds(area: _Area, x: float, y: float) -> bool:
    across = area.left - _ASIDE < x < area.right + _ASIDE
    return across and area.top - _ASIDE < y < area.bottom + _ASIDE
