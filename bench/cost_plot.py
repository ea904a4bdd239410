"""How cost grows, as one picture: a panel for each thing that grows, both axes logarithmic."""

from __future__ import annotations

import math
from typing import Any

WIDTH, HEIGHT, GAP = 250, 200, 56
LEFT, TOP, BOTTOM = 52, 34, 46
READS = {"tokens": "tokens", "layers": "layers", "active features": "active"}
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #3d4451 }
.title { font-weight: 600 }
.axis { stroke: #8a93a3; stroke-width: 1 }
.grid { stroke: #8a93a3; stroke-opacity: .25 }
.line { fill: none; stroke: #2563b8; stroke-width: 2 }
.dot { fill: #2563b8 }
@media (prefers-color-scheme: dark) {
  text { fill: #d5dae3 }
  .line { stroke: #7db1f5 }
  .dot { fill: #7db1f5 }
}"""


def cost_plot(growth: dict[str, list[dict[str, Any]]]) -> str:
    """An SVG of seconds against each key of `growth`."""
    seconds = [one["seconds"] for points in growth.values() for one in points]
    low = 10 ** math.floor(math.log10(min(seconds)))
    high = 10 ** math.ceil(math.log10(max(seconds)))
    panels = [
        _panel(name, points, LEFT + index * (WIDTH + GAP), low, high)
        for index, (name, points) in enumerate(growth.items())
    ]
    width = LEFT + len(panels) * (WIDTH + GAP)
    height = TOP + HEIGHT + BOTTOM
    said = "; ".join(
        f"{name} from {points[0][READS[name]]:,} to {points[-1][READS[name]]:,}: "
        f"{points[0]['seconds']:.2g} to {points[-1]['seconds']:.2g} s"
        for name, points in growth.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">\n'
        f"<title>Seconds for one trace. {said}</title>\n<style>{STYLE}\n</style>\n"
        + "\n".join(panels)
        + "\n</svg>\n"
    )


def _panel(name: str, points: list[dict[str, Any]], left: int, low: float, high: float) -> str:
    values = [float(one[READS[name]]) for one in points]
    spread = math.log(values[-1] / values[0])

    def x(value: float) -> float:
        return left + 14 + (WIDTH - 28) * math.log(value / values[0]) / spread

    def y(seconds: float) -> float:
        return TOP + HEIGHT * (1 - math.log(seconds / low) / math.log(high / low))

    floor = TOP + HEIGHT
    lines = [f'<text class="title" x="{left}" y="{TOP - 14}">seconds against {name}</text>']
    tick = low
    while tick <= high * 1.001:
        at = f"{y(tick):.1f}"
        lines.append(f'<path class="grid" d="M{left} {at}h{WIDTH}"/>')
        lines.append(f'<text x="{left - 6}" y="{at}" dy="4" text-anchor="end">{tick:g}</text>')
        tick *= 10
    lines.append(f'<path class="axis" d="M{left} {floor}h{WIDTH}"/>')
    for value in values:
        lines.append(
            f'<text x="{x(value):.1f}" y="{floor + 18}" text-anchor="middle">{value:,.0f}</text>'
        )
    places = [
        f"{x(value):.1f} {y(one['seconds']):.1f}" for value, one in zip(values, points, strict=True)
    ]
    lines.append(f'<path class="line" d="M{"L".join(places)}"/>')
    for place, one in zip(places, points, strict=True):
        across, down = place.split()
        lines.append(f'<circle class="dot" cx="{across}" cy="{down}" r="3.5"/>')
        lines.append(
            f'<text x="{across}" y="{down}" dy="-9" text-anchor="middle">'
            f"{one['seconds']:.2g} s</text>"
        )
    return "\n".join(lines)
