"""What another program calls a node means that node, by one rule."""

from __future__ import annotations

from typing import Any

import pytest

from tests.foreign_graphs import foreign_graph, foreign_node
from tracer.documents.exchange.node_names import NodeNames
from tracer.documents.graph import Graph


def graph_of(nodes: list[dict[str, Any]]) -> Graph:
    return Graph.model_validate(foreign_graph(nodes=nodes, links=[], qParams={}))


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        ("3_10_3", ["3_10_3"]),
        ("3_10-0", ["3_10_3", "3_10_4"]),  # circuit-tracer's name is the feature's
        ("8844", ["3_10_3", "3_10_4"]),
        ("3_10", ["3_10_3", "3_10_4"]),
        ("3-10", ["3_10_3", "3_10_4"]),
        ("3_10-4", ["3_10_4"]),
        ("L_99-4", ["6_99_4"]),
        ("E_5-1", ["E_5_1"]),
        ("9_9_9", []),
        ("", []),
    ],
)
def test_every_way_to_write_it(name: str, nodes: list[str]) -> None:
    graph = graph_of(
        [
            foreign_node("3_10_3", feature=8844),
            foreign_node("3_10_4", feature=8844),
            foreign_node("E_5_1", "embedding", jsNodeId="E_5-1", feature=None),
            foreign_node("6_99_4", "logit", jsNodeId="L_99-4"),
        ]
    )
    assert NodeNames(graph).nodes_of(name) == nodes


def test_an_id_wins_over_another_nodes_js_name() -> None:
    graph = graph_of([foreign_node("1_2_3", jsNodeId="4_5_3"), foreign_node("4_5_3")])
    assert NodeNames(graph).nodes_of("4_5_3") == ["4_5_3"]
    assert NodeNames(graph).nodes_of("4_5-0") == ["4_5_3"]


def test_several_names_keep_their_order_and_mean_each_node_once() -> None:
    graph = graph_of([foreign_node("1_2_3"), foreign_node("4_5_3")])
    assert NodeNames(graph).all_of(["4_5-0", "gone", "1_2_3", "4_5_3"]) == ("4_5_3", "1_2_3")
