"""A picture of predictions against the model: one dot a node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from markupsafe import Markup, escape

from tracer.site.prose.node_links import node_link
from tracer.site.wording.amounts import signed

SIZE, MARGIN = 320, 34


class Tried(Protocol):
    """A node alone set to zero: the change that was predicted, and the real one."""

    @property
    def node(self) -> str: ...
    @property
    def predicted(self) -> float: ...
    @property
    def actual(self) -> float: ...


def scatter(nodes: Sequence[Tried], unit: str) -> Markup:
    """Predicted to the right, real upwards, both on one scale; the diagonal is agreement."""
    values = [v for one in nodes for v in (one.predicted, one.actual)] or [0.0]
    reach = max(map(abs, values)) * 1.05 or 1.0
    inner = SIZE - 2 * MARGIN

    def place(value: float) -> float:
        return MARGIN + inner * (value + reach) / (2 * reach)

    def dot(number: int, one: Tried) -> Markup:
        """The first is the one stop of the keyboard; arrows go on from there."""
        x, y = place(one.predicted), SIZE - place(one.actual)
        title = f"{one.node}: predicted {signed(one.predicted)}, real {signed(one.actual)}"
        link, stop = node_link([one.node]), Markup(' tabindex="-1"' if number else "")
        return Markup(
            '<a class="node-link" href="{}" data-nodes="{}"{}><title>{}</title>'
            '<circle cx="{:.1f}" cy="{:.1f}" r="4"/></a>'
        ).format(link["href"], link["data-nodes"], stop, title, x, y)

    zero, end = SIZE / 2, SIZE - MARGIN
    label = f"Scatter of {len(nodes)} nodes: predicted change to the right, real change upwards"
    name, most, middle, top = escape(label), signed(reach), zero - 5, MARGIN - 12
    of = f", {unit}" if unit else ""
    parts = [
        f'<svg class="scatter" viewBox="0 0 {SIZE} {SIZE}" role="group" aria-label="{name}">',
        f'<path class="axis" d="M{MARGIN} {zero}H{end}M{zero} {MARGIN}V{end}"/>',
        f'<path class="agreement" d="M{MARGIN} {end}L{end} {MARGIN}"/>',
        f'<text x="{end}" y="{SIZE - 8}" text-anchor="end">predicted{of}</text>',
        f'<text x="{MARGIN}" y="{top}">real change{of}</text>',
        f'<text x="{end}" y="{middle}" text-anchor="end">{most}</text>',
        f'<text x="{zero + 5}" y="{MARGIN + 4}">{most}</text>',
        *(dot(number, one) for number, one in enumerate(nodes)),
        "</svg>",
    ]
    return Markup("".join(parts))
