"""The picture of a circuit, drawn when the site is built and readable without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup, escape

from tracer.site.circuit.balance import Balance, Rest
from tracer.site.circuit.boxes import Box, Circuit
from tracer.site.circuit.curves import Curve
from tracer.site.circuit.flow_labels import labels
from tracer.site.circuit.layout import (
    AMOUNT_HEIGHT,
    CAPTION_HEIGHT,
    DETAIL_LEADING,
    DETAIL_SIZE,
    NAME_LEADING,
    NAME_SIZE,
    PADDING,
    WIDE,
    Canvas,
    Layout,
    Placed,
    lay_out,
)
from tracer.site.circuit.lettering import text_width
from tracer.site.circuit.lines import Line, Part
from tracer.site.prose.node_links import node_link
from tracer.site.wording.amounts import amount
from tracer.site.wording.percent import percent

THINNEST = 1.25
THICKEST = 9.0
THICK_SHARE = 0.4
THICKEST_FLOW = 18.0  # of an account, whose lines add up
HEAD = 9.0
BADGE_HEIGHT = 20
THUMBNAIL = replace(WIDE, row_gap=40)
THUMBNAIL_MARGIN = 8
THUMBNAIL_WIDTH = 380
MOST_IN_A_GLIMPSE = 4
NAMED_THUMBNAIL = Canvas(
    width=400, most_across=2, widest_box=188, row_gap=17, gap=10, margin=3, terse=True
)
DEEPEST_SHADE = 0.4
RADII = {"box group": 9, "box other": 9, "box answer": 9, "box word": 5, "box source": 5}


def draw(layouts: Mapping[str, Layout], *, title: str) -> Markup:
    """The picture for wide and for narrow screens; a style sheet shows one of them."""
    return Markup("").join(_svg(layout, kind, title) for kind, layout in layouts.items())


def draw_thumbnail(circuit: Circuit) -> Markup:
    """Shapes and lines, and with an account words in the boxes, for a card that says the rest in
    text."""
    named = circuit.balance is not None
    layout = lay_out(glimpse(circuit), NAMED_THUMBNAIL) if named else lay_out(circuit, THUMBNAIL)
    used = _used_keys(layout.circuit)
    shown = [p for p in layout.placed if p.box.kind != "word" or p.box.parts[0].key in used]
    left = min(p.x for p in shown) - THUMBNAIL_MARGIN
    right = max(p.x + p.width for p in shown) + THUMBNAIL_MARGIN
    shapes = (_rect(p.x, p.y, p.width, p.height, f"box {p.box.kind}") for p in shown)
    return _tag(
        "svg",
        {
            "class": "circuit thumbnail named" if named else "circuit thumbnail",
            "viewBox": f"{left:.0f} 0 {right - left:.0f} {layout.height:.0f}",
            "aria-hidden": "true",
            "focusable": "false",
        },
        _lines(layout, thicker=(right - left) / THUMBNAIL_WIDTH),
        *shapes,
        *(_tag("g", {"class": p.box.kind}, _texts(p)) for p in shown if named),
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
                listed = [_flow(line, names[line.source], circuit.balance) for line in into]
                listed += _weaker(circuit.balance, part.key)
                sentences.append(f"{names[part.key]} gets its input from {'; '.join(listed)}.")
    return sentences


def _weaker(balance: Balance | None, key: str) -> list[str]:
    """What flows into a part along lines that are not drawn."""
    rest = balance.rest_in.get(key) if balance else None
    return [f"{rest.count} weaker, together {amount(rest.effect)}"] if rest else []


def glimpse(circuit: Circuit) -> Circuit:
    """The strongest boxes and words alone, by their short names."""
    strongest = sorted(circuit.groups, key=lambda box: -_size_of(box, circuit))
    kept = {box.key for box in strongest[:MOST_IN_A_GLIMPSE] if box.kind == "group"}
    groups = [replace(box, name=box.brief or box.name) for box in circuit.groups]
    groups = [box for box in groups if box.key in kept]
    words = sorted(circuit.words, key=lambda box: -_size_of(box, circuit))
    feet = {box.key for box in words[:MOST_IN_A_GLIMPSE]}
    foot = tuple(replace(box, amount="") for box in circuit.words if box.key in feet)
    ends = {part.key for box in (*groups, circuit.answer) for part in box.parts} | feet
    lines = tuple(one for one in circuit.lines if {one.source, one.target} <= ends)
    return replace(circuit, words=foot, groups=tuple(groups), lines=lines)


def _size_of(box: Box, circuit: Circuit) -> float:
    through = circuit.balance.through if circuit.balance else {}
    return abs(through.get(box.parts[0].key, 0.0))


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
        *(_box(placed, used, layout.circuit) for placed in layout.placed),
        *([_labels(layout)] if layout.circuit.balance else ()),
    )


def _lines(
    layout: Layout, names: Mapping[str, str] | None = None, *, thicker: float = 1.0
) -> Markup:
    drawn = sorted(layout.curves, key=lambda curve: curve.line.share)
    circuit = layout.circuit
    lines = (_line(curve, circuit, names, thicker) for curve in drawn)
    return _tag("g", {"class": "lines"}, *lines)


def stroke(circuit: Circuit) -> tuple[float, float, float]:
    """A line's least width, its most, and the share from which it is that wide."""
    return THINNEST, THICKEST_FLOW if circuit.balance else THICKEST, THICK_SHARE


