"""Whether what was measured again says the same."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from pydantic import BaseModel

from tracer.documents.evidence import (
    ClaimEvidence,
    Exchange,
    Exchanged,
    ExchangedLayer,
    Faithfulness,
    Likely,
    Measure,
    PartAblation,
    SilencedGroups,
    verdict_of,
)
from tracer.documents.size_curve import SizeCurve, SizePoint

TOLERANCE = 1e-3
MARGIN = 2 * TOLERANCE  # closer than this, two numbers may be the other way round elsewhere
# Controls are drawn from the ten features nearest in loudness: where two are nearly as near,
# another machine draws the other. This share of them, or one, may be others.
OTHERS = 0.1
# Of features that score nearly the same, another machine may take the other one; so a share of
# what many features move is less certain than one number.
SHARES = 0.02


def close(left: float | None, right: float | None, tolerance: float = TOLERANCE) -> bool:
    """Within `tolerance`, absolute below 1 and relative above; None is close to None only."""
    if left is None or right is None:
        return left is right
    return abs(left - right) <= tolerance * max(1.0, abs(left), abs(right))


def groups_agree(left: SilencedGroups, right: SilencedGroups) -> bool:
    """The same groups, confirmed alike; which words come last among them may differ."""
    return len(left.groups) == len(right.groups) and all(
        one.nodes == other.nodes and close(one.confirmed, other.confirmed, SHARES)
        for one, other in zip(left.groups, right.groups, strict=True)
    )


def faithfulness_agrees(left: Faithfulness, right: Faithfulness) -> bool:
    """The same nodes, and numbers that are close; controls by their own rule."""
    controls = [[one.control for one in side.nodes] for side in (left, right)]
    own = [
        side.model_dump(
            exclude={
                "nodes": {"__all__": {"control"}},
                "necessity": _DRAWN,
                "sufficiency": True,  # of older files, and not measured any more
            }
        )
        for side in (left, right)
    ]
    return (
        _alike(*own)
        and _controls_agree(*controls)
        and _part_agrees(left.necessity, right.necessity)
    )


def exchange_agrees(left: Exchange, right: Exchange) -> bool:
    """The same prompts and features, and shares that are close; controls by their mean."""
    shares = {"curve", "middle", "circuit_exchanged", "layers"}
    own = [side.model_dump(exclude=shares) for side in (left, right)]
    sides = [(*one.curve, *one.middle, one.circuit_exchanged) for one in (left, right)]
    counts = [(len(one.curve), len(one.middle)) for one in (left, right)]
    same = _alike(*own) and counts[0] == counts[1] and all(map(_shares_agree, *sides))
    return same and _layers_agree(left.layers, right.layers)


def _layers_agree(left: Sequence[ExchangedLayer], right: Sequence[ExchangedLayer]) -> bool:
    return len(left) == len(right) and all(
        (one.layer, one.features) == (other.layer, other.features)
        and close(one.enough, other.enough, SHARES)
        and close(one.needed, other.needed, SHARES)
        for one, other in zip(left, right, strict=True)
    )


def _shares_agree(left: Exchanged | None, right: Exchanged | None) -> bool:
    """Whether an answer turns follows from the shares."""
    if left is None or right is None:
        return left is right
    pairs = [(left.controls_enough, right.controls_enough)]
    pairs += [(left.controls_needed, right.controls_needed)]
    return (
        left.features == right.features
        and close(left.enough, right.enough, SHARES)
        and close(left.needed, right.needed, SHARES)
        and all(len(one) == len(other) for one, other in pairs)
        and all(close(fmean(one), fmean(other), SHARES) for one, other in pairs if one and other)
    )


def curve_agrees(left: SizeCurve, right: SizeCurve) -> bool:
    """The same prompts, and shares and areas that are close. Where one feature more differs in the
    last bit, all controls are other draws; so they are not compared, nor how many parts a share
    is."""
    derived = {"parts", "points", "cpr", "cmd", "controls_cpr", "controls_cmd"}
    own = [side.model_dump(exclude=derived) for side in (left, right)]
    areas = ((left.cpr, right.cpr), (left.cmd, right.cmd))
    return (
        _alike(*own)
        and close(left.parts, right.parts, SHARES)
        and len(left.controls_cpr) == len(right.controls_cpr)
        and len(left.points) == len(right.points)
        and all(map(_points_agree, left.points, right.points))
        and all(close(*pair, SHARES) for pair in areas)
    )


def _points_agree(left: SizePoint, right: SizePoint) -> bool:
    return (
        left.share == right.share
        and close(left.supporters, right.supporters, SHARES)
        and close(left.strongest, right.strongest, SHARES)
    )


def claim_agrees(left: ClaimEvidence, right: ClaimEvidence, *, at_the_bound: bool = False) -> bool:
    """The same words, and numbers that are close; controls and likely tokens by their own rule.

    How many controls were beaten may differ by those that are close or others, and `bound_met`
    where `at_the_bound` says that what was measured is close to the bound. The verdict follows
    from the two: it may differ where they may.
    """
    derived = {"verdict", "bound_met", "measures", "before", "after"}
    same = _alike(left.model_dump(exclude=derived), right.model_dump(exclude=derived))
    return (
        same
        and len(left.measures) == len(right.measures)
        and all(map(_measure_agrees, left.measures, right.measures))
        and _likely_agree(left.before, right.before)
        and _likely_agree(left.after, right.after)
        and (left.bound_met == right.bound_met or at_the_bound)
        and _follows(left)
        and _follows(right)
    )


_DRAWN = {"control_values", "control_probabilities"}


def _part_agrees(left: PartAblation, right: PartAblation) -> bool:
    own = [side.model_dump(exclude=_DRAWN) for side in (left, right)]
    return (
        _alike(*own)
        and _controls_agree(left.control_values, right.control_values)
        and _controls_agree(left.control_probabilities, right.control_probabilities)
    )


def _measure_agrees(left: Measure, right: Measure) -> bool:
    derived = {"controls", "beaten"}
    if not _alike(left.model_dump(exclude=derived), right.model_dump(exclude=derived)):
        return False
    if not _controls_agree(left.controls, right.controls):
        return False
    undecided = sum(
        not close(one, other) or close(one, left.after, MARGIN)
        for one, other in zip(left.controls, right.controls, strict=True)
    )
    return abs(left.beaten - right.beaten) <= undecided


def _controls_agree(left: Sequence[float | None], right: Sequence[float | None]) -> bool:
    if len(left) != len(right):
        return False
    others = sum(not close(one, other) for one, other in zip(left, right, strict=True))
    return others <= max(1, OTHERS * len(left))


def _likely_agree(left: Sequence[Likely], right: Sequence[Likely]) -> bool:
    """Close at each rank; tokens that are nearly as likely may change places, at the last rank
    also with one that is not shown."""
    ranks = zip(left, right, strict=False)
    return (
        len(left) == len(right)
        and all(close(one.probability, other.probability) for one, other in ranks)
        and all(_is_among(one, right) for one in left)
        and all(_is_among(one, left) for one in right)
    )


def _is_among(one: Likely, there: Sequence[Likely]) -> bool:
    return close(one.probability, there[-1].probability) or any(
        one.token == other.token and close(one.probability, other.probability) for other in there
    )


def _follows(found: ClaimEvidence) -> bool:
    """Whether the verdict is what the rest says."""
    return found.verdict == verdict_of(found.bound_met, found.measures)


def _alike(left: Any, right: Any) -> bool:
    """Equal, but for numbers that are close."""
    if isinstance(left, BaseModel) and isinstance(right, BaseModel):
        return _alike(left.model_dump(), right.model_dump())
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_alike(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_alike, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return close(left, right)
    return bool(left == right)
