from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from markupsafe import Markup

from tests.builders import make_graph
from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.site.circuit.boxes import Circuit
from tracer.site.circuit.circuit import summarise
from tracer.site.circuit.in_words import describe
from tracer.site.circuit.layout import lay_out_pictures
from tracer.site.circuit.svg import draw
from tracer.site.circuit.thumbnail import draw_thumbnail

HOSTILE = '"><script>alert(1)</script>'


def circuit_of(graph: Graph, name: str | None = None) -> Circuit:
    groups = {"city": {"name": name, "nodes": ["1_3_4", "0_7_4"]}} if name else {}
    circuit = summarise(graph, Annotations.model_validate({"groups": groups}))
    assert circuit is not None
    return circuit


def drawn(circuit: Circuit, *, title: str) -> Markup:
    return draw(lay_out_pictures(circuit), title=title)


def parsed(drawing: Markup) -> ET.Element:
    return ET.fromstring(f"<figure>{drawing}</figure>")


@pytest.mark.parametrize("name", [None, "City", HOSTILE])
def test_the_drawing_is_well_formed_and_needs_no_inline_style(name: str | None) -> None:
    root = parsed(drawn(circuit_of(make_graph(), name), title=HOSTILE))
    assert {svg.get("class") for svg in root} == {"circuit wide", "circuit narrow"}
    assert all(element.get("style") is None for element in root.iter())
    assert not list(root.iter("script"))


def test_each_box_selects_its_nodes_with_and_without_scripts() -> None:
    root = parsed(drawn(circuit_of(make_graph(), "City"), title="t"))
    link = next(a for a in root.iter("a") if a.get("data-nodes") == "0_7_4 1_3_4")
    assert link.get("href") == "?pinnedIds=0_7_4%2C1_3_4#viewer"


def test_links_name_only_nodes_of_the_graph() -> None:
    graph = make_graph()
    root = parsed(drawn(circuit_of(graph), title="t"))
    named = {one for a in root.iter("a") for one in a.get("data-nodes", "").split(" ")}
    assert named
    assert named <= set(graph.node_ids)


def test_an_opposing_line_is_told_apart_by_more_than_its_colour() -> None:
    drawing = str(drawn(circuit_of(make_graph()), title="t"))
    assert re.search(r'class="line opposes"', drawing)
    assert "against the answer" in drawing


def test_the_thumbnail_holds_no_text_and_no_links() -> None:
    root = parsed(draw_thumbnail(circuit_of(make_graph(), "City")))
    assert not list(root.iter("text"))
    assert not list(root.iter("a"))
    assert root[0].get("aria-hidden") == "true"


def test_the_picture_in_words_begins_with_the_answer_and_names_every_group() -> None:
    sentences = describe(circuit_of(make_graph(), "City"))
    assert sentences[0].startswith("the answer “Paris”")
    assert any(sentence.startswith("“City”") for sentence in sentences)
