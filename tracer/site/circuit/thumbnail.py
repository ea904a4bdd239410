"""A circuit small, on a card: with an account its strongest boxes and words alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from markupsafe import Markup

from tracer.site.circuit.boxes import Box, Circuit
from tracer.site.circuit.layout import WIDE, Layout, lay_out
from tracer.site.circuit.line_width import line_width
from tracer.site.circuit.placed import Canvas
from tracer.site.circuit.svg import lines_drawn, rect, tag, texts_drawn

THUMBNAIL = replace(WIDE, row_gap=40)
NAMED = Canvas(width=400, most_across=2, widest_box=188, row_gap=17, gap=10, margin=3, terse=True)
MOST = 4
LEAST_SHARE = 0.02
MARGIN = 8
WIDTH = 380


def draw_thumbnail(circuit: Circuit) -> Markup:
    """Shapes and lines, and with an account words in the boxes, for a card that says the rest in
    text."""
    named = circuit.balance is not None
    layout = lay_out(glimpse(circuit), NAMED) if named else lay_out(circuit, THUMBNAIL)
    used = _used_keys(layout.circuit)
    shown = [p for p in layout.placed if p.box.kind != "word" or p.box.parts[0].key in used]
    spans = [*((p.x, p.x + p.width) for p in shown), *_line_spans(layout)]
    left = min(start for start, _ in spans) - MARGIN
    right = max(end for _, end in spans) + MARGIN
    shapes = (rect(p.x, p.y, p.width, p.height, f"box {p.box.kind}") for p in shown)
    return tag(
        "svg",
        {
            "class": "circuit thumbnail named" if named else "circuit thumbnail",
            "viewBox": f"{left:.0f} 0 {right - left:.0f} {layout.height:.0f}",
            "aria-hidden": "true",
            "focusable": "false",
        },
        lines_drawn(layout, thicker=(right - left) / WIDTH),
        *shapes,
        *(tag("g", {"class": p.box.kind}, texts_drawn(p)) for p in shown if named),
    )


def glimpse(circuit: Circuit) -> Circuit:
    """The strongest boxes and words alone, by their short names."""
    strongest = sorted(circuit.groups, key=lambda box: -_size_of(box, circuit))
    kept = {box.key for box in strongest[:MOST] if box.kind == "group"}
    groups = [replace(box, name=box.brief or box.name) for box in circuit.groups]
    groups = [box for box in groups if box.key in kept]
    words = sorted(circuit.words, key=lambda box: -_size_of(box, circuit))
    feet = {box.key for box in words[:MOST]}
    foot = tuple(replace(box, amount="") for box in circuit.words if box.key in feet)
    ends = {part.key for box in (*groups, circuit.answer) for part in box.parts} | feet
    lines = tuple(
        one
        for one in circuit.lines
        if {one.source, one.target} <= ends and one.share >= LEAST_SHARE
    )
    return replace(circuit, words=foot, groups=tuple(groups), lines=lines)


def _line_spans(layout: Layout) -> Iterator[tuple[float, float]]:
    for curve in layout.curves:
        half = line_width(curve.line, layout.circuit) / 2
        yield from ((lane.x - half, lane.x + half) for lane in curve.lanes)


def _size_of(box: Box, circuit: Circuit) -> float:
    through = circuit.balance.through if circuit.balance else {}
    return abs(through.get(box.parts[0].key, 0.0))


def _used_keys(circuit: Circuit) -> set[str]:
    return {key for line in circuit.lines for key in (line.source, line.target)}
