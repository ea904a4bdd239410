"""The picture of a circuit, drawn when the site is built and readable without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup, escape

from tracer.site.circuit.circuit import Box, Circuit
from tracer.site.circuit.curves import Curve
from tracer.site.circuit.layout import (
    CAPTION_HEIGHT,
    DETAIL_LEADING,
    NAME_LEADING,
    NAME_SIZE,
    PADDING,
    WIDE,
    Layout,
    Placed,
    lay_out,
)
from tracer.site.circuit.lines import Line, Part
from tracer.site.prose.node_links import node_link
from tracer.site.wording.percent import percent

THINNEST = 1.25
THICKEST = 9.0
THICK_SHARE = 0.4
HEAD = 9.0
THUMBNAIL = replace(WIDE, row_gap=40)
THUMBNAIL_MARGIN = 8
THUMBNAIL_WIDTH = 380


def draw(layouts: Mapping[str, Layout], *, title: str) -> Markup:
    """The picture for wide and for narrow screens; a style sheet shows one of them."""
    return Markup("").join(_svg(layout, kind, title) for kind, layout in layouts.items())


def draw_thumbnail(circuit: Circuit) -> Markup:
    """Shapes and lines only, for a card that says the rest in text."""
    layout = lay_out(circuit, THUMBNAIL)
    used = _used_keys(circuit)
    shown = [p for p in layout.placed if p.box.kind != "word" or p.box.parts[0].key in used]
    left = min(p.x for p in shown) - THUMBNAIL_MARGIN
    right = max(p.x + p.width for p in shown) + THUMBNAIL_MARGIN
    shapes = (_rect(p.x, p.y, p.width, p.height, f"box {p.box.kind}") for p in shown)
    return _tag(
        "svg",
        {
            "class": "circuit thumbnail",
            "viewBox": f"{left:.0f} 0 {right - left:.0f} {layout.height:.0f}",
            "aria-hidden": "true",
            "focusable": "false",
        },
        _lines(layout, thicker=(right - left) / THUMBNAIL_WIDTH),
        *shapes,
    )


def describe(circuit: Circuit) -> list[str]:
    """The picture in sentences: what flows into each box, strongest first."""
    names = {part.key: _part_name(box, part) for box in circuit.boxes for part in box.parts}
    sentences = []
    for box in (circuit.answer, *reversed(circuit.groups)):
        for part in box.parts:
            into = sorted(
                (line for line in circuit.lines if line.target == part.key),
                key=lambda line: -line.share,
            )
            if into:
                listed = "; ".join(_flow(line, names[line.source]) for line in into)
                sentences.append(f"{names[part.key]} gets its input from {listed}.")
    return sentences


def _svg(layout: Layout, kind: str, title: str) -> Markup:
    names = {part.key: _part_name(p.box, part) for p in layout.placed for part in p.box.parts}
    used = {key for curve in layout.curves for key in (curve.line.source, curve.line.target)}
    return _tag(
        "svg",
        {
            "class": f"circuit {kind}",
            "viewBox": f"0 0 {layout.canvas.width:g} {layout.height:.0f}",
            "role": "group",
            "aria-label": title,
        },
        _lines(layout, names),
        *(_box(placed, used) for placed in layout.placed),
    )


def _lines(
    layout: Layout, names: Mapping[str, str] | None = None, *, thicker: float = 1.0
) -> Markup:
    drawn = sorted(layout.curves, key=lambda curve: curve.line.share)
    return _tag("g", {"class": "lines"}, *(_line(curve, names, thicker) for curve in drawn))


def _line(curve: Curve, names: Mapping[str, str] | None, thicker: float) -> Markup:
    width = THINNEST + (THICKEST - THINNEST) * min(1.0, curve.line.share / THICK_SHARE)
    width *= thicker
    kind = "supports" if curve.line.supports else "opposes"
    content: list[Markup] = []
    ends: dict[str, str] = {}
    if names is not None:
        content.append(_tag("title", {}, _line_title(curve.line, names)))
        line = curve.line
        ends = {"data-source": line.source, "data-target": line.target}
    shape = {"class": f"line {kind}", "d": curve.path(), "stroke-width": f"{width:.2f}", **ends}
    drawn = _tag("path", shape, *content)
    if not curve.sideways:
        return drawn
    (x, y), back = curve.end, HEAD if curve.end[0] < curve.start[0] else -HEAD
    head = f"M{x + back:.1f} {y - HEAD / 2:.1f}L{x:.1f} {y:.1f}L{x + back:.1f} {y + HEAD / 2:.1f}Z"
    return drawn + _tag("path", {"class": f"head {kind}", "d": head})


def _box(placed: Placed, used: set[str]) -> Markup:
    """All of a box in one group, which the viewer can move."""
    return _tag("g", {"data-box": placed.box.key}, _box_content(placed, used))


def _box_content(placed: Placed, used: set[str]) -> Markup:
    box = placed.box
    if len(box.parts) == 1 and not box.parts[0].caption:
        quiet = box.kind == "word" and box.parts[0].key not in used
        return _linked(box, box.parts[0], [_frame(placed), _texts(placed)], quiet=quiet)
    halves = [_half(placed, index, part) for index, part in enumerate(box.parts)]
    every = Part("", tuple(one for part in box.parts for one in part.nodes))
    return _linked(box, every, [_frame(placed), _texts(placed)]) + Markup("").join(halves)


def _half(placed: Placed, index: int, part: Part) -> Markup:
    left, width = placed.part_span(index)
    top = placed.y + placed.height - CAPTION_HEIGHT
    caption = _tag(
        "text",
        {"class": "caption", "x": f"{left + width / 2:.1f}", "y": f"{top + 17:.1f}"},
        part.caption,
    )
    shape = _rect(left + 1.5, top, width - 3, CAPTION_HEIGHT - 1.5, f"half {part.sign}")
    return _linked(placed.box, part, [shape, caption])


def _linked(box: Box, part: Part, content: list[Markup], *, quiet: bool = False) -> Markup:
    """A link to the part's nodes; what no line touches is `quiet`."""
    if not part.nodes:
        return _tag("g", {"class": f"{box.kind} quiet"}, *content)
    kind = f"{box.kind} quiet" if quiet else box.kind
    attributes = {"class": f"node-link {kind}", **node_link(part.nodes)}
    if part.key:
        attributes["data-part"] = part.key
    return _tag("a", {**attributes, "aria-label": _part_name(box, part)}, *content)