def _line(
    curve: Curve, circuit: Circuit, names: Mapping[str, str] | None, thicker: float
) -> Markup:
    thinnest, thickest, thick_share = stroke(circuit)
    width = thinnest + (thickest - thinnest) * min(1.0, curve.line.share / thick_share)
    width *= thicker
    kind = "supports" if curve.line.supports else "opposes"
    if circuit.is_around(curve.line):
        kind += " around"
    content: list[Markup] = []
    ends: dict[str, str] = {}
    if names is not None:
        line = curve.line
        content.append(_tag("title", {}, _line_title(line, names, circuit)))
        ends = {"data-source": line.source, "data-target": line.target}
        if circuit.balance is not None:
            ends |= {"data-net": f"{line.effect:.6g}", "data-gross": f"{line.gross:.6g}"}
    shape = {"class": f"line {kind}", "d": curve.path(), "stroke-width": f"{width:.2f}", **ends}
    drawn = _tag("path", shape, *content)
    if not curve.sideways:
        return drawn
    (x, y), back = curve.end, HEAD if curve.end[0] < curve.start[0] else -HEAD
    head = f"M{x + back:.1f} {y - HEAD / 2:.1f}L{x:.1f} {y:.1f}L{x + back:.1f} {y + HEAD / 2:.1f}Z"
    return drawn + _tag("path", {"class": f"head {kind}", "d": head})


def _labels(layout: Layout) -> Markup:
    """The numbers on the strongest lines."""
    texts = (
        _tag(
            "text",
            {
                "class": "flow",
                "x": f"{one.x:.1f}",
                "y": f"{one.y:.1f}",
                "data-source": one.line.source,
                "data-target": one.line.target,
            },
            one.text,
        )
        for one in labels(layout)
    )
    return _tag("g", {"class": "flows", "aria-hidden": "true"}, *texts)


def _box(placed: Placed, used: set[str], circuit: Circuit) -> Markup:
    """All of a box in one group, which the viewer can move."""
    attributes = {"data-box": placed.box.key, **_books(placed.box, circuit)}
    return _tag("g", attributes, _box_content(placed, used, circuit))


def _books(box: Box, circuit: Circuit) -> dict[str, str]:
    """What adds up at a box: what flows through it, what it brings itself, and what of the former
    is not drawn."""
    balance, key = circuit.balance, box.parts[0].key
    if balance is None or key not in balance.through:
        return {}
    numbers = {
        "through": balance.through[key],
        "own": balance.own.get(key, 0.0),
        "rest-in": balance.rest_in.get(key, Rest()).effect,
        "rest-out": balance.rest_out.get(key, Rest()).effect,
    }
    return {f"data-{name}": f"{number:.6g}" for name, number in numbers.items() if number}


def _box_content(placed: Placed, used: set[str], circuit: Circuit) -> Markup:
    box = placed.box
    if len(box.parts) == 1 and not box.parts[0].caption:
        quiet = box.kind == "word" and box.parts[0].key not in used
        content = [_frame(placed), *_shade(placed, circuit), _texts(placed), *_badge(placed)]
        if box.told and circuit.balance is not None:
            content.insert(0, _tag("title", {}, " ".join((*box.told, _flowing(box, circuit)))))
        return _linked(box, box.parts[0], content, quiet=quiet)
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


def _shade(placed: Placed, circuit: Circuit) -> Iterator[Markup]:
    """A word's share of the answer, as the depth of its colour."""
    balance, box = circuit.balance, placed.box
    if balance is None or box.kind not in ("word", "source"):
        return
    most = max(abs(balance.through.get(one.key, 0.0)) for one in circuit.words)
    share = balance.through.get(box.key, 0.0) / most if most else 0.0
    if abs(share) * DEEPEST_SHADE >= 0.01:
        kind = "supports" if share > 0 else "opposes"
        depth = {"fill-opacity": f"{abs(share) * DEEPEST_SHADE:.2f}"}
        where = (placed.x, placed.y, placed.width, placed.height)
        yield _rect(*where, f"shade {kind}", depth)


