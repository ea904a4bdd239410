from __future__ import annotations

import pytest

from tests.builders import make_graph
from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph, Link
from tracer.site.circuit.circuit import summarise
from tracer.site.wording.effects import effects_on


def without_stated_effects() -> Graph:
    graph = make_graph()
    nodes = tuple(node.model_copy(update={"effect": None}) for node in graph.nodes)
    return graph.model_copy(update={"nodes": nodes})


def test_a_link_into_a_neuron_active_below_zero_counts_the_other_way_round() -> None:
    graph = make_graph()
    nodes = tuple(
        node.model_copy(update={"activation": -2.0}) if node.node_id == "1_3_4" else node
        for node in graph.nodes
    )
    effects = effects_on(graph.model_copy(update={"nodes": nodes}), ["3_42_5"])
    assert effects.along(Link(source="0_7_4", target="1_3_4", weight=0.9)) == pytest.approx(
        -0.9 * 0.9 / 2.0
    )


def test_a_link_into_the_answer_counts_as_it_is() -> None:
    effects = effects_on(make_graph(), ["3_42_5"])
    assert effects.along(Link(source="1_3_4", target="3_42_5", weight=0.8)) == 0.8


def test_a_file_that_states_no_effects_gets_shares_of_input_along_every_path() -> None:
    total = effects_on(without_stated_effects(), ["3_42_5"]).total
    into_answer = 0.8 + 0.7 + 0.3 + 0.1
    assert total["1_3_4"] == pytest.approx(0.8 / into_answer)
    assert total["1_11_5"] == pytest.approx(-0.3 / into_answer)
    assert total["0_7_4"] == pytest.approx(0.9 / (0.4 + 0.9 + 0.2) * 0.8 / into_answer)


def test_a_box_shows_the_summed_effect_of_its_members() -> None:
    groups = {"both": {"name": "both", "nodes": ["1_3_4", "1_9_5"]}}
    circuit = summarise(make_graph(), Annotations.model_validate({"groups": groups}))
    assert circuit is not None
    into = {line.source: line for line in circuit.lines if line.target == "answer"}
    assert into["both"].effect == pytest.approx(0.8 + 0.7)
    assert into["both"].supports
