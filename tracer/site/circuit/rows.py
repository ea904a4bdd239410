"""Boxes side by side, and room between them for the lines that only pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from tracer.site.circuit.boxes import Box, Circuit
from tracer.site.circuit.line_width import line_width
from tracer.site.circuit.lines import Line
from tracer.site.circuit.placed import Canvas, Placed, placed_box, size_of

LANE_WIDTH = 10.0
MOVABLE = 40.0  # boxes weigh no more than lines so wide


class Row(NamedTuple):
    """The boxes of a row, the lines that only pass it and where they would like to, its top."""

    boxes: Sequence[Box]
    passing: Mapping[Line, float]
    y: float


class _Item(NamedTuple):
    """A box of a row, or the lane of a line: where it would like its centre, and its width."""

    wanted: float
    width: float
    what: Box | Line


def place_row(
    row: Row, at: Mapping[str, float], canvas: Canvas, circuit: Circuit
) -> tuple[list[Placed], dict[Line, float]]:
    """The boxes of a row, and where the lines that only pass it go between them."""
    boxes = [_Item(at[b.parts[0].key], size_of(b, canvas)[0] + canvas.gap, b) for b in row.boxes]
    room = canvas.width - 2 * canvas.margin + canvas.gap - sum(one.width for one in boxes)
    lanes = _lanes(row.passing, circuit, max(0.0, room))
    items = sorted([*boxes, *lanes], key=lambda item: item.wanted)
    low = canvas.margin - canvas.gap / 2
    bounds = (low, canvas.width - low)
    if circuit.balance is not None:
        items = _straighter(items, bounds)
    tallest = max(size_of(box, canvas)[1] for box in row.boxes)
    placed, crossing = [], {}
    for centre, item in zip(_centres(items, bounds), items, strict=True):
        if isinstance(item.what, Line):
            crossing[item.what] = centre
        else:
            placed.append(placed_box(item.what, centre, row.y, tallest, canvas))
    return placed, crossing


def _lanes(passing_lines: Mapping[Line, float], circuit: Circuit, room: float) -> list[_Item]:
    """As wide as their lines, where these are to scale and there is room."""
    widths = dict.fromkeys(passing_lines, LANE_WIDTH)
    if circuit.balance is not None:
        widths = {line: 5 + line_width(line, circuit) for line in passing_lines}
    shrink = min(1.0, room / max(1.0, sum(widths.values())))
    return [_Item(x, widths[line] * shrink, line) for line, x in passing_lines.items()]


def _centres(items: Sequence[_Item], bounds: tuple[float, float]) -> list[float]:
    return spread([item.wanted for item in items], [item.width for item in items], *bounds)


def _straighter(items: list[_Item], bounds: tuple[float, float]) -> list[_Item]:
    """Boxes step aside for what flows past them: the order in which all stand nearest to where
    they would."""

    def cost(order: list[_Item]) -> float:
        return sum(
            min(item.width, MOVABLE) * (centre - item.wanted) ** 2
            for item, centre in zip(order, _centres(order, bounds), strict=True)
        )

    best, least = items, cost(items)
    for box in [item for item in items if isinstance(item.what, Box)]:
        rest = [item for item in best if item is not box]
        for place in range(len(rest) + 1):
            order = [*rest[:place], box, *rest[place:]]
            if (found := cost(order)) < least - 1e-6:
                best, least = order, found
    return best


def spread(
    wanted: Sequence[float], widths: Sequence[float], low: float, high: float
) -> list[float]:
    """Centres as near to the wanted ones as non-overlapping allows, in the wanted order.

    Least squares under `next − this ≥ distance`: pool adjacent violators, then shift into bounds.
    """
    offsets = [0.0]
    for before, after in pairwise(widths):
        offsets.append(offsets[-1] + (before + after) / 2)
    pools: list[list[float]] = []  # each [sum, count]
    for want, offset in zip(wanted, offsets, strict=True):
        pools.append([want - offset, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    level = [total / count for total, count in pools for _ in range(int(count))]
    lowest = low + widths[0] / 2
    highest = high - widths[-1] / 2 - offsets[-1]
    return [max(lowest, min(highest, z)) + offset for z, offset in zip(level, offsets, strict=True)]
