"""Books over a graph's flows: what runs through any group of nodes, and what it reads and pushes.

Everything is algebra on the packed flows, so a group that a person makes adds up as one that was
found does. A node's flows are divided by its effect, which is not zero: what has none is not
listed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tracer.documents.parts.flows import Flows
from tracer.documents.parts.words import Pushes

WITHIN = 1e-4  # of the absolute sum
LEAST = 1e-6  # of the answer's: below it sums are rounding


@dataclass(frozen=True)
class Gap:
    """A sum that is not what it should be; `gross` is the absolute sum."""

    what: str
    found: float
    expected: float
    gross: float

    def __str__(self) -> str:
        return f"{self.what}: {self.found:.5g}, not {self.expected:.5g}"


class Ledger:
    """Groups are collections of node ids; ids that are no listed features count for nothing."""

    def __init__(self, flows: Flows, pushes: Pushes | None = None) -> None:
        self.flows, self.pushes = flows, pushes

    @cached_property
    def place(self) -> dict[str, int]:
        """Each listed feature's place."""
        return {name: at for at, name in enumerate(self.flows.features)}

    def effect(self, group: Collection[str]) -> float:
        return sum(self.flows.effects[at] for at in self._places(group))

    def through(self, group: Collection[str]) -> float:
        """Its members' effects less the flows among them."""
        return self.effect(group) - self.between(group, group)

    def between(self, sources: Collection[str], targets: Collection[str]) -> float:
        """What runs from features straight into other features."""
        into, froms = self._places(targets), self._places(sources)
        rows = self.flows.between
        return sum(rows[t][s] for t in into for s in froms if s < t)

    def gross(self, sources: Collection[str], targets: Collection[str]) -> float:
        """The same by absolute value."""
        into, froms = self._places(targets), self._places(sources)
        rows = self.flows.between
        return sum(abs(rows[t][s]) for t in into for s in froms if s < t)

    def entering(self, group: Collection[str]) -> list[float]:
        """What runs from each of the inputs into a group."""
        rows = [self.flows.entering[at] for at in self._places(group)]
        return [sum(column) for column in zip(*rows, strict=True)] or [0.0] * len(self.flows.inputs)

    def leaving(self, group: Collection[str]) -> float:
        """What runs from a group straight to the question."""
        return sum(self.flows.leaving[at] for at in self._places(group))

    @property
    def quantity(self) -> float:
        return sum(self.flows.leaving) + sum(self.flows.straight)

    @cached_property
    def shares(self) -> list[float]:
        """The question as a sum over the inputs."""
        shares = list(self.flows.straight)
        for row, effect in zip(self.flows.entering, self.flows.effects, strict=True):
            if effect:
                for at, flow in enumerate(row):
                    shares[at] += flow
        return shares

    def lost(self, group: Collection[str]) -> float:
        """What the question loses when a group is silenced together."""
        missing = self._missing(group)
        return sum(share * flow for share, flow in zip(missing, self.flows.leaving, strict=True))

    def pushed(self, group: Collection[str]) -> list[float]:
        """What the words of `pushes` lose when a group is silenced together, less their weighted
        mean."""
        if self.pushes is None:
            return []
        members = self._places(group)
        missing = self._missing(group)
        total = [0.0] * len(self.pushes.words)
        for at in members:
            handed = self._handed(at, missing)
            factor = 1 - handed  # what members hand on to each other is counted once
            for word, value in enumerate(self.pushes.rows[at]):
                total[word] += factor * value
        return total

    def reads(self, group: Collection[str]) -> list[float]:
        """What runs from each of the inputs into a group, over all paths, each counted once: where
        it first comes in. Together it is what is `lost` without the group."""
        inside = set(self._places(group))
        total = [0.0] * len(self.flows.inputs)
        # How much of each feature's effect runs on into the group, from the top down.
        carried = [0.0] * len(self.flows.features)
        for t in reversed(range(len(carried))):
            effect = self.flows.effects[t]
            reach = 1.0 if t in inside else (carried[t] / effect if effect else 0.0)
            if not reach:
                continue
            for s, flow in enumerate(self.flows.between[t]):
                if s not in inside:
                    carried[s] += reach * flow
            for at, flow in enumerate(self.flows.entering[t]):
                total[at] += reach * flow
        return total

    def gaps(self) -> Iterator[Gap]:
        """The sums that do not close within `WITHIN` of the absolute sum, or `LEAST` of the
        answer's."""
        flows = self.flows
        answer = sum(map(abs, flows.leaving)) + sum(map(abs, flows.straight))
        gross = answer + sum(map(abs, self.shares))
        sums = [Gap("words, start and biases", sum(self.shares), self.quantity, gross)]
        out, gross_out = list(flows.leaving), [abs(one) for one in flows.leaving]
        for row in flows.between:
            for s, flow in enumerate(row):
                out[s] += flow
                gross_out[s] += abs(flow)
        for at, name in enumerate(flows.features):
            within, effect = (*flows.between[at], *flows.entering[at]), flows.effects[at]
            gross = sum(map(abs, within)) + abs(effect)
            sums.append(Gap(f"what flows into {name}", sum(within), effect, gross))
            gross = gross_out[at] + abs(effect)
            sums.append(Gap(f"what flows out of {name}", out[at], effect, gross))
        for one in sums:
            if not abs(one.found - one.expected) <= WITHIN * one.gross + LEAST * answer:
                yield one

    def _places(self, group: Collection[str]) -> list[int]:
        return [at for one in group if (at := self.place.get(one)) is not None]

    def _missing(self, group: Collection[str]) -> list[float]:
        """Of each feature's activation, the share that is lost when a group is silenced."""
        inside = set(self._places(group))
        missing = [0.0] * len(self.flows.features)
        for t in range(len(missing)):
            missing[t] = 1.0 if t in inside else self._handed(t, missing)
        return missing

    def _handed(self, t: int, missing: Sequence[float]) -> float:
        effect = self.flows.effects[t]
        if not effect:
            return 0.0
        row = self.flows.between[t]
        return (
            sum(share * flow for share, flow in zip(missing, row, strict=False) if share) / effect
        )
