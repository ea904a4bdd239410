"""What comes in with a graph of another program goes out again as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.documents.exchange.test_import_graph import bring_in
from tests.foreign_graphs import foreign_graph
from tracer.documents.exchange.answer_label import answer_of
from tracer.documents.exchange.export import export
from tracer.documents.graph import Graph, load_graph

VIEW = {
    "linkType": "input",
    "pinnedIds": ["4_12_4", "3_10-0", "L_99-4"],
    "supernodes": [[" cities", "4_12_3", "3_10_3", "0_354-0"], ["", "4_12_4"]],
    "clickedId": "L_99-4",
    "sg_pos": "0.25 0.5,0.75 0.5",
    "densityThreshold": 0.99,
}


def their_graph(**view: Any) -> dict[str, Any]:
    graph = foreign_graph(qParams=VIEW | view)
    graph["nodes"][-1]["jsNodeId"] = "L_99-4"
    graph["nodes"][0]["clerp"] = "  facts"
    graph["nodes"][3]["clerp"] = "a name " * 40
    return graph


def out_again(root: Path, graph: dict[str, Any]) -> dict[str, Any]:
    done = bring_in(root, graph)
    assert done.notices == ()
    data: dict[str, Any] = json.loads(export(root, done.slug, "neuronpedia"))
    return data


def test_the_view_and_the_names_stay(tmp_path: Path) -> None:
    graph = their_graph()
    out = out_again(tmp_path, graph)
    view = out["qParams"]
    assert view["sg_pos"] == VIEW["sg_pos"]
    assert view["linkType"] == "input"
    assert view["densityThreshold"] == 0.99
    assert view["clickedId"] == "6_99_4"
    assert view["pinnedIds"] == ["4_12_4", "3_10_3", "3_10_4", "6_99_4"]
    assert view["supernodes"] == [[" cities", "4_12_3", "3_10_3", "0_354_1"], ["", "4_12_4"]]
    before = [node["clerp"] for node in graph["nodes"]]
    assert [node["clerp"] for node in out["nodes"]] == before


def test_what_people_say_since_wins(tmp_path: Path) -> None:
    graph = their_graph()
    done = bring_in(tmp_path, graph)
    assert done.annotation_file is not None
    text = done.annotation_file.read_text()
    text = text.replace("name: cities, nodes: [", "name: towns, nodes: [")
    done.annotation_file.write_text(text.replace("text: facts", "text: words"))
    out = json.loads(export(tmp_path, done.slug, "neuronpedia"))
    assert out["qParams"]["supernodes"][0] == ["towns", "4_12_3", "3_10_3", "0_354_1"]
    assert out["nodes"][0]["clerp"] == "words"


def test_an_answer_that_people_named_keeps_its_token(tmp_path: Path) -> None:
    graph = foreign_graph()
    done = bring_in(tmp_path, graph)
    assert done.annotation_file is not None
    text = done.annotation_file.read_text()
    done.annotation_file.write_text(text.replace("labels:", 'labels:\n  "6_99_4": {text: a place}'))
    data = export(tmp_path, done.slug, "neuronpedia")
    assert json.loads(data)["nodes"][-1]["clerp"] == '[a place] Output " in" (p=0.6)'
    again = Graph.model_validate_json(data)
    assert answer_of(again.nodes[-1]).token == " in"


def test_the_file_that_is_published_keeps_it_too(tmp_path: Path) -> None:
    graph = their_graph()
    graph["metadata"]["info"] = {"create_time_ms": 1756519490164.0, "a": {"b": 0.123456789}}
    graph["metadata"]["feature_details"] = {"neuronpedia_source_set": "clt-hp"}
    done = bring_in(tmp_path, graph)
    assert done.graph_file is not None
    written = json.loads(done.graph_file.read_text())
    assert written["qParams"] == VIEW
    assert written["metadata"]["info"] == graph["metadata"]["info"], "to the last digit"
    assert written["metadata"]["feature_details"] == graph["metadata"]["feature_details"]
    assert load_graph(done.graph_file).to_json() == done.graph_file.read_text()


def test_a_view_that_says_nothing_is_written_as_the_schema_wants_it(tmp_path: Path) -> None:
    graph = foreign_graph(qParams={"clickedId": None, "sg_pos": None, "linkType": 3})
    done = bring_in(tmp_path, graph)
    assert done.graph_file is not None
    assert json.loads(done.graph_file.read_text())["qParams"] == {
        "pinnedIds": [],
        "supernodes": [],
        "linkType": "both",
        "clickedId": "",
        "sg_pos": "",
    }
