from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.builders import make_graph
from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph, load_graph
from tracer.documents.graph_folder import GraphFolder
from tracer.site.circuit.boxes import Circuit
from tracer.site.circuit.circuit import summarise

REPOSITORY = Path(__file__).parents[3]
FOLDER = GraphFolder(REPOSITORY / "graphs")


def annotated(**groups: dict[str, Any]) -> Annotations:
    return Annotations.model_validate({"groups": groups})


def circuit_of(graph: Graph, annotations: Annotations | None = None) -> Circuit:
    circuit = summarise(graph, annotations or Annotations())
    assert circuit is not None
    return circuit


def test_a_graph_without_groups_gets_an_automatic_picture_that_says_so() -> None:
    circuit = circuit_of(make_graph())
    assert circuit.automatic
    assert circuit.groups


def test_peoples_groups_replace_the_automatic_ones() -> None:
    circuit = circuit_of(make_graph(), annotated(city={"name": "City", "nodes": ["1_3_4"]}))
    assert not circuit.automatic
    assert [box.name for box in circuit.groups] == ["City"]


def test_a_group_that_holds_the_answer_becomes_the_answer() -> None:
    groups = annotated(
        out={"name": "say Paris", "nodes": ["3_42_5"]}, city={"name": "City", "nodes": ["1_3_4"]}
    )
    circuit = circuit_of(make_graph(), groups)
    assert circuit.answer.name == "say Paris"
    assert [box.name for box in circuit.groups] == ["City"]


def test_a_token_in_a_group_is_not_drawn_a_second_time() -> None:
    groups = annotated(france={"name": "France", "nodes": ["E_4_4", "0_7_4"]})
    circuit = circuit_of(make_graph(), groups)
    drawn = [one for box in circuit.boxes for part in box.parts for one in part.nodes]
    assert drawn.count("E_4_4") == 1


def test_every_word_stands_in_order_without_the_start_token() -> None:
    names = [box.name for box in circuit_of(make_graph()).words]
    assert names == ["The", "capital", "of", "France", "is"]


def test_every_group_has_a_way_in_and_a_way_out() -> None:
    circuit = circuit_of(make_graph())
    for box in circuit.groups:
        keys = {part.key for part in box.parts}
        assert any(line.target in keys for line in circuit.lines)
        assert any(line.source in keys for line in circuit.lines)


def without_account() -> list[str]:
    """Graphs whose first revision halves its boxes by sign; an account's keep both in one."""
    infos = ((slug, FOLDER.load(slug, 1).metadata.tracer) for slug in FOLDER.slugs())
    return [slug for slug, info in infos if info is not None and info.account is None]


@pytest.mark.parametrize("slug", without_account())
def test_the_automatic_picture_has_no_circles_and_about_eight_boxes(slug: str) -> None:
    circuit = circuit_of(FOLDER.load(slug, 1))
    assert 3 <= len(circuit.groups) <= 8
    box_of = {part.key: i for i, box in enumerate(circuit.boxes) for part in box.parts}
    after: dict[int, set[int]] = defaultdict(set)
    for line in circuit.lines:
        after[box_of[line.source]].add(box_of[line.target])

    def reaches(box: int, goal: int, seen: set[int]) -> bool:
        fresh = after[box] - seen
        return goal in after[box] or any(reaches(one, goal, seen | fresh) for one in fresh)

    assert not any(reaches(box, box, set()) for box in range(len(circuit.boxes)))


@pytest.mark.parametrize("slug", without_account())
def test_a_supporting_half_holds_only_supporters(slug: str) -> None:
    graph = FOLDER.load(slug, 1)
    effect = {node.node_id: node.effect or 0 for node in graph.nodes}
    for box in circuit_of(graph).groups:
        for part in box.parts:
            side = 1 if part.sign == "supports" else -1
            assert all(effect[one] * side > 0 for one in part.nodes)


def test_ids_of_automatic_groups_come_from_their_content() -> None:
    graph = make_graph()
    turned = graph.model_copy(update={"nodes": tuple(reversed(graph.nodes))})
    keys = [{p.key for b in circuit_of(g).groups for p in b.parts} for g in (graph, turned)]
    assert keys[0] == keys[1]


def test_a_graph_without_an_answer_has_no_picture() -> None:
    graph = make_graph()
    nodes = tuple(node for node in graph.nodes if node.kind != "logit")
    assert summarise(graph.model_copy(update={"nodes": nodes, "links": ()}), Annotations()) is None


@pytest.mark.parametrize("name", ["060-nodes", "415-nodes"])
def test_graphs_of_other_programs_are_drawn(published: Path, name: str) -> None:
    circuit = circuit_of(load_graph(published / f"{name}.json"))
    assert circuit.answer.name == "Tokyo"
    assert len(circuit.groups) >= 4
