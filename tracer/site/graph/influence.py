"""How much of the answers runs through each node, along the links of the graph that is shown.

Ameisen et al. 2025, "Circuit Tracing", node influence: weights are taken absolute and divided by
their sum at each target, and followed down from the answers, layer by layer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from tracer.documents.graph import Graph, Link


def influence_shares(graph: Graph, answers: Mapping[str, float]) -> dict[str, float]:
    """Node id -> its share of the influence on the answers, which weigh what `answers` says."""
    inputs: dict[str, list[Link]] = defaultdict(list)
    for link in graph.links:
        inputs[link.target].append(link)
    through = dict.fromkeys(graph.node_ids, 0.0) | dict(answers)
    for node in sorted(graph.nodes, key=lambda node: -node.layer_number):
        flowing = inputs[node.node_id]
        total = sum(abs(link.weight) for link in flowing)
        if total == 0:
            continue
        for link in flowing:
            through[link.source] += through[node.node_id] * abs(link.weight) / total
    whole = sum(answers.values()) or 1.0
    return {node_id: value / whole for node_id, value in through.items()}
