"""A graph as large as the largest that people publish."""

from __future__ import annotations

import random
from typing import Any

from tests.builders import make_graph
from tracer.documents.graph import Graph

TOKENS, LAYERS, ANSWERS = 20, 30, 5


def large_graph(*, nodes: int, links: int) -> Graph:
    """Tokens, features spread over 30 layers and 20 tokens, and five answers; links lead upwards,
    their sizes vary widely."""
    chance = random.Random(7)
    tokens = [f" t{position}" for position in range(TOKENS)]
    fields = make_graph(prompt_tokens=tokens).model_dump(by_alias=True)
    features = nodes - TOKENS - ANSWERS
    spots = [(-1, position) for position in range(TOKENS)]
    spots += sorted((chance.randrange(LAYERS), chance.randrange(TOKENS)) for _ in range(features))
    spots += [(LAYERS, TOKENS - 1)] * ANSWERS
    fields["nodes"] = [_node(chance, number, *spot) for number, spot in enumerate(spots)]
    ids = [node["node_id"] for node in fields["nodes"]]
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < links:
        low, high = sorted(chance.sample(range(nodes), 2))
        if spots[low][0] < spots[high][0]:
            pairs.add((low, high))
    fields["links"] = [
        {"source": ids[s], "target": ids[t], "weight": chance.lognormvariate(-3, 1.5)}
        for s, t in sorted(pairs)
    ]
    return Graph.model_validate(fields)


def _node(chance: random.Random, number: int, layer: int, position: int) -> dict[str, Any]:
    name = f"{layer if layer >= 0 else 'E'}_{number}_{position}"
    node = {
        "node_id": name,
        "feature": number,
        "layer": name.split("_")[0],
        "ctx_idx": position,
        "jsNodeId": name,
        "clerp": "",
    }
    if layer < 0:
        return node | {"feature_type": "embedding"}
    if layer == LAYERS:
        probability = round(0.5 * chance.random(), 3)
        clerp = f'Output " a{number}" (p={probability})'
        return node | {"feature_type": "logit", "clerp": clerp, "token_prob": probability}
    return node | {
        "feature_type": "neuron",
        "influence": chance.random(),
        "activation": chance.gauss(0, 3),
        "effect": chance.gauss(0, 0.1),
    }
