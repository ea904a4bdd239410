"""The picture of a circuit, drawn when the site is built and readable without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from tracer.site.circuit.balance import Rest
from tracer.site.circuit.boxes import Box, Circuit
from tracer.site.circuit.curves import Curve
from tracer.site.circuit.flow_labels import labels
from tracer.site.circuit.in_words import flowing, line_title, part_name
from tracer.site.circuit.layout import AMOUNT_HEIGHT, Layout
from tracer.site.circuit.lettering import text_width
from tracer.site.circuit.line_width import line_width
from tracer.site.circuit.lines import Part
from tracer.site.circuit.placed import (
    CAPTION_HEIGHT,
    DETAIL_LEADING,
    DETAIL_SIZE,
    NAME_LEADING,
    NAME_SIZE,
    PADDING,
    Placed,
)
from tracer.site.prose.node_links import node_link

HEAD = 9.0
BADGE_HEIGHT = 20
DEEPEST_SHADE = 0.4
RADII = {"box group": 9, "box other": 9, "box answer": 9, "box word": 5, "box source": 5}


def draw(layouts: Mapping[str, Layout], *, title: str) -> Markup:
    """The picture for wide and for narrow screens; a style sheet shows one of them."""
    return Markup("").join(_svg(layout, kind, title) for kind, layout in layouts.items())


def _svg(layout: Layout, kind: str, title: str) -> Markup:
    names = {part.key: part_name(p.box, part) for p in layout.placed for part in p.box.parts}
    used = {key for curve in layout.curves for key in (curve.line.source, curve.line.target)}
    return tag(
        "svg",
        {
            "class": f"circuit {kind}",
            "viewBox": f"0 0 {layout.canvas.width:g} {layout.height:.0f}",
            "role": "group",
            "aria-label": title,
        },
        lines_drawn(layout, names),
        *(_box(placed, used, layout.circuit) for placed in layout.placed),
        *([_labels(layout)] if layout.circuit.balance else ()),
    )


def lines_drawn(
    layout: Layout, names: Mapping[str, str] | None = None, *, thicker: float = 1.0
) -> Markup:
    """The weakest first; with `names` of their ends they say what they are."""
    drawn = sorted(layout.curves, key=lambda curve: curve.line.share)
    circuit = layout.circuit
    lines = (_line(curve, circuit, names, thicker) for curve in drawn)
    return tag("g", {"class": "lines"}, *lines)


def _line(
    curve: Curve, circuit: Circuit, names: Mapping[str, str] | None, thicker: float
) -> Markup:
    width = thicker * line_width(curve.line, circuit)
    kind = "supports" if curve.line.supports else "opposes"
    if circuit.is_around(curve.line):
        kind += " around"
    content: list[Markup] = []
    ends: dict[str, str] = {}
    if names is not None:
        line = curve.line
        content.append(tag("title", {}, line_title(line, names, circuit)))
        ends = {"data-source": line.source, "data-target": line.target}
        if circuit.balance is not None:
            ends |= {"data-net": f"{line.effect:.6g}", "data-gross": f"{line.gross:.6g}"}
    if circuit.faint & {curve.line.source, curve.line.target}:
        ends["data-faint"] = ""
    shape = {"class": f"line {kind}", "d": curve.path(), "stroke-width": f"{width:.2f}", **ends}
    drawn = tag("path", shape, *content)
    if not curve.sideways:
        return drawn
    (x, y), back = curve.end, HEAD if curve.end[0] < curve.start[0] else -HEAD
    head = f"M{x + back:.1f} {y - HEAD / 2:.1f}L{x:.1f} {y:.1f}L{x + back:.1f} {y + HEAD / 2:.1f}Z"
    return drawn + tag("path", {"class": f"head {kind}", "d": head})


def _labels(layout: Layout) -> Markup:
    """The numbers on the strongest lines."""
    texts = (
        tag(
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
    return tag("g", {"class": "flows", "aria-hidden": "true"}, *texts)


def _box(placed: Placed, used: set[str], circuit: Circuit) -> Markup:
    """All of a box in one group, which the viewer can move."""
    attributes = {"data-box": placed.box.key, **_books(placed.box, circuit)}
    if circuit.faint & {part.key for part in placed.box.parts}:
        attributes["data-faint"] = ""
    return tag("g", attributes, _box_content(placed, used, circuit))


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
        content = [_frame(placed), *_shade(placed, circuit), texts_drawn(placed), *_badge(placed)]
        if box.told and circuit.balance is not None:
            content.insert(0, tag("title", {}, " ".join((*box.told, flowing(box, circuit)))))
        return _linked(box, box.parts[0], content, quiet=quiet)
    halves = [_half(placed, index, part) for index, part in enumerate(box.parts)]
    every = Part("", tuple(one for part in box.parts for one in part.nodes))
    return _linked(box, every, [_frame(placed), texts_drawn(placed)]) + Markup("").join(halves)


def _half(placed: Placed, index: int, part: Part) -> Markup:
    left, width = placed.part_span(index)
    top = placed.y + placed.height - CAPTION_HEIGHT
    caption = tag(
        "text",
        {"class": "caption", "x": f"{left + width / 2:.1f}", "y": f"{top + 17:.1f}"},
        part.caption,
    )
    shape = rect(left + 1.5, top, width - 3, CAPTION_HEIGHT - 1.5, f"half {part.sign}")
    return _linked(placed.box, part, [shape, caption])


def _linked(box: Box, part: Part, content: list[Markup], *, quiet: bool = False) -> Markup:
    """A link to the part's nodes; what no line touches is `quiet`."""
    if not part.nodes:
        return tag("g", {"class": f"{box.kind} quiet"}, *content)
    kind = f"{box.kind} quiet" if quiet else box.kind
    attributes = {"class": f"node-link {kind}", **node_link(part.nodes)}
    if part.key:
        attributes["data-part"] = part.key
    return tag("a", {**attributes, "aria-label": part_name(box, part)}, *content)


