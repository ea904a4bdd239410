"""What the viewer is told of a circuit's layout: the same boxes and lines as in the pictures."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from tests.builders import make_graph
from tracer.documents.annotations import Annotations
from tracer.site.circuit import layout_data
from tracer.site.circuit.circuit import summarise
from tracer.site.circuit.layout import lay_out_pictures
from tracer.site.circuit.svg import draw

HOSTILE = "'><script>alert('&quot;')</script>\""


def told_and_drawn(groups: dict[str, Any]) -> tuple[dict[str, Any], dict[str, ET.Element]]:
    """The data as a browser reads it, and the pictures by name."""
    graph = make_graph()
    circuit = summarise(graph, Annotations.model_validate({"groups": groups}))
    assert circuit is not None
    layouts = lay_out_pictures(circuit)
    data = layout_data.encode(circuit, layouts, graph.node_ids)
    element = ET.fromstring(f"<p data-layout='{data}'/>")
    root = ET.fromstring(f"<p>{draw(layouts, title='t')}</p>")
    return json.loads(element.get("data-layout", "")), {
        svg.get("class", "").split()[1]: svg for svg in root
    }


@pytest.mark.parametrize("groups", [{}, {"city": {"name": "City", "nodes": ["1_3_4", "0_7_4"]}}])
def test_boxes_stand_where_they_are_drawn_and_hold_the_nodes_they_link_to(
    groups: dict[str, Any],
) -> None:
    told, pictures = told_and_drawn(groups)
    ids = make_graph().node_ids
    assert told["pictures"].keys() == pictures.keys() == {"wide", "narrow"}
    for name, picture in told["pictures"].items():
        width, height, *_ = picture["size"]
        assert pictures[name].get("viewBox") == f"0 0 {width:g} {height}"
        drawn = {one.get("data-box"): one for one in pictures[name].iter("g")}
        for (key, kind, _, _, parts), place in zip(told["boxes"], picture["places"], strict=True):
            rect = next(one for one in drawn[key].iter("rect") if one.get("class") == f"box {kind}")
            at = [float(rect.get(one, "")) for one in ("x", "y", "width", "height")]
            assert place == pytest.approx(at, abs=0.051)
            linked = {a.get("data-part"): a.get("data-nodes") for a in drawn[key].iter("a")}
            for part, _, nodes in parts:
                assert " ".join(ids[one] for one in nodes) == (linked.get(part) or "")


def test_lines_are_told_with_the_way_they_work() -> None:
    told, pictures = told_and_drawn({})
    for svg in pictures.values():
        paths = [one for one in svg.iter("path") if one.get("data-source")]
        drawn = {
            (one.get("data-source"), one.get("data-target")): one.get("class") for one in paths
        }
        assert drawn == {
            (source, target): "line supports" if share > 0 else "line opposes"
            for source, target, share in told["lines"]
        }


def test_a_name_cannot_end_the_attribute() -> None:
    told, _ = told_and_drawn({"city": {"name": HOSTILE, "nodes": ["1_3_4"]}})
    assert HOSTILE in [name for _, _, name, _, _ in told["boxes"]]
