"""Two graphs side by side: what is shared is found, and influence adds up."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import make_graph
from tests.foreign_graphs import foreign_graph
from tracer.documents.annotations import Annotations
from tracer.documents.feature_source import feature_source
from tracer.documents.graph import Graph
from tracer.site.graph.alignment import Annotated, align
from tracer.site.graph.influence import influence_shares


def annotated(graph: Graph, annotations: dict[str, object] | None = None) -> Annotated:
    return Annotated(graph, Annotations.model_validate(annotations or {}))


def moved(graph: Graph, source: str, d_model: int | None = None) -> Graph:
    """The same graph with its features one position to the right and `1_11` gone."""
    fields = json.loads(graph.to_json())
    fields["metadata"]["tracer"]["features"]["source"] = source
    if d_model is not None:
        fields["metadata"]["tracer"]["model"]["d_model"] = d_model
    for node in fields["nodes"]:
        if node["node_id"] == "0_7_4":
            node |= {"node_id": "0_7_5", "ctx_idx": 5}
    fields["nodes"] = [node for node in fields["nodes"] if node["node_id"] != "1_11_5"]
    fields["links"] = [
        {key: "0_7_5" if value == "0_7_4" else value for key, value in link.items()}
        for link in fields["links"]
        if "1_11_5" not in link.values()
    ]
    return Graph.model_validate(fields)


def test_one_source_is_aligned_by_feature_whatever_the_position() -> None:
    found = align(annotated(make_graph()), annotated(moved(make_graph(), "tiny.neurons")))
    assert found.by == "feature"
    rows = {row.key: row for row in found.shared}
    assert set(rows) == {"0_7", "1_3", "1_9"}
    assert rows["0_7"].left and rows["0_7"].left.nodes == ("0_7_4",)
    assert rows["0_7"].right and rows["0_7"].right.nodes == ("0_7_5",)
    assert [row.key for row in found.only_left] == ["1_11"]
    assert found.only_right == ()
    # 0.8 of 1.9 and 0.8 of 1.6 of what reaches the answer
    assert rows["1_3"].change == pytest.approx(0.8 / 1.6 - 0.8 / 1.9)


def test_two_checkpoints_of_one_architecture_are_aligned_by_neuron() -> None:
    found = align(annotated(make_graph()), annotated(moved(make_graph(), "tuned.neurons")))
    assert (found.by, found.sources) == ("neuron", ("tiny.neurons", "tuned.neurons"))
    assert {row.key for row in found.shared} == {"0_7", "1_3", "1_9"}
    fields = json.loads(make_graph().to_json())
    fields["metadata"]["tracer"]["features"]["kind"] = "transcoders"
    sets = [annotated(Graph.model_validate(fields)) for _ in range(2)]
    other = moved(sets[1].graph, "another.set")
    assert align(sets[0], annotated(other)).by == "name"  # each set has numbers of its own


def test_other_sources_are_aligned_by_the_names_people_gave() -> None:
    left = annotated(
        make_graph(),
        {
            "labels": {"1_3": {"text": "France"}, "1_9": {"text": "capitals"}},
            "groups": {"a": {"name": "Say a City", "nodes": ["1_9_5", "1_11_5"]}},
        },
    )
    right = annotated(
        moved(make_graph(), "other.neurons", d_model=7),
        {
            "labels": {"0_7": {"text": "france"}},
            "groups": {"b": {"name": "say a city", "nodes": ["1_3_4"]}},
        },
    )
    found = align(left, right)
    assert (found.by, found.sources) == ("name", ("tiny.neurons", "other.neurons"))
    assert {row.key for row in found.shared} == {"label:france", "group:say a city"}
    assert [row.name for row in found.only_left] == ["capitals"]


@given(st.lists(st.floats(-5, 5, allow_subnormal=False), min_size=11, max_size=11))
def test_what_enters_the_graph_is_all_that_reaches_the_answer(weights: list[float]) -> None:
    graph = make_graph()
    links = tuple(
        link.model_copy(update={"weight": weight})
        for link, weight in zip(graph.links, weights, strict=True)
    )
    graph = graph.model_copy(update={"links": links})
    shares = influence_shares(graph, {"3_42_5": 0.81})
    fed = {link.target for link in links if link.weight}
    entering = sum(share for node, share in shares.items() if node not in fed)
    assert entering == pytest.approx(1.0)


def test_the_source_of_other_programs_graphs_names_their_transcoders() -> None:
    foreign = foreign_graph()
    scan = foreign["metadata"]["scan"]
    assert feature_source(Graph.model_validate(foreign)) == scan
    foreign["metadata"]["info"] = "{'transcoder_set': 'mntss/clt-Gemma 2'}"
    assert feature_source(Graph.model_validate(foreign)) == f"{scan}.mntss.clt-gemma.2"
    del foreign["metadata"]["info"]
    foreign["metadata"]["feature_details"] = {"neuronpedia_source_set": "clt-hp"}
    assert feature_source(Graph.model_validate(foreign)) == f"{scan}.clt-hp"
    assert feature_source(make_graph()) == "tiny.neurons"
