"""Curves of shares over sizes of a circuit, drawn into a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT, MARGIN = 360, 240, 40


def share(value: float) -> str:
    """In percent, below zero and above one too.

    >>> share(0.806), share(-0.05), share(1.3), share(-0.001)
    ('81\\xa0%', '−5\\xa0%', '130\\xa0%', '0\\xa0%')
    """
    return f"{round(100 * value) + 0}\N{NO-BREAK SPACE}%".replace("-", "−")


@dataclass(frozen=True)
class Frame:
    """Shares upwards over sizes of a circuit, which stand at equal distances."""

    sizes: Sequence[str]
    low: float
    high: float
    told: str  # what the sizes are

    @property
    def right(self) -> float:
        return WIDTH - MARGIN / 2

    @property
    def foot(self) -> float:
        return HEIGHT - MARGIN

    def x(self, size: str) -> float:
        across = (self.sizes.index(size) + 0.5) / len(self.sizes)
        return MARGIN + (self.right - MARGIN) * across

    def y(self, value: float) -> float:
        down = (self.high - value) / (self.high - self.low)
        return MARGIN / 2 + (self.foot - MARGIN / 2) * down

    def line(self, points: Sequence[tuple[str, float]], kind: str, title: str) -> str:
        """A curve with a dot for each size, which says what it is."""
        places = [f"{self.x(size):.1f} {self.y(value):.1f}" for size, value in points]
        dots = "".join(
            f'<circle cx="{self.x(size):.1f}" cy="{self.y(value):.1f}" r="3">'
            f"<title>{title}, {size}: {share(value)}</title></circle>"
            for size, value in points
        )
        return f'<g class="{kind}"><path d="M{"L".join(places)}"/>{dots}</g>' if points else ""

    def band(self, spans: Sequence[tuple[str, float, float]]) -> str:
        """What controls reach, from lowest to highest, for each size."""
        lows = [f"{self.x(size):.1f} {self.y(low):.1f}" for size, low, _ in spans]
        highs = [f"{self.x(size):.1f} {self.y(high):.1f}" for size, _, high in reversed(spans)]
        return f'<path class="band" d="M{"L".join([*lows, *highs])}Z"/>' if spans else ""

    def axes(self) -> list[str]:
        zero, whole, left = self.y(0), self.y(1), MARGIN - 5
        return [
            f'<path class="axis" d="M{MARGIN} {zero:.1f}H{self.right:.0f}'
            f'M{MARGIN} {self.foot}V{MARGIN / 2:.0f}"/>',
            f'<path class="agreement" d="M{MARGIN} {whole:.1f}H{self.right:.0f}"/>',
            f'<text x="{left}" y="{whole + 4:.1f}" text-anchor="end">100%</text>',
            f'<text x="{left}" y="{zero + 4:.1f}" text-anchor="end">0%</text>',
            *(
                f'<text x="{self.x(one):.1f}" y="{self.foot + 15}" text-anchor="middle">{one}'
                "</text>"
                for one in self.sizes
            ),
            f'<text x="{self.right:.0f}" y="{HEIGHT - 8}" text-anchor="end">{self.told}</text>',
        ]

    def picture(self, name: str, *parts: str) -> Markup:
        """The curves in front of their axes; a band first."""
        head = (
            f'<svg class="scatter curves" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{name}">'
        )
        band, *lines = parts
        return Markup("".join([head, band, *self.axes(), *lines, "</svg>"]))
