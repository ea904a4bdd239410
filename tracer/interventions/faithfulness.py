"""How faithful a graph is: what it predicts, against what the real model does.

Each of the strongest nodes is set to zero alone; then the circuit (is it necessary?), beside
matched controls. Whether it is enough is asked in `exchange.py`: with all else at zero there is no
model left to ask.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracer.documents.evidence import Circuit, Faithfulness, NodeAblation, PartAblation
from tracer.documents.graph import Graph, Node
from tracer.errors import TracerError
from tracer.interventions.asked import Asked, ablated
from tracer.interventions.controls import DRAWS, Controls, Member
from tracer.interventions.steered_pass import Setting, SteeredPrompt

STRONGEST = 50
SUPPORTERS = 10  # stand for the circuit where nobody has named groups


def circuit_of(graph: Graph, groups: Sequence[Sequence[str]]) -> tuple[Circuit, list[str]]:
    """The nodes whose necessity is tested: all that people grouped, else the strongest
    supporters."""
    listed = [node.node_id for node in _features(graph)]
    named = {one for group in groups for one in group}
    if named & set(listed):
        return "groups", [one for one in listed if one in named]
    supporters = sorted(_features(graph), key=lambda one: -(one.effect or 0))[:SUPPORTERS]
    chosen = {one.node_id for one in supporters if (one.effect or 0) > 0}
    return "strongest", [one for one in listed if one in chosen]


def can_be_measured(graph: Graph) -> bool:
    """Whether the graph says what it explains, so that it can be measured again."""
    info = graph.metadata.tracer
    return info is not None and info.question.kind != "direction" and bool(_features(graph))


def measure_faithfulness(
    prompt: SteeredPrompt, graph: Graph, groups: Sequence[Sequence[str]]
) -> Faithfulness:
    """Raises TracerError where the graph does not say what it explains, or numbers overflow."""
    info = graph.metadata.tracer
    if info is None or not can_be_measured(graph):
        raise TracerError("this graph does not say what it explains, so nothing can be measured")
    reading = Asked(prompt, info.question)
    seed = int(info.graph_id[:8], 16)
    kind, circuit = circuit_of(graph, groups)
    measured = _Measured(prompt, reading, Controls(prompt), seed)
    features = _features(graph)
    strongest = sorted(features, key=lambda one: (-abs(one.effect or 0), one.node_id))[:STRONGEST]
    nodes = measured.nodes(strongest)
    chosen = set(circuit)
    pairs = [(one.predicted, one.actual) for one in nodes]
    return Faithfulness(
        unit="logits" if reading.feature is None else "activation",
        value=reading.before,
        probability=reading.probabilities(prompt.baseline)[0],
        seed=seed,
        nodes=tuple(nodes),
        correlation=_fit(pairs, statistics.correlation),
        slope=_fit(pairs, lambda x, y: statistics.linear_regression(x, y).slope),
        circuit=kind,
        circuit_nodes=tuple(circuit),
        necessity=measured.part([one for one in features if one.node_id in chosen]),
    )


@dataclass(frozen=True)
class _Measured:
    """Ablations on one prompt."""

    prompt: SteeredPrompt
    reading: Asked
    controls: Controls
    seed: int

    def nodes(self, nodes: Sequence[Node]) -> list[NodeAblation]:
        """Each alone, and one control for each."""
        members = [ablated(self.prompt, node.node_id) for node in nodes]
        replaced = [self._controls([one], 1) for one in members]
        variants = [[one.setting] for one in members]
        variants += [settings for draws in replaced for settings in draws]
        values, probabilities = self.reading.run(variants)
        instead = iter(values[len(nodes) :])
        return [
            NodeAblation(
                node=node.node_id,
                predicted=-(node.effect or 0),
                actual=value - self.reading.before,
                probability=probability,
                control=next(instead) - self.reading.before if draws else None,
            )
            for node, value, probability, draws in zip(
                nodes, values[: len(nodes)], probabilities, replaced, strict=False
            )
        ]

    def part(self, nodes: Sequence[Node]) -> PartAblation:
        """All of them at once, and twenty controls."""
        members = [ablated(self.prompt, node.node_id) for node in nodes]
        draws = self._controls(members)
        values, probabilities = self.reading.run([[one.setting for one in members], *draws])
        return PartAblation(
            ablated=len(members),
            predicted=-sum(node.effect or 0 for node in nodes),
            value=values[0],
            probability=probabilities[0],
            control_values=tuple(values[1:]),
            control_probabilities=tuple(p for p in probabilities[1:] if p is not None),
        )

    def _controls(self, members: Sequence[Member], draws: int = DRAWS) -> list[list[Setting]]:
        """None where too few features are active: sparse dictionaries have such places."""
        try:
            return self.controls.draw(members, seed=self.seed, draws=draws)
        except TracerError:
            return []


def _features(graph: Graph) -> list[Node]:
    """The features behind position 0 whose effect the graph states, but not what it explains."""
    info = graph.metadata.tracer
    asked = info.question.target if info and info.question.kind == "feature" else None
    return [
        node
        for node in graph.nodes
        if node.kind == "feature"
        and node.effect is not None
        and node.ctx_idx > 0
        and node.node_id != asked
    ]


def _fit(
    pairs: Sequence[tuple[float, float]],
    make: Callable[[Sequence[float], Sequence[float]], float],
) -> float | None:
    """None where there are too few, or all are the same."""
    predicted, actual = zip(*pairs, strict=True) if pairs else ((), ())
    try:
        return float(make(predicted, actual))
    except statistics.StatisticsError:
        return None
