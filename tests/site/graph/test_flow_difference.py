"""What flows otherwise in two graphs, as a picture and a table."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.account_graphs import account_graph
from tracer.documents.flow_changes import FlowChange
from tracer.documents.parts.parts import Parts
from tracer.site.graph.flow_difference import MOST, FlowDifference

CHANGES = (
    FlowChange("is, high", "the answer", 2.0, 0.1),
    FlowChange("Rome | Madrid, low", "is, high", 0.0, 1.0),
    FlowChange("biases", "is, high", 0.5, -0.5),
    FlowChange("Rome | Madrid", "Rome | Madrid, low", 1.0, 1.6),
)


@pytest.fixture
def difference() -> FlowDifference:
    return FlowDifference(CHANGES, ["the start", "in", "Rome | Madrid", "is"])


def test_each_line_says_what_became_of_it(difference: FlowDifference) -> None:
    drawn = LexborHTMLParser(str(difference.picture))
    kinds = [one.attributes["class"] for one in drawn.css("path")]
    assert kinds == ["stronger", "turned", "gained", "lost"]  # the largest on top
    widths = [float(one.attributes["stroke-width"] or 0) for one in drawn.css("path")]
    assert widths == [pytest.approx(14 * by / 1.9, abs=0.06) for by in (0.6, 1.0, 1.0, 1.9)]
    titles = [one.text() for one in drawn.css("path title")]
    assert "biases → is, high layers: +0.50 → −0.50, changed in sign" in titles
    assert difference.columns == ["biases", "Rome | Madrid", "is"]


def test_the_sentence_counts_each_kind(difference: FlowDifference) -> None:
    assert difference.sentence.endswith("1 gained, 1 lost, 1 changed in sign, 1 stronger.")
    assert difference.table[0] == ("is, high layers", "the answer", "+2.00", "+0.10", "lost")
    many = FlowDifference(CHANGES * MOST, difference.words)
    assert f"Drawn are the largest {MOST}." in many.sentence and len(many.table) == MOST


def test_graphs_without_flows_or_alike_have_none() -> None:
    graph, parts = account_graph()
    assert FlowDifference.of((graph, graph), (parts, Parts())) is None
    assert FlowDifference.of((graph, graph), (parts, parts)) is None