def _badge(placed: Placed) -> Iterator[Markup]:
    """What flows through a box, at its corner."""
    box = placed.box
    if not box.amount or box.kind not in ("group", "other"):
        return
    width = text_width(box.amount, DETAIL_SIZE) + 14
    x, y = placed.x - 5, placed.y - BADGE_HEIGHT / 2
    kind = "opposes" if box.amount.startswith("−") else "supports"
    text = {"class": "amount", "x": f"{x + width / 2:.1f}", "y": f"{y + 14.5:.1f}"}
    yield _tag(
        "g",
        {"class": f"badge {kind}"},
        _rect(x, y, width, BADGE_HEIGHT, "badge-shape"),
        _tag("text", text, box.amount),
    )


def _flowing(box: Box, circuit: Circuit) -> str:
    """What flows through a box, in words."""
    balance = circuit.balance
    if balance is None or balance.held is not None or not box.amount:
        return ""
    own = balance.own.get(box.parts[0].key, 0.0)
    if box.kind in ("word", "source"):
        return f"{box.amount} {balance.unit}."
    brought = f", of which its own words bring {amount(own)}" if own else ""
    return f"{box.amount} {balance.unit} flow in, and out{brought}."


def _texts(placed: Placed) -> Markup:
    x = f"{placed.centre:.1f}"
    y = placed.y + PADDING + NAME_SIZE - 2
    texts = []
    if placed.box.kind in ("word", "source"):
        room = placed.height - (AMOUNT_HEIGHT if placed.box.amount else 0)
        y = placed.y + room / 2 + NAME_SIZE * 0.35
        if placed.box.amount:
            below = {"class": "amount", "x": x, "y": f"{y + AMOUNT_HEIGHT - 1:.1f}"}
            texts.append(_tag("text", below, placed.box.amount))
    texts = []
    for number, line in enumerate(placed.name_lines):
        at = f"{y + number * NAME_LEADING:.1f}"
        texts.append(_tag("text", {"class": "name", "x": x, "y": at}, line))
    y += len(placed.name_lines) * NAME_LEADING - 2
    for number, line in enumerate((*placed.word_lines, *placed.detail_lines)):
        at = f"{y + number * DETAIL_LEADING:.1f}"
        texts.append(_tag("text", {"class": "detail", "x": x, "y": at}, line))
    return Markup("").join(texts)


def _rect(
    x: float,
    y: float,
    width: float,
    height: float,
    kind: str,
    more: Mapping[str, str] | None = None,
) -> Markup:
    numbers = {"x": x, "y": y, "width": width, "height": height, "rx": RADII.get(kind, 7)}
    shape = {key: f"{value:.1f}" for key, value in numbers.items()}
    return _tag("rect", {"class": kind, **shape, **(more or {})})


def _used_keys(circuit: Circuit) -> set[str]:
    return {key for line in circuit.lines for key in (line.source, line.target)}


def _part_name(box: Box, part: Part) -> str:
    name = f"“{box.name}”"
    if box.kind in ("source", "other"):
        return box.name if box.kind == "source" else f"the {box.detail} {box.name}"
    if box.kind == "word":
        return f"the word {name}"
    if box.kind == "answer":
        return f"the answer {name} ({box.detail})" if box.detail else f"the answer {name}"
    sign = {"supports": ", supporting half", "opposes": ", opposing half", "both": ""}[part.sign]
    return f"{name} ({box.detail}{sign})"


def _flow(line: Line, source: str, balance: Balance | None) -> str:
    size = percent(line.share) if balance is None else amount(line.effect)
    return f"{source}, {_way(line)}, {size}"


def _line_title(line: Line, names: Mapping[str, str], circuit: Circuit) -> str:
    ends = f"{names[line.source]} to {names[line.target]}"
    if circuit.balance is not None and line.gross is not None:
        net = f"{amount(line.effect)} {circuit.balance.unit}"
        return f"{ends}: {_way(line)}, {net}, of {amount(line.gross)[1:]} that run either way"
    return f"{ends}: {_way(line)}, {percent(line.share)} of what reaches the answer"


def _way(line: Line) -> str:
    return "for the answer" if line.supports else "against the answer"


def _tag(name: str, attributes: Mapping[str, Any], *content: str) -> Markup:
    """One element; plain text is escaped, markup of ours is not."""
    # By hand, since a picture has hundreds of elements and Markup formats slowly.
    written = "".join([f' {key}="{escape(value)}"' for key, value in attributes.items()])
    inside = "".join([str(escape(one)) for one in content])
    return Markup(f"<{name}{written}>{inside}</{name}>")
