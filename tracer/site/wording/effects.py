"""How much each node, and each link, moves the answer.

A neuron may be active below zero, so a link's weight alone does not say which way it pushes the
answer: weight times the target's effect over its activation does, and can be summed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tracer.documents.graph import Graph, Link, Node


@dataclass(frozen=True)
class Effects:
    """`total`: each node's signed effect on the answer; `gain`: effect per unit of its input."""

    total: Mapping[str, float]
    gain: Mapping[str, float]

    def along(self, link: Link) -> float:
        """The signed effect on the answer that runs along a link."""
        return link.weight * self.gain.get(link.target, 0.0)


def strengthening(value: float, target: Node) -> float:
    """What is told per unit of the target's activation, told by how it strengthens the target.

    What pushes a neuron that is active below zero further down strengthens what it does.
    """
    below_zero = target.activation is not None and target.activation < 0
    return -value if below_zero else value


def effects_on(graph: Graph, answer: Collection[str]) -> Effects:
    """Effects on the answer's nodes: those that the file states, else summed along its links."""
    if any(node.effect is not None for node in graph.nodes):
        return _stated(graph, answer)
    return _along_links(graph, answer)


def _stated(graph: Graph, answer: Collection[str]) -> Effects:
    total = {node.node_id: node.effect for node in graph.nodes if node.effect is not None}
    gain = dict.fromkeys(answer, 1.0)
    for node in graph.nodes:
        if node.effect is not None and node.activation:
            gain[node.node_id] = node.effect / node.activation
    return Effects(total, gain)


def _along_links(graph: Graph, answer: Collection[str]) -> Effects:
    """Each link counts as its share of its target's input, multiplied along every path."""
    inputs: dict[str, float] = defaultdict(float)
    out: dict[str, list[Link]] = defaultdict(list)
    for link in graph.links:
        inputs[link.target] += abs(link.weight)
        out[link.source].append(link)
    total = dict.fromkeys(answer, 1.0)
    gain: dict[str, float] = {}
    for node in sorted(graph.nodes, key=lambda node: -node.layer_number):
        one = node.node_id
        if node.kind != "logit":
            total[one] = sum(link.weight * gain.get(link.target, 0.0) for link in out[one])
        if inputs[one]:
            gain[one] = total.get(one, 0.0) / inputs[one]
    return Effects(total, gain)
