"""A small graph that keeps an account, made by hand so that its books close, and its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.builders import make_graph
from tracer.documents.graph import Graph
from tracer.documents.parts.flows import Flows
from tracer.documents.parts.parts import Parts
from tracer.documents.parts.words import Pushes

TOKENS = ["<|endoftext|>", "The", " capital", " of", " Fr", "ance", " is"]
GRAPH_ID = "0" * 64
FEATURES = ("0_7_4", "0_8_5", "1_3_5", "1_9_6", "2_5_6")
INPUTS = ("E_biases_0", *(f"E_{at}_{at}" for at in range(len(TOKENS))))
ANSWER = "3_42_6"
# What each feature is given by biases and tokens, and by the features before it, in its own unit.
GIVEN = (
    (0.1, 0.2, 0.0, 0.3, 0.0, 1.5, 0.0, 0.0),
    (0.0, -0.4, 0.1, 0.0, 0.0, -0.9, -1.1, 0.0),
    (0.2, 0.1, 0.0, 0.4, -0.1, 0.0, 0.7, 0.0),
    (0.0, 0.5, 0.0, 0.0, 0.2, 0.0, 0.0, -0.3),
    (-0.1, 0.3, 0.05, 0.0, 0.0, 0.0, 0.1, 0.6),
)
BETWEEN = ((), (-0.4,), (1.2, 0.8), (0.3, -0.2, 0.9), (0.7, 0.0, -0.5, 1.1))
STRAIGHT = (0.05, 0.4, -0.02, -0.2, 0.0, 0.6, 0.9, 0.2)
LEAVING = (0.3, -0.5, 1.4, -0.8, 2.1)
PUSHED = ("Paris", "France", "London", "Rome", "the")


def account_graph(drawn: int | None = None, **question: Any) -> tuple[Graph, Parts]:
    """With the `drawn` first of its links, by size of flow, or all of them; against “ Berlin”."""
    values = [sum(given) + sum(row) for given, row in zip(GIVEN, BETWEEN, strict=True)]
    gradient = [0.0] * len(values)
    for s in reversed(range(len(values))):
        above = sum(BETWEEN[t][s] * gradient[t] for t in range(s + 1, len(values)))
        gradient[s] = (LEAVING[s] + above) / values[s]
    effects = [value * g for value, g in zip(values, gradient, strict=True)]
    flows = Flows(
        graph_id=GRAPH_ID,
        features=FEATURES,
        inputs=INPUTS,
        effects=effects,
        leaving=LEAVING,
        straight=STRAIGHT,
        between=[[one * g for one in row] for row, g in zip(BETWEEN, gradient, strict=True)],
        entering=[[one * g for one in row] for row, g in zip(GIVEN, gradient, strict=True)],
    )
    shares = [
        straight + sum(row[at] for row in flows.entering) for at, straight in enumerate(STRAIGHT)
    ]
    pushes = Pushes(GRAPH_ID, PUSHED, tuple(range(5)), [0.2] * 5, _rows())
    quantity = sum(LEAVING) + sum(STRAIGHT)
    graph = Graph.model_validate(
        {
            "metadata": _metadata(quantity, question),
            "nodes": [
                *map(_feature, FEATURES, values, effects, range(len(FEATURES))),
                *map(_input, INPUTS, shares),
                _node(ANSWER, "logit", clerp='Output " Paris" (p=0.81)', token_prob=0.81),
            ],
            "links": _links(flows)[:drawn],
        }
    )
    return graph, Parts(flows, pushes)


def save_account(graph: Graph, parts: Parts, file: Path) -> None:
    """The graph and what lies beside it."""
    graph.save(file)
    parts.save(file)


def _rows() -> list[list[float]]:
    return [[0.31 * (1 + (at * 3 + word) % 5) - 0.9 for word in range(5)] for at in range(5)]


def _links(flows: Flows) -> list[dict[str, Any]]:
    """The strongest flows first, all with weights in the unit of their target."""
    found: list[tuple[float, dict[str, Any]]] = []
    for t, target in enumerate(FEATURES):
        into = [*zip(FEATURES, BETWEEN[t], flows.between[t], strict=False)]
        into += zip(INPUTS, GIVEN[t], flows.entering[t], strict=True)
        for source, weight, flow in into:
            found.append((flow, {"source": source, "target": target, "weight": weight}))
    straight = [*zip(FEATURES, LEAVING, strict=True), *zip(INPUTS, STRAIGHT, strict=True)]
    for source, weight in straight:
        found.append((weight, {"source": source, "target": ANSWER, "weight": weight}))
    return [link for flow, link in sorted(found, key=lambda one: -abs(one[0])) if flow]


def _feature(node_id: str, value: float, effect: float, at: int) -> dict[str, Any]:
    words = {
        "reads": [{"word": "France", "share": 0.7}, {"word": "the start", "share": -0.2}],
        "pushes": [PUSHED[at], PUSHED[(at + 1) % 5]],
        "opposes": [PUSHED[(at + 2) % 5]],
    }
    influence = 0.2 * (at + 1)
    return _node(node_id, "neuron", activation=value, effect=effect, influence=influence, **words)


def _input(node_id: str, share: float) -> dict[str, Any]:
    if node_id == "E_biases_0":
        return _node(node_id, "bias", clerp="biases", effect=share, feature=None)
    return _node(node_id, "embedding", effect=share, influence=0.9)


def _node(node_id: str, feature_type: str, **fields: Any) -> dict[str, Any]:
    layer, index, position = node_id.split("_")
    return {
        "node_id": node_id,
        "feature": int(index) if index.isdecimal() else None,
        "layer": layer,
        "ctx_idx": int(position),
        "feature_type": feature_type,
        "jsNodeId": f"{layer}_{index}-{position}",
        "clerp": "",
    } | fields


def _metadata(quantity: float, question: dict[str, Any]) -> dict[str, Any]:
    info = make_graph().metadata.tracer
    assert info is not None
    fields = info.model_dump()
    fields["question"] |= question
    trial = [(FEATURES[0], -1.4, -1.2), (FEATURES[4], -0.9, -1.0), (FEATURES[2], -0.5, -0.6)]
    account = {
        "quantity": quantity,
        "unit": "logits",
        "swept": 40,
        "flow": 0.81,
        "input_flow": 0.42,
        "bound_by": "most",
        "links_hold": 0.9,
        "boxes": [],
        "trial": {
            "nodes": [{"node": one, "predicted": p, "actual": a} for one, p, a in trial],
            "correlation": 0.97,
        },
    }
    return {
        "slug": "france-paris",
        "scan": "tiny",
        "prompt_tokens": TOKENS,
        "prompt": "The capital of France is",
        "tracer": fields
        | {"format": 2, "scores": None, "account": account, "token_ids": list(range(7))},
    }
