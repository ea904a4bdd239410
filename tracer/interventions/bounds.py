"""What a claim's bound asks of what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from tracer.documents.claims import Expectation
from tracer.documents.evidence import ClaimEvidence, Measure
from tracer.documents.evidence_comparison import MARGIN, close

OFF = 0.1  # a neuron is never quite silent: this share of what it was counts as off


def bound_met(expect: Expectation, sides: tuple[float, float], tops: Sequence[bool]) -> bool:
    """Whether the bound on a token is met; it must not be met before.

    `sides` are its probability, or its lead where the bound is on that, before and after; `tops`
    whether it was the likeliest token.
    """
    bound, (before, after) = expect.bound, sides
    limit = getattr(expect, bound)
    met: dict[str, Callable[[], bool]] = {
        "p_falls_by": lambda: after <= before * (1 - limit),
        "p_rises_by": lambda: after >= before * (1 + limit),
        "p_below": lambda: after < limit <= before,
        "p_above": lambda: after > limit >= before,
        "lead_falls_by": lambda: before - after >= limit,
        "lead_rises_by": lambda: after - before >= limit,
        "becomes_top": lambda: tops[1] and not tops[0],
    }
    return met[bound]()


def bounded(expect: Expectation, measures: Sequence[Measure]) -> Measure:
    """The measure that the bound is on."""
    return measures[-1 if expect.bound.startswith("lead") else 0]


def at_the_bound(expect: Expectation, found: ClaimEvidence) -> bool:
    """Whether numbers that are close to these could decide the bound otherwise."""
    if expect.bound.startswith("continuation"):
        return False
    if expect.bound == "becomes_top":
        firsts = [side[:2] for side in (found.before, found.after)]
        return any(close(one.probability, other.probability, MARGIN) for one, other in firsts)
    befores, afters = map(_around, bounded(expect, found.measures).sides)
    pairs = list(product(befores, afters))
    if expect.bound == "feature_off":
        return min(afters) <= 0 or len({after <= OFF * before for before, after in pairs}) > 1
    return len({bound_met(expect, pair, ()) for pair in pairs}) > 1


def _around(value: float) -> tuple[float, float]:
    margin = MARGIN * max(1.0, abs(value))
    return value - margin, value + margin
