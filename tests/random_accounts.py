"""A small graph with an account that adds up, of a made-up linear network."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from tests.builders import PROMPT_TOKENS, make_graph
from tracer.documents.graph import Graph
from tracer.documents.named_boxes import Group, named_boxes
from tracer.documents.parts.flows import Flows
from tracer.documents.parts.ledger import Ledger
from tracer.documents.parts.parts import Parts
from tracer.documents.parts.words import Pushes
from tracer.documents.prompt_words import BIASES, input_names

FEATURES = (
    *("0_1_2", "0_2_4", "0_3_4", "1_4_4", "1_5_4", "1_6_5", "2_7_4"),
    *("2_8_5", "2_9_5", "2_10_5", "2_11_5", "2_12_5"),
)
INPUTS = (*(f"E_{at}_{at}" for at in range(len(PROMPT_TOKENS))), BIASES)
ANSWER = "3_42_5"
WORDS = (" Paris", " France", " french", " French", " the", " Lyon", "é", " a")
BOXES = {"France": FEATURES[1:5], "is": FEATURES[7:11]}


def make_account(*, seed: int = 0) -> tuple[Graph, Parts]:
    """Twelve features, six tokens and biases; two boxes, of which one is confirmed."""
    chance = random.Random(seed)
    flows, links, values = _network(chance, make_graph().metadata.tracer.graph_id)  # type: ignore[union-attr]
    rows = [[chance.uniform(-1, 1) for _ in WORDS] for _ in FEATURES]
    weights = [1 / len(WORDS)] * len(WORDS)
    pushes = Pushes(flows.graph_id, WORDS, tuple(range(len(WORDS))), weights, rows)
    ledger = Ledger(flows, pushes)
    names = input_names(INPUTS, PROMPT_TOKENS)
    boxes = named_boxes([Group(nodes, at) for at, nodes in BOXES.items()], ledger, names)
    boxes = tuple(
        box.model_copy(update={"confirmed": confirmed})
        for box, confirmed in zip(boxes, (0.9, 0.2), strict=True)
    )
    effects = dict(zip(FEATURES, flows.effects, strict=True))
    effects |= dict(zip(INPUTS, ledger.shares, strict=True))
    return _graph(effects, links, values, boxes, ledger.quantity), Parts(flows, pushes)


def save_account(root: Path, slug: str = "france-paris", *, seed: int = 0) -> tuple[Graph, Parts]:
    """The same, written into a gallery."""
    graph, parts = make_account(seed=seed)
    file = root / "graphs" / slug / "1.json"
    graph.save(file)
    parts.save(file)
    return graph, parts


Links = list[tuple[str, str, float]]


def _network(chance: random.Random, graph_id: str) -> tuple[Flows, Links, dict[str, float]]:
    """Each feature is a sum over those below it and the inputs; the answer likewise."""
    k, m = len(FEATURES), len(INPUTS)
    per_unit = [[chance.uniform(-1, 1) * (s < t) for s in range(k)] for t in range(k)]
    given = [[chance.uniform(-1, 1) for _ in range(m)] for _ in range(k)]
    out = [chance.uniform(-1, 1) for _ in range(k)]
    straight = [chance.uniform(-1, 1) for _ in range(m)]
    value: list[float] = []
    for t in range(k):
        below = sum(per_unit[t][s] * value[s] for s in range(t))
        value.append(below + sum(given[t]))
    gain = [0.0] * k
    for t in reversed(range(k)):
        gain[t] = out[t] + sum(per_unit[u][t] * gain[u] for u in range(t + 1, k))
    flows = Flows(
        graph_id=graph_id,
        features=FEATURES,
        inputs=INPUTS,
        effects=[value[t] * gain[t] for t in range(k)],
        leaving=[out[t] * value[t] for t in range(k)],
        straight=straight,
        between=[[per_unit[t][s] * value[s] * gain[t] for s in range(t)] for t in range(k)],
        entering=[[one * gain[t] for one in given[t]] for t in range(k)],
    )
    links = [
        (FEATURES[s], FEATURES[t], per_unit[t][s] * value[s]) for t in range(k) for s in range(t)
    ]
    links += [(INPUTS[s], FEATURES[t], given[t][s]) for t in range(k) for s in range(m)]
    links += [(FEATURES[t], ANSWER, out[t] * value[t]) for t in range(k)]
    links += [(INPUTS[s], ANSWER, straight[s]) for s in range(m)]
    return flows, links, dict(zip(FEATURES, value, strict=True))


def _graph(
    effects: dict[str, float],
    links: Links,
    values: dict[str, float],
    boxes: tuple[Any, ...],
    quantity: float,
) -> Graph:
    fields = json.loads(make_graph().to_json())
    answer = next(node for node in fields["nodes"] if node["node_id"] == ANSWER)
    kinds = {BIASES: "bias"} | dict.fromkeys(FEATURES, "neuron")
    fields["nodes"] = [
        {
            "node_id": one,
            "feature": None,
            "layer": one.split("_")[0],
            "ctx_idx": int(one.split("_")[2]) if one != BIASES else 0,
            "feature_type": kinds.get(one, "embedding"),
            "jsNodeId": one,
            "clerp": "",
            "activation": values.get(one),
            "effect": effects[one],
        }
        for one in (*FEATURES, *INPUTS)
    ] + [answer]
    fields["links"] = [
        {"source": source, "target": target, "weight": weight} for source, target, weight in links
    ]
    fields["metadata"]["tracer"] |= {
        "format": 2,
        "account": {
            "quantity": quantity,
            "unit": "logits",
            "swept": len(FEATURES),
            "flow": 0.9,
            "input_flow": 0.6,
            "bound_by": "flow",
            "links_hold": 0.8,
            "boxes": [box.model_dump() for box in boxes],
        },
    }
    return Graph.model_validate(fields)