def _frame(placed: Placed) -> Markup:
    return _rect(placed.x, placed.y, placed.width, placed.height, f"box {placed.box.kind}")


def _texts(placed: Placed) -> Markup:
    x = f"{placed.centre:.1f}"
    y = placed.y + PADDING + NAME_SIZE - 2
    if placed.box.kind == "word":
        y = placed.y + placed.height / 2 + NAME_SIZE * 0.35
    texts = []
    for number, line in enumerate(placed.name_lines):
        at = f"{y + number * NAME_LEADING:.1f}"
        texts.append(_tag("text", {"class": "name", "x": x, "y": at}, line))
    y += len(placed.name_lines) * NAME_LEADING - 2
    for number, line in enumerate(placed.detail_lines):
        at = f"{y + number * DETAIL_LEADING:.1f}"
        texts.append(_tag("text", {"class": "detail", "x": x, "y": at}, line))
    return Markup("").join(texts)


def _rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    radius = {"box group": 9, "box answer": 9, "box word": 5}.get(kind, 7)
    numbers = {"x": x, "y": y, "width": width, "height": height, "rx": radius}
    return _tag("rect", {"class": kind, **{k: f"{v:.1f}" for k, v in numbers.items()}})


def _used_keys(circuit: Circuit) -> set[str]:
    return {key for line in circuit.lines for key in (line.source, line.target)}


def _part_name(box: Box, part: Part) -> str:
    name = f"“{box.name}”"
    if box.kind == "word":
        return f"the word {name}"
    if box.kind == "answer":
        return f"the answer {name} ({box.detail})" if box.detail else f"the answer {name}"
    sign = {"supports": ", supporting half", "opposes": ", opposing half", "both": ""}[part.sign]
    return f"{name} ({box.detail}{sign})"


def _flow(line: Line, source: str) -> str:
    return f"{source}, {_way(line)}, {percent(line.share)}"


def _line_title(line: Line, names: Mapping[str, str]) -> str:
    ends = f"{names[line.source]} to {names[line.target]}"
    return f"{ends}: {_way(line)}, {percent(line.share)} of what reaches the answer"


def _way(line: Line) -> str:
    return "for the answer" if line.supports else "against the answer"


def _tag(name: str, attributes: Mapping[str, Any], *content: str) -> Markup:
    """One element; plain text is escaped, markup of ours is not."""
    # By hand, since a picture has hundreds of elements and Markup formats slowly.
    written = "".join([f' {key}="{escape(value)}"' for key, value in attributes.items()])
    inside = "".join([str(escape(one)) for one in content])
    return Markup(f"<{name}{written}>{inside}</{name}>")