def _frame(placed: Placed) -> Markup:
    return rect(placed.x, placed.y, placed.width, placed.height, f"box {placed.box.kind}")


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
        yield rect(*where, f"shade {kind}", depth)


def _badge(placed: Placed) -> Iterator[Markup]:
    """What flows through a box, at its corner."""
    box = placed.box
    if not box.amount or box.kind not in ("group", "other"):
        return
    width = text_width(box.amount, DETAIL_SIZE) + 14
    x, y = placed.x - 5, placed.y - BADGE_HEIGHT / 2
    kind = "opposes" if box.amount.startswith("−") else "supports"
    text = {"class": "amount", "x": f"{x + width / 2:.1f}", "y": f"{y + 14.5:.1f}"}
    yield tag(
        "g",
        {"class": f"badge {kind}"},
        rect(x, y, width, BADGE_HEIGHT, "badge-shape"),
        tag("text", text, box.amount),
    )


def texts_drawn(placed: Placed) -> Markup:
    """What a box says."""
    x = f"{placed.centre:.1f}"
    y = placed.y + PADDING + NAME_SIZE - 2
    texts = []
    if placed.box.kind in ("word", "source"):
        room = placed.height - (AMOUNT_HEIGHT if placed.box.amount else 0)
        y = placed.y + room / 2 + NAME_SIZE * 0.35
        if placed.box.amount:
            below = {"class": "amount", "x": x, "y": f"{y + AMOUNT_HEIGHT - 1:.1f}"}
            texts.append(tag("text", below, placed.box.amount))
    for number, line in enumerate(placed.name_lines):
        at = f"{y + number * NAME_LEADING:.1f}"
        texts.append(tag("text", {"class": "name", "x": x, "y": at}, line))
    y += len(placed.name_lines) * NAME_LEADING - 2
    for number, line in enumerate((*placed.word_lines, *placed.detail_lines)):
        at = f"{y + number * DETAIL_LEADING:.1f}"
        texts.append(tag("text", {"class": "detail", "x": x, "y": at}, line))
    return Markup("").join(texts)


def rect(
    x: float,
    y: float,
    width: float,
    height: float,
    kind: str,
    more: Mapping[str, str] | None = None,
) -> Markup:
    """`more` are its other attributes."""
    numbers = {"x": x, "y": y, "width": width, "height": height, "rx": RADII.get(kind, 7)}
    shape = {key: f"{value:.1f}" for key, value in numbers.items()}
    return tag("rect", {"class": kind, **shape, **(more or {})})


def tag(name: str, attributes: Mapping[str, Any], *content: str) -> Markup:
    """One element; plain text is escaped, markup of ours is not."""
    # By hand, since a picture has hundreds of elements and Markup formats slowly.
    written = "".join([f' {key}="{escape(value)}"' for key, value in attributes.items()])
    inside = "".join([str(escape(one)) for one in content])
    return Markup(f"<{name}{written}>{inside}</{name}>")
