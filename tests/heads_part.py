"""A small part with heads, of the graph that `tests.builders.make_graph` makes."""

from __future__ import annotations

from typing import Any

from tracer.documents.parts.heads import Heads, TriedLook

GRAPH_ID = "0" * 64


WHY = {
    "key": 4,
    "score": 3.5,
    "others": -0.5,
    "pieces": [
        {"id": "0_7_4", "kind": "feature"},
        {"id": "0_9_4", "kind": "feature", "qk_only": True},
        {"id": "rest_4", "kind": "rest"},
        {"id": "mlp_0-0_5", "kind": "mlp", "layers": [0, 0]},
        {"id": "heads_0-1_5_from_4", "kind": "heads", "layers": [0, 1], "word": [4]},
        {"id": "E_5_5", "kind": "embedding"},
    ],
    "qk_tracing_results": {
        "pair_wise_contributors": [["mlp_0-0_5", "0_7_4", 1.5]],
        "top_q_marginal_contributors": [
            ["mlp_0-0_5", 3.0],
            ["heads_0-1_5_from_4", 0.75],
            ["E_5_5", 0.25],
        ],
        "top_k_marginal_contributors": [["0_7_4", 2.5], ["0_9_4", -1.5], ["rest_4", 3.0]],
    },
}


def look(**fields: Any) -> TriedLook:
    whole = {"head": "0.1", "to": 5, "keys": [4], "weight": 0.75, "adds": 1.5}
    whole |= {"predicted": -1.25, "actual": -1.0, "probability": 0.25}
    whole |= {"controls": [-0.125, 0.25], "controls_weight": 0.5}
    return TriedLook.model_validate(whole | fields)


def heads(**fields: Any) -> Heads:
    """Groups are 0_7_4 and 1_3_4; the word is France."""
    flow = {"flow": 1.0, "in_place": 0.25, "heads": [["0.1", 0.5], ["1.0", 0.125]]}
    whole: dict[str, Any] = {
        "graph_id": GRAPH_ID,
        "layers": 2,
        "heads": 2,
        "groups": [["0_7_4"], ["1_3_4"]],
        "words": [[4]],
        "flows": [
            {"source": 0, "target": 2, **flow},
            {"source": 2, "target": 0, **flow},
            {"source": 4, "target": 2, **flow},
        ],
        "looks": [look(why=WHY), look(head="1.0", controls=[-2.0], adds=-0.5, actual=0.5)],
        "together": {
            "looks": [0, 1],
            "actual": -3.0,
            "probability": 0.05,
            "controls": [-0.25],
            "control_probabilities": [0.75],
        },
        "probability": 0.8,
        "patterns": [{"head": "0.1", "rows": [[100], [50, 50], [90, 5, 5]]}],
    }
    return Heads.model_validate(whole | fields)
