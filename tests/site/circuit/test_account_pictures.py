"""Pictures of accounts: what they show, and that it has room."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from tests.site.circuit.test_balance import GROUPINGS, circuit_of, group
from tests.site.circuit.test_layout import assert_tidy, canvases
from tracer.documents.annotations import load_annotations
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import GraphFolder
from tracer.site.circuit.boxes import Circuit
from tracer.site.circuit.circuit import summarise
from tracer.site.circuit.flow_labels import SIZE, Label, labels
from tracer.site.circuit.in_words import describe
from tracer.site.circuit.layout import WIDE, lay_out, lay_out_pictures
from tracer.site.circuit.lettering import text_width
from tracer.site.circuit.line_width import THICKEST_FLOW, line_width
from tracer.site.circuit.placed import Canvas
from tracer.site.circuit.svg import draw
from tracer.site.circuit.thumbnail import MOST, draw_thumbnail
from tracer.site.wording.amounts import amount


def circuits() -> Iterator[Circuit]:
    for groups in GROUPINGS.values():
        yield circuit_of(groups)
    for seed in range(1, 6):
        yield circuit_of({}, seed=seed)


def parsed(circuit: Circuit) -> ET.Element:
    return ET.fromstring(f"<p>{draw(lay_out_pictures(circuit), title='t')}</p>")


@canvases
def test_boxes_with_words_are_tidy(canvas: Canvas) -> None:
    for circuit in circuits():
        assert_tidy(lay_out(circuit, canvas))


def test_lines_beside_each_other_have_the_room_of_their_width() -> None:
    thick = 0
    for circuit in circuits():
        layout = lay_out(circuit, WIDE)
        lanes: dict[float, list[tuple[float, float]]] = {}
        for curve in layout.curves:
            for lane in curve.lanes:
                width = line_width(curve.line, circuit)
                lanes.setdefault(lane.top, []).append((lane.x, width))
                thick += width > THICKEST_FLOW / 2
        for row in lanes.values():
            for (x, width), (other_x, other) in combinations(row, 2):
                assert abs(x - other_x) >= (width + other) / 2 - 0.01
    assert thick, "no line here is wide enough to tell"


def test_numbers_stand_at_their_lines_and_on_nothing_else() -> None:
    count = beside = 0
    for circuit in circuits():
        layout = lay_out(circuit, WIDE)
        found = list(labels(layout))
        count += len(found)
        for one, other in combinations(found, 2):
            assert abs(one.y - other.y) > SIZE or abs(one.x - other.x) > half(one) + half(other)
        for one in found:
            assert one.text == amount(one.line.effect)
            (own,) = (curve for curve in layout.curves if curve.line == one.line)
            on_it = any(math.dist(at, middle(one)) < 1 for at in own.points())
            width = line_width(own.line, circuit)
            nearest = min(math.dist(at, middle(one)) for at in own.points())
            assert on_it or (width > 7 and nearest < width / 2 + half(one) + SIZE + 4)
            beside += not on_it
            for curve in layout.curves:
                if curve is not own or not on_it:
                    assert not any(is_over(one, at) for at in (*curve.points(), *curve.upright()))
            for box in layout.placed:
                right_or_left = one.x + half(one) <= box.x or one.x - half(one) >= box.x + box.width
                assert right_or_left or not box.y < one.y < box.y + box.height
    assert count > 10
    assert beside, "no line here is wide enough to tell"


def middle(label: Label) -> tuple[float, float]:
    return label.x, label.y - SIZE * 0.35


def is_over(label: Label, at: tuple[float, float]) -> bool:
    (x, y), (here, there) = middle(label), at
    return abs(x - here) < half(label) and abs(y - there) < SIZE / 2


def half(label: Label) -> float:
    return text_width(label.text, SIZE) / 2


def test_each_word_and_the_start_say_their_share_of_the_answer() -> None:
    circuit = circuit_of({})
    picture = parsed(circuit)[0]
    start, *words, biases = circuit.words
    assert [start.name, biases.name] == ["the start", "biases"]
    assert [box.name for box in words] == ["The", "capital", "of", "France", "is"]
    for box in circuit.words:
        (drawn,) = (g for g in picture.iter("g") if g.get("data-box") == box.key)
        assert box.amount in [text.text for text in drawn.iter("text")]
        if abs(float(drawn.get("data-through", "0"))) > 0.5:
            kind = "supports" if box.amount.startswith("+") else "opposes"
            assert [r for r in drawn.iter("rect") if r.get("class") == f"shade {kind}"]


def test_the_answer_says_what_all_adds_up_to_and_against_what() -> None:
    circuit = circuit_of({})
    assert circuit.answer.detail == f"{circuit.answer.amount} over Berlin"


def test_the_picture_in_words_tells_what_boxes_read_and_push_and_all_that_flows_in() -> None:
    circuit = circuit_of({"a": group("0_2_4", "1_4_4")})
    text = " ".join(describe(circuit))
    assert "not tested in the model" in text
    assert circuit.balance is not None
    for rest in circuit.balance.rest_in.values():
        assert f"{rest.count} weaker, together {amount(rest.effect)}" in text


@pytest.mark.parametrize("groups", [{}, {"a": {"name": "Mine", "nodes": ["1_4_4", "2_8_5"]}}])
def test_a_thumbnail_has_the_names_of_the_strongest_boxes_and_no_links(
    groups: dict[str, dict[str, object]],
) -> None:
    circuit = circuit_of(groups)
    root = ET.fromstring(draw_thumbnail(circuit))
    texts = [str(text.text) for text in root.iter("text")]
    assert circuit.answer.name in texts
    shown = [box for box in circuit.groups if box.kind == "group"][:MOST]
    for box in shown:
        assert (box.brief or box.name) in texts
    assert not any("⊣" in text for text in texts), "a sign that a card's font lacks"
    assert not list(root.iter("a"))
    assert root.get("aria-hidden") == "true"


def test_no_line_of_a_thumbnail_runs_out_of_it() -> None:
    """As one of this graph's did, that passes right of all boxes."""
    repository = Path(__file__).parents[3]
    said, _ = load_annotations(repository / "site_src/annotations/opposite-of-xiao.yaml")
    folder = GraphFolder(repository / "graphs")
    graph = Graph.load(folder.path("opposite-of-xiao", folder.latest("opposite-of-xiao") or 0))
    circuit = summarise(graph, said, graph.parts)
    assert circuit is not None
    root = ET.fromstring(draw_thumbnail(circuit))
    left, _, width, _ = map(float, str(root.get("viewBox")).split())
    lines = [one for one in root.iter("path") if "line" in str(one.get("class"))]
    assert len(lines) > 5
    for line in lines:
        half = float(str(line.get("stroke-width"))) / 2
        across = [float(x) for x in re.findall(r"(-?[\d.]+) -?[\d.]+", str(line.get("d")))]
        assert left <= min(across) - half and max(across) + half <= left + width
