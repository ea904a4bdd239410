"""A small part with heads, of the graph that `tests.builders.make_graph` makes."""

from __future__ import annotations

from typing import Any

from tracer.documents.parts.heads import Heads, TriedLook

GRAPH_ID = "0" * 64


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
        "looks": [look(), look(head="1.0", controls=[-2.0], adds=-0.5, actual=0.5)],
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
