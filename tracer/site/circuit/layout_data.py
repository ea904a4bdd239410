"""A circuit's layout for the viewer, which stands in the page beside the pictures made of it.

`assets/viewer/circuit/picture.js` is its one reader. Boxes and lines are told once, their places
once for each picture; the curve of a line stands in the picture alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from tracer.site.circuit.balance import Balance, Rest
from tracer.site.circuit.boxes import Box, Circuit
from tracer.site.circuit.layout import Layout
from tracer.site.circuit.line_width import stroke
from tracer.site.circuit.lines import Line


def encode(circuit: Circuit, layouts: Mapping[str, Layout], node_ids: Sequence[str]) -> Markup:
    """The value of an attribute in single quotes, as JSON is full of double ones; nodes are places
    in `node_ids`."""
    order = {one: index for index, one in enumerate(node_ids)}
    document = {
        "stroke": stroke(circuit),
        "boxes": [_box(box, order) for box in circuit.boxes],
        "lines": [_line(line) for line in circuit.lines],
        "pictures": {name: _picture(circuit, layout) for name, layout in layouts.items()},
    }
    if circuit.balance is not None:
        document["balance"] = _balance(circuit.balance)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Markup(str(escape(text)).replace("&#34;", '"'))


def _box(box: Box, order: Mapping[str, int]) -> list[Any]:
    parts = [
        [part.key, "" if part.sign == "both" else part.sign, [order[one] for one in part.nodes]]
        for part in box.parts
    ]
    said = [list(box.words), box.amount, list(box.told)]
    return [box.key, box.kind, box.name, box.detail, parts, *(said if any(said) else ())]


def _line(line: Line) -> list[Any]:
    """Its ends and its share, below zero where it works against the answer; what runs along it, and
    that by absolute value, where it is known."""
    share = line.share if line.supports else -line.share
    sums = () if line.gross is None else (_short(line.effect), _short(line.gross))
    return [line.source, line.target, _short(share), *sums]


def _balance(balance: Balance) -> dict[str, Any]:
    """Of each part what flows through it, what it brings itself, and what is not drawn: how many
    lines in and their sum, and out."""
    keys = {*balance.through, *balance.rest_in, *balance.rest_out}
    return {
        "unit": balance.unit,
        "held": balance.held,
        "parts": {
            key: [
                _short(balance.through[key]) if key in balance.through else None,
                _short(balance.own.get(key, 0.0)),
                *_rest(balance.rest_in.get(key)),
                *_rest(balance.rest_out.get(key)),
            ]
            for key in sorted(keys)
        },
    }


def _rest(rest: Rest | None) -> tuple[int, float]:
    return (rest.count, _short(rest.effect)) if rest else (0, 0.0)


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _picture(circuit: Circuit, layout: Layout) -> dict[str, Any]:
    """Width, height, margin and the gap between rows; x, y, width, height of each box."""
    canvas = layout.canvas
    placed = {id(one.box): one for one in layout.placed}  # people may give two boxes one key
    places = [placed[id(box)] for box in circuit.boxes]
    return {
        "size": [canvas.width, round(layout.height), canvas.margin, canvas.row_gap],
        "places": [[round(v, 1) for v in (p.x, p.y, p.width, p.height)] for p in places],
    }
