"""The viewer's data file holds the whole graph, small, and the same each time."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_graph
from tests.large_graph import large_graph
from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph, load_graph
from tracer.site.graph.viewer_data import ALPHABET, KINDS, encode
from tracer.site.wording.effects import strengthening


def read(data: bytes) -> dict[str, Any]:
    """The file as a reader understands it: ids in place of indices, links spelled out."""
    document: dict[str, Any] = json.loads(data)
    nodes = document["nodes"]
    columns = zip(nodes["layers"], nodes["names"], nodes["positions"], strict=True)
    ids = [
        "_".join(["E" if layer < 0 else str(layer), *map(str, rest)]) for layer, *rest in columns
    ]
    for index, node_id in nodes["ids"]:
        ids[index] = node_id
    return document | {"ids": ids, "links": read_links(document["links"], ids)}


def read_links(columns: dict[str, Any], ids: list[str]) -> list[tuple[str, str, float]]:
    places, weights = iter(columns["sources"]), iter(read_weights(columns))
    links = []
    for target, count in enumerate(columns["counts"]):
        source = 0
        for _ in range(count):
            shift, digit = 0, 32
            while digit > 31:
                digit = ALPHABET.index(next(places))
                source += (digit % 32) << shift
                shift += 5
            links.append((ids[source], ids[target], next(weights)))
    assert next(places, None) is None
    assert next(weights, None) is None
    return links


def read_weights(columns: dict[str, Any]) -> list[float]:
    weights = []
    for index, character in enumerate(columns["scales"]):
        scale = ALPHABET.index(character)
        mantissa = int(columns["digits"][4 * index : 4 * index + 4])
        size = mantissa * 10.0 ** (scale // 2 + columns["lowest"])
        weights.append(-size if scale % 2 else size)
    return weights


def close(got: float, expected: float, largest: float) -> bool:
    """Four significant figures, of anything not vanishing beside the largest weight."""
    return math.isclose(got, expected, rel_tol=5.1e-4, abs_tol=largest * 1e-26)


def graph_with_links(links: list[tuple[str, str, float]]) -> Graph:
    fields = make_graph().model_dump(by_alias=True)
    named = [{"source": s, "target": t, "weight": w} for s, t, w in links]
    return Graph.model_validate(fields | {"links": named})


NODE_IDS = make_graph().node_ids
# A double below 1e-300 has fewer than four figures of its own once its power of ten is apart.
WEIGHTS = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda one: not 0 < abs(one) < 1e-300)
LINKS = st.dictionaries(st.tuples(st.sampled_from(NODE_IDS), st.sampled_from(NODE_IDS)), WEIGHTS)


@given(LINKS)
@settings(deadline=None)
def test_every_link_comes_back_with_four_significant_figures(
    links: dict[tuple[str, str], float],
) -> None:
    graph = graph_with_links([(*ends, weight) for ends, weight in links.items()])
    back = {(s, t): weight for s, t, weight in read(encode(graph, Annotations()))["links"]}
    assert back.keys() == links.keys()
    largest = max(map(abs, links.values()), default=0.0)
    assert all(close(back[ends], weight, largest) for ends, weight in links.items())


@given(st.lists(st.floats(1e-40, 1e40), min_size=1, max_size=5))
@settings(deadline=None)
def test_weights_far_below_the_largest_become_zero_and_nothing_else_changes(
    sizes: list[float],
) -> None:
    graph = graph_with_links([("E_4_4", "0_7_4", size) for size in sizes])
    back = [weight for *_, weight in read(encode(graph, Annotations()))["links"]]
    for got, expected in zip(sorted(back), sorted(sizes), strict=True):
        assert close(got, expected, max(sizes)) or (got == 0 and expected < max(sizes) * 1e-25)


def test_a_link_is_told_by_how_it_strengthens_its_target() -> None:
    graph = make_graph()
    nodes = [
        one.model_copy(update={"activation": -2.0}) if one.node_id == "1_3_4" else one
        for one in graph.nodes
    ]
    graph = graph.model_copy(update={"nodes": tuple(nodes)})
    back = {(s, t): weight for s, t, weight in read(encode(graph, Annotations()))["links"]}
    for link in graph.links:
        turned = -link.weight if link.target == "1_3_4" else link.weight
        assert back[link.source, link.target] == pytest.approx(turned)


def test_nodes_keep_their_order_kind_place_and_numbers() -> None:
    graph = make_graph()
    back = read(encode(graph, Annotations()))
    nodes = back["nodes"]
    assert back["ids"] == graph.node_ids
    assert nodes["kinds"] == [KINDS.index(node.kind) for node in graph.nodes]
    assert nodes["positions"] == [node.ctx_idx for node in graph.nodes]
    assert nodes["effect"] == [node.effect for node in graph.nodes]
    assert nodes["activation"] == [node.activation for node in graph.nodes]
    assert nodes["influence"] == [node.influence for node in graph.nodes]


@pytest.mark.parametrize("odd", ["0_4_4", "any thing", "x_1_2_3"])
@pytest.mark.parametrize("node", [0, 4], ids=["feature", "error"])
def test_ids_that_follow_no_rule_are_kept(odd: str, node: int) -> None:
    fields = make_graph().model_dump(by_alias=True)
    fields["nodes"][node]["node_id"] = odd
    fields["links"] = []
    graph = Graph.model_validate(fields)
    assert read(encode(graph, Annotations()))["ids"] == graph.node_ids


def test_peoples_names_win_over_the_graphs_own_and_keep_their_author() -> None:
    fields = make_graph().model_dump(by_alias=True)
    fields["nodes"][1]["clerp"] = "the graph's name"
    label = {"text": "France", "by": "ann", "confidence": "high", "note": "why"}
    annotations = Annotations.model_validate({"labels": {"1_3": label}})
    back = read(encode(Graph.model_validate(fields), annotations))["nodes"]
    assert back["labels"][1] == "France"
    assert back["bylines"] == [[1, "ann", "high", "why"]]
    unnamed = read(encode(Graph.model_validate(fields), Annotations()))["nodes"]
    assert unnamed["labels"][1] == "the graph's name"


def test_notes_lose_their_markup_and_nothing_else() -> None:
    note = "Pushes up *dialects*,\n[languages](node:1_3) and `<b>`.\n\n- A brake: 2 * 3 < 7."
    annotations = Annotations.model_validate({"labels": {"1_3": {"text": "x", "note": note}}})
    [[*_, plain]] = read(encode(make_graph(), annotations))["nodes"]["bylines"]
    assert plain == "Pushes up dialects, languages and <b>.\nA brake: 2 * 3 < 7."


def test_groups_and_pins_are_the_annotations_else_the_saved_ones() -> None:
    fields = make_graph().model_dump(by_alias=True)
    fields["query"] = {
        "pinnedIds": ["1_9_5", "gone_1_1"],
        "supernodes": [["say Paris", "1_9_5", "1_3_4"], []],
    }
    graph = Graph.model_validate(fields)
    saved = read(encode(graph, Annotations()))
    assert saved["groups"] == [["supernode-1", "say Paris", [2, 1], None, None]]
    assert saved["pins"] == [2]
    people = {
        "groups": {"france": {"name": "France", "nodes": ["0_7", "1_3_4"], "by": "bo"}},
        "pins": ["group:france"],
    }
    annotated = read(encode(graph, Annotations.model_validate(people)))
    assert annotated["groups"] == [["france", "France", [0, 1], "bo", None]]
    assert annotated["pins"] == [0, 1]


def test_answers_name_their_token_without_metadata_of_ours() -> None:
    fields = make_graph().model_dump(by_alias=True)
    assert read(encode(make_graph(), Annotations()))["answers"] == [[12, " Paris", 0.81]]
    del fields["metadata"]["tracer"]
    fields["nodes"][12]["clerp"] = '[Output "a" or "b"] Output " Pa"ris" (p=0.810)'
    plain = read(encode(Graph.model_validate(fields), Annotations()))
    assert plain["answers"] == [[12, ' Pa"ris', 0.81]]
    fields["nodes"][12]["clerp"] = "no probability here"
    odd = read(encode(Graph.model_validate(fields), Annotations()))
    assert odd["answers"] == [[12, "no probability here", 0.81]]


def test_the_explained_answer_is_named_however_likely_another_is() -> None:
    fields = json.loads(make_graph().to_json())
    likelier = fields["nodes"][12] | {"node_id": "3_43_5", "clerp": 'Output " Berlin" (p=0.9)'}
    fields["nodes"].append(likelier | {"token_prob": 0.9})
    fields["metadata"]["tracer"]["answers"][1] |= {"probability": 0.9}
    data = read(encode(Graph.model_validate(fields), Annotations()))
    assert [token for _, token, _ in data["answers"]] == [" Berlin", " Paris"]
    assert data["ids"][data["meta"]["answer"]] == "3_42_5"


def test_numbers_that_are_not_finite_become_unknown() -> None:
    graph = graph_with_links([("E_4_4", "0_7_4", math.nan), ("E_4_4", "1_3_4", math.inf)])
    nodes = [graph.nodes[0].model_copy(update={"effect": math.nan}), *graph.nodes[1:]]
    data = encode(graph.model_copy(update={"nodes": tuple(nodes)}), Annotations())
    assert b"NaN" not in data
    assert b"Infinity" not in data
    assert [weight for *_, weight in read(data)["links"]] == [0.0, 0.0]


def test_the_same_graph_gives_the_same_bytes() -> None:
    assert encode(make_graph(), Annotations()) == encode(make_graph(), Annotations())


def test_a_graph_of_694_nodes_travels_in_100_kilobytes(published: Path) -> None:
    graph = load_graph(published / "694-nodes.json")
    data = encode(graph, Annotations())
    assert len(gzip.compress(data, 9)) <= 100_000
    back = {(s, t): weight for s, t, weight in read(data)["links"]}
    assert len(back) == len(graph.links)
    nodes = {node.node_id: node for node in graph.nodes}
    assert all(
        close(back[link.source, link.target], strengthening(link.weight, nodes[link.target]), 100)
        for link in graph.links
    )


def test_a_graph_of_100_000_links_travels_in_470_kilobytes() -> None:
    data = encode(large_graph(nodes=2000, links=100_000), Annotations())
    assert len(gzip.compress(data, 9)) <= 470_000
