"""A graph as large as the largest that people publish."""

from __future__ import annotations

import random

from tests.builders import make_graph
from tracer.documents.graph import Graph


def large_graph(*, nodes: int, links: int) -> Graph:
    """Features spread over 30 layers and 20 tokens; links lead upwards, their sizes vary widely."""
    chance = random.Random(7)
    tokens = [f" t{position}" for position in range(20)]
    fields = make_graph(prompt_tokens=tokens).model_dump(by_alias=True)
    spots = sorted((chance.randrange(30), chance.randrange(20)) for _ in range(nodes))
    fields["nodes"] = [
        {
            "node_id": f"{layer}_{index}_{position}",
            "feature": index,
            "layer": str(layer),
            "ctx_idx": position,
            "feature_type": "neuron",
            "jsNodeId": f"{layer}_{index}-{position}",
            "clerp": "",
            "influence": chance.random(),
            "activation": chance.gauss(0, 3),
            "effect": chance.gauss(0, 0.1),
        }
        for index, (layer, position) in enumerate(spots)
    ]
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
