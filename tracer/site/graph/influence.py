"""How much of the answers runs through each node, along the links of the graph that is shown.

Ameisen et al. 2025, "Circuit Tracing", node influence: weights are taken absolute and divided by
their sum at each target, and followed down from the answers, layer by layer. Where a graph keeps an
account, what runs through a node is known: its effect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from tracer.documents.graph import Graph, Link


def influence_shares(graph: Graph, answers: Mapping[str, float]) -> dict[str, float]:
    """Node id -> its share of the influence on the answers, which weigh what `answers` says."""
    info = graph.metadata.tracer
    if info is not None and info.account is not None:
        return _effect_shares(graph, answers)
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


def _effect_shares(graph: Graph, answers: Mapping[str, float]) -> dict[str, float]:
    """By the absolute sum of what the answer comes from; the same rule as `effectShares` in
    `assets/viewer/graph/account.js`."""
    sizes = {node.node_id: abs(node.effect or 0.0) for node in graph.nodes}
    inputs = (node.node_id for node in graph.nodes if node.kind in ("embedding", "error"))
    gross = sum(sizes[one] for one in inputs)
    shares = {one: size / gross if gross else 0.0 for one, size in sizes.items()}
    return shares | dict.fromkeys(answers, 1.0)
