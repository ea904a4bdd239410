"""What taking a look away should change is what the frozen network does without it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.attribution.account.test_account import Case
from tests.tiny_models import EVERY_FAMILY, exact_tiny_model
from tracer.attribution.account.sweep_up import sweep_up
from tracer.attribution.looks import Look, strongest_looks
from tracer.model.frozen_pass import FrozenPass

WORDS = [(0, 1), (1, 3), (3, 4), (4, 7), (7, 8)]

# The rerun below reads the start's streams from the patterns where blocks are parallel.
PARALLEL = ("gpt-neox", "cohere2")
IN_TURN = [one for one in EVERY_FAMILY if getattr(one, "values", (one,))[0] not in PARALLEL]


def asked(case: Case, frozen: FrozenPass) -> float:
    """What the question is, with every feature passing on what it reads."""
    targets = case.targets(contrast=(7,))
    nothing = case.random(targets, 0.0)
    swept = sweep_up(frozen, case.active, nothing, targets.effect_direction)
    return float(swept.answer_inputs.sum())


def without(frozen: FrozenPass, look: Look) -> FrozenPass:
    pattern = frozen.patterns[look.layer].clone()
    row = pattern[look.head, look.query]
    row[list(look.keys)] = 0
    row /= row.sum()
    patterns = list(frozen.patterns)
    patterns[look.layer] = pattern
    return replace(frozen, patterns=tuple(patterns))


@pytest.mark.parametrize("family", IN_TURN)
def test_predictions_are_exact_where_all_else_is_frozen(tmp_path: Path, family: str) -> None:
    case = Case(exact_tiny_model(tmp_path, family))
    direction = case.targets(contrast=(7,)).effect_direction
    looks = strongest_looks(case.frozen, case.active, direction, WORDS, most=6)
    assert len(looks) == 6 and all(min(one.keys) > 0 for one in looks)
    assert all(max(one.keys) < one.query for one in looks)
    assert looks == sorted(looks, key=lambda one: -abs(one.effect))
    before = asked(case, case.frozen)
    for look in looks:
        change = asked(case, without(case.frozen, look)) - before
        assert change == pytest.approx(look.without, rel=1e-5, abs=1e-6)  # softmax is float32
