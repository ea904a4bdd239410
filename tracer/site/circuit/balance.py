"""What runs between the parts of a circuit, so that each gives out what it takes in.

A node in two parts counts half in each. Every feature stands in some part, so all adds up, however
people cut their groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracer.documents.graph import Graph
from tracer.documents.parts.flows import Flows
from tracer.site.circuit.lines import Line, Part, share_of
from tracer.site.wording.effects import Effects

Run = tuple[str, str, float]  # from node to node, in units of the question


@dataclass(frozen=True)
class Rest:
    """Lines that are not drawn, together."""

    count: int = 0
    effect: float = 0.0


@dataclass(frozen=True)
class Balance:
    """The books of a picture, by the keys of its parts.

    What flows into a part and what it brings itself (`own`: words and the like) is what flows out
    of it: `through`. Of the answer, whose features may feed other parts, it is what stays.
    `held` is the share of all flows that is known, by absolute value; None where all are, and only
    then it all adds up.
    """

    unit: str
    quantity: float
    through: Mapping[str, float]
    own: Mapping[str, float]
    rest_in: Mapping[str, Rest]
    rest_out: Mapping[str, Rest]
    held: float | None = None


def all_runs(flows: Flows, answer: str) -> Iterator[Run]:
    """Every flow of an account."""
    for target, row, given in zip(flows.features, flows.between, flows.entering, strict=True):
        yield from ((source, target, one) for source, one in zip(flows.features, row, strict=False))
        yield from ((source, target, one) for source, one in zip(flows.inputs, given, strict=True))
    yield from ((one, answer, run) for one, run in zip(flows.features, flows.leaving, strict=True))
    yield from ((one, answer, run) for one, run in zip(flows.inputs, flows.straight, strict=True))


def drawn_runs(graph: Graph, effects: Effects) -> Iterator[Run]:
    """What runs along the links that a graph lists."""
    return ((link.source, link.target, effects.along(link)) for link in graph.links)


def lines_between(parts: Sequence[Part], runs: Iterable[Run]) -> list[Line]:
    """Every line from one part to another; the last part is the answer."""
    homes = homes_of(parts)
    net: dict[tuple[str, str], float] = defaultdict(float)
    gross: dict[tuple[str, str], float] = defaultdict(float)
    for source, target, flow in runs:
        if not flow:
            continue
        for start in homes.get(source, ()):
            for end in homes.get(target, ()):
                if start != end:
                    part = flow / len(homes[source]) / len(homes[target])
                    net[start, end] += part
                    gross[start, end] += abs(part)
    answer = parts[-1].key
    whole = sum(abs(effect) for (_, target), effect in net.items() if target == answer)
    return [
        Line(*ends, effect, share_of(effect, whole), gross[ends]) for ends, effect in net.items()
    ]


def homes_of(parts: Sequence[Part]) -> dict[str, tuple[str, ...]]:
    """The parts that each node is in."""
    found: dict[str, list[str]] = defaultdict(list)
    for part in parts:
        for node in part.nodes:
            found[node].append(part.key)
    return {node: tuple(keys) for node, keys in found.items()}


def through_of(lines: Iterable[Line], own: Mapping[str, float], answer: str) -> dict[str, float]:
    """What flows through each part, and what stays in the answer."""
    sums: dict[str, float] = defaultdict(float, own)
    for line in lines:
        sums[line.target] += line.effect
        if line.source == answer:
            sums[answer] -= line.effect
    return dict(sums)


def rests(lines: Iterable[Line], drawn: Iterable[Line]) -> tuple[dict[str, Rest], dict[str, Rest]]:
    """What is not drawn of what flows into each part, and out of it."""
    kept = set(drawn)
    into: dict[str, Rest] = defaultdict(Rest)
    out: dict[str, Rest] = defaultdict(Rest)
    for line in lines:
        if line not in kept:
            for sums, key in ((into, line.target), (out, line.source)):
                sums[key] = Rest(sums[key].count + 1, sums[key].effect + line.effect)
    return dict(into), dict(out)
