"""A graph that explains a feature instead of an answer."""

from __future__ import annotations

import json
from pathlib import Path

from tests.builders import make_feature_graph
from tests.galleries import GalleryFolder
from tracer.documents.annotations import Annotations
from tracer.site.build import build
from tracer.site.circuit.circuit import summarise
from tracer.site.graph import viewer_data
from tracer.site.graph.facts import explained, question
from tracer.site.wording.answers import explained_answer, likely_answers, target_node


def test_the_question_says_what_feeds_which_neuron_where() -> None:
    assert question(make_feature_graph()) == "what feeds neuron 9 of layer 1 at “is”"
    first, *_ = explained(make_feature_graph())
    assert "of the influence on neuron 9 of layer 1" in first


def test_the_answers_are_still_listed_and_none_is_the_explained_one() -> None:
    graph = make_feature_graph()
    assert [one.text for one in likely_answers(graph)] == ["Paris", "Berlin", "Rome"]
    assert explained_answer(graph) is None
    node = target_node(graph)
    assert node is not None
    assert node.node_id == "1_9_5"


def test_the_picture_ends_at_the_neuron_and_does_not_count_it_among_its_causes() -> None:
    circuit = summarise(make_feature_graph(), Annotations())
    assert circuit is not None
    assert circuit.answer.name == "neuron 9 of layer 1"
    grouped = {one for box in circuit.groups for part in box.parts for one in part.nodes}
    assert "0_7_4" in grouped
    assert "1_9_5" not in grouped


def test_the_viewer_draws_it_where_answers_are() -> None:
    graph = make_feature_graph()
    data = json.loads(viewer_data.encode(graph, Annotations()))
    at = graph.node_ids.index("1_9_5")
    assert data["answers"] == [[at, "neuron 9 of layer 1", None]]
    assert data["nodes"]["kinds"][at] == viewer_data.KINDS.index("logit")
    assert (data["meta"]["target"], data["meta"]["asked"]) == (None, "neuron 9 of layer 1")


def test_it_is_published(gallery: GalleryFolder, tmp_path: Path) -> None:
    make_feature_graph().save(gallery.root / "graphs" / "a-neuron" / "1.json")
    build(gallery.root, tmp_path / "out")
    page = (tmp_path / "out" / "graphs" / "a-neuron" / "index.html").read_text()
    assert "what feeds neuron 9 of layer 1" in page
    assert "the answer this graph explains" not in page
    assert "works for neuron 9 of layer 1" in page
