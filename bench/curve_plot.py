"""Faithfulness over circuit size, as one picture: a panel for each set of sentences."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from tracer.documents.size_curve import SHARES

WIDTH, HEIGHT, GAP = 330, 220, 70
LEFT, TOP, BOTTOM = 34, 40, 84
TITLES = {"agreement": "subject–verb agreement", "objects": "indirect objects"}
LABELLED = (0.001, 0.01, 0.1, 1.0)
LINES = {
    "supporters": "supporters first (CPR)",
    "strongest": "strongest, either way (CMD)",
    "controls_supporters": "control of the first",
    "controls_strongest": "control of the second",
}
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #3d4451 }
.title { font-weight: 600 }
.axis { stroke: #8a93a3; stroke-width: 1 }
.grid { stroke: #8a93a3; stroke-opacity: .25 }
.whole { stroke: #8a93a3; stroke-dasharray: 4 4 }
.line { fill: none; stroke-width: 2 }
.supporters { stroke: #2563b8; fill: #2563b8 }
.strongest { stroke: #b4531f; fill: #b4531f }
.controls_supporters { stroke: #2563b8; stroke-dasharray: 2 4 }
.controls_strongest { stroke: #b4531f; stroke-dasharray: 2 4 }
path.line { fill: none }
path.band { stroke: none; fill-opacity: .18 }
@media (prefers-color-scheme: dark) {
  text { fill: #d5dae3 }
  .supporters { stroke: #7db1f5; fill: #7db1f5 }
  .strongest { stroke: #f0a37a; fill: #f0a37a }
  .controls_supporters { stroke: #7db1f5 }
  .controls_strongest { stroke: #f0a37a }
}"""


def curve_plot(parts: dict[str, dict[str, Any]]) -> str:
    """An SVG of medians over all sentences of a set, with the middle half of them around two."""
    sets = {
        name: [one for slug, one in parts.items() if slug.startswith(name) and "error" not in one]
        for name in TITLES
    }
    tops = [_quartiles([one["supporters"] for one in found])[2] for found in sets.values()]
    high = math.ceil(2 * max(1.0, *(max(one) for one in tops))) / 2
    panels = [
        _panel(TITLES[name], found, LEFT + index * (WIDTH + GAP), high)
        for index, (name, found) in enumerate(sets.items())
    ]
    width, height = LEFT + len(panels) * (WIDTH + GAP), TOP + HEIGHT + BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">\n'
        f"<title>{_said(sets)}</title>\n<style>{STYLE}\n</style>\n"
        + "\n".join([*panels, *_key(TOP + HEIGHT + 66)])
        + "\n</svg>\n"
    )


def _said(sets: dict[str, list[dict[str, Any]]]) -> str:
    at = SHARES.index(0.01)
    told = []
    for name, found in sets.items():
        medians = {kind: _quartiles([one[kind] for one in found])[1][at] for kind in LINES}
        told.append(
            f"{TITLES[name]}: supporters {medians['supporters']:.2f}, the strongest either way "
            f"{medians['strongest']:.2f}, their control {medians['controls_strongest']:.2f}"
        )
    return f"Faithfulness over circuit size, medians. With 1% of all that differ: {'; '.join(told)}"


def _quartiles(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Lower quartile, median and upper quartile, each for every share."""
    cut = [statistics.quantiles(column, n=4) for column in zip(*rows, strict=True)]
    return [list(one) for one in zip(*cut, strict=True)]


def _panel(title: str, found: Sequence[dict[str, Any]], left: int, high: float) -> str:
    spread = math.log(SHARES[-1] / SHARES[0])

    def x(share: float) -> str:
        return f"{left + 14 + (WIDTH - 28) * math.log(share / SHARES[0]) / spread:.1f}"

    def y(value: float) -> str:
        return f"{TOP + HEIGHT * (1 - max(value, 0.0) / high):.1f}"

    def way(values: Sequence[float]) -> list[str]:
        return [f"{x(share)} {y(value)}" for share, value in zip(SHARES, values, strict=True)]

    floor = TOP + HEIGHT
    lines = [f'<text class="title" x="{left}" y="{TOP - 16}">{title}</text>']
    for whole in range(int(high) + 1):
        at, kind = y(whole), "whole" if whole == 1 else "grid"
        lines.append(f'<path class="{kind}" d="M{left} {at}h{WIDTH}"/>')
        lines.append(f'<text x="{left - 6}" y="{at}" dy="4" text-anchor="end">{whole}</text>')
    lines.append(f'<path class="axis" d="M{left} {floor}h{WIDTH}"/>')
    lines += [
        f'<text x="{x(one)}" y="{floor + 18}" text-anchor="middle">{100 * one:g}%</text>'
        for one in LABELLED
    ]
    told = "share of the parts that is kept"
    lines.append(f'<text x="{left + WIDTH}" y="{floor + 36}" text-anchor="end">{told}</text>')
    for kind in LINES:
        low, middle, top = _quartiles([one[kind] for one in found])
        if not kind.startswith("controls"):
            around = "L".join([*way(low), *reversed(way(top))])
            lines.append(f'<path class="band {kind}" d="M{around}Z"/>')
        lines.append(f'<path class="line {kind}" d="M{"L".join(way(middle))}"/>')
    return "\n".join(lines)


def _key(top: int) -> list[str]:
    lines, left = [], LEFT
    for kind, told in LINES.items():
        lines.append(f'<path class="line {kind}" d="M{left} {top}h24"/>')
        lines.append(f'<text x="{left + 30}" y="{top + 4}">{told}</text>')
        left += 46 + 7 * len(told)
    return lines
