"""How a circuit's lines run: between boxes, through lanes that are kept free for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracer.site.circuit.lines import Line


@dataclass(frozen=True)
class Edges:
    """Where lines may end on a part: its left side, its width, its upper and lower edge."""

    left: float
    width: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


@dataclass(frozen=True)
class Lane:
    """A line's way past a row of boxes that it has nothing to do with."""

    x: float
    bottom: float
    top: float


@dataclass(frozen=True)
class Curve:
    """A line from the top of one part, through lanes, to the bottom of another.

    A `sideways` one, between parts of which neither is above, runs from side to side.
    """

    line: Line
    start: tuple[float, float]
    lanes: tuple[Lane, ...]
    end: tuple[float, float]
    sideways: bool = False

    def path(self) -> str:
        """SVG path data; it is vertical wherever it meets a box from above or below, or a lane."""
        x, y = self.start
        if self.sideways:
            return f"M{x:.1f} {y:.1f}L{self.end[0]:.1f} {self.end[1]:.1f}"
        path = f"M{x:.1f} {y:.1f}"
        for lane in self.lanes:
            path += _bend(x, y, lane.x, lane.bottom) + f"V{lane.top:.1f}"
            x, y = lane.x, lane.top
        return path + _bend(x, y, *self.end)

    def points(self, steps: int = 12) -> list[tuple[float, float]]:
        """Along its bends, from the start; or along the way between sides."""
        shares = [step / steps for step in range(1, steps)]
        (x, y), bends = self.start, []
        if self.sideways:
            x2, y2 = self.end
            return [(x + share * (x2 - x), y + share * (y2 - y)) for share in shares]
        for lane in self.lanes:
            bends.append((x, y, lane.x, lane.bottom))
            x, y = lane.x, lane.top
        bends.append((x, y, *self.end))
        return [_on_bend(*bend, share) for bend in bends for share in shares]

    def upright(self, step: float = 8) -> list[tuple[float, float]]:
        """Along its lanes, where it runs straight up."""
        return [
            (lane.x, lane.top + step * number)
            for lane in self.lanes
            for number in range(int((lane.bottom - lane.top) / step) + 1)
        ]


def passing(
    lines: Iterable[Line], level: Mapping[str, int], at: Mapping[str, float]
) -> dict[int, dict[Line, float]]:
    """For each row, the lines that pass it and where they would like to, on the straight way."""
    lanes: dict[int, dict[Line, float]] = defaultdict(dict)
    for line in lines:
        low, high = level[line.source], level[line.target]
        for row in range(low + 1, high):
            share = (row - low) / (high - low)
            lanes[row][line] = at[line.source] + share * (at[line.target] - at[line.source])
    return lanes


def curves(
    lines: Sequence[Line], edges: Mapping[str, Edges], lanes: Mapping[Line, Sequence[Lane]]
) -> tuple[Curve, ...]:
    """Line ends stand along each edge in the order of where they go, so that few cross."""

    def first_x(line: Line) -> float:
        return lanes[line][0].x if lanes.get(line) else edges[line.target].middle

    def last_x(line: Line) -> float:
        return lanes[line][-1].x if lanes.get(line) else edges[line.source].middle

    upward = [line for line in lines if edges[line.target].bottom < edges[line.source].top]
    start = _ports(upward, edges, lambda line: line.source, first_x)
    end = _ports(upward, edges, lambda line: line.target, last_x)
    return tuple(
        Curve(
            line,
            (start[line], edges[line.source].top),
            tuple(lanes.get(line, ())),
            (end[line], edges[line.target].bottom),
        )
        if line in start
        else _sideways(line, edges[line.source], edges[line.target])
        for line in lines
    )


def _sideways(line: Line, source: Edges, target: Edges) -> Curve:
    """Between the sides that face each other, a little apart for each way."""
    rightward = source.middle < target.middle
    apart = 7.0 if rightward else -7.0
    x1 = source.left + source.width if rightward else source.left
    x2 = target.left if rightward else target.left + target.width
    y1 = (source.top + source.bottom) / 2 + apart
    y2 = (target.top + target.bottom) / 2 + apart
    return Curve(line, (x1, y1), (), (x2, y2), sideways=True)


def _ports(
    lines: Iterable[Line],
    edges: Mapping[str, Edges],
    part: Callable[[Line], str],
    other: Callable[[Line], float],
) -> dict[Line, float]:
    at_part: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        at_part[part(line)].append(line)
    ports = {}
    for key, together in at_part.items():
        together.sort(key=lambda line: (other(line), line.source, line.target))
        for number, line in enumerate(together):
            share = 0.15 + 0.7 * (number + 0.5) / len(together)
            ports[line] = edges[key].left + edges[key].width * share
    return ports


def _bend(x1: float, y1: float, x2: float, y2: float) -> str:
    reach = _reach(y1, y2)
    return f"C{x1:.1f} {y1 - reach:.1f} {x2:.1f} {y2 + reach:.1f} {x2:.1f} {y2:.1f}"


def _reach(y1: float, y2: float) -> float:
    return max(20.0, abs(y1 - y2) * 0.5)


def _on_bend(x1: float, y1: float, x2: float, y2: float, share: float) -> tuple[float, float]:
    reach, left = _reach(y1, y2), 1 - share
    ease = share**2 * (3 - 2 * share)
    y = left**3 * y1 + 3 * left**2 * share * (y1 - reach)
    return x1 + ease * (x2 - x1), y + 3 * left * share**2 * (y2 + reach) + share**3 * y2
