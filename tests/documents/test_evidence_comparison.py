"""What was measured again elsewhere says the same, or does not."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.documents.claims import Expectation
from tracer.documents.evidence import ClaimEvidence, Exchange, Faithfulness
from tracer.documents.evidence_comparison import (
    claim_agrees,
    curve_agrees,
    exchange_agrees,
    faithfulness_agrees,
)
from tracer.documents.size_curve import SizeCurve
from tracer.interventions.bounds import at_the_bound

CONTROLS = [0.5 + 0.01 * at for at in range(20)]


def likely(*pairs: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"token": token, "probability": probability} for token, probability in pairs]


def claim(**fields: Any) -> ClaimEvidence:
    measure = {"quantity": "lead", "before": 2.0, "after": 0.4, "beaten": 20, "decides": True}
    measure |= {"controls": CONTROLS} | fields.pop("measure", {})
    whole = {
        "id": "one",
        "claim": "0" * 64,
        "verdict": "holds",
        "bound_met": True,
        "seed": 7,
        "changes": [{"node": "1_2_3", "before": 1.5, "after": 0.0}],
        "measures": [measure],
        "before": likely((" a", 0.5), (" b", 0.2), (" c", 0.1)),
        "after": likely((" b", 0.4), (" a", 0.3), (" c", 0.1)),
    }
    return ClaimEvidence.model_validate(whole | fields)


def faithful(**fields: Any) -> Faithfulness:
    part: dict[str, Any] = {"ablated": 3, "predicted": -1.0, "value": 0.5, "probability": 0.2}
    part |= {"control_values": CONTROLS, "control_probabilities": CONTROLS}
    node = {"predicted": -0.1, "actual": -0.2, "probability": 0.3, "control": 0.05}
    whole = {
        "unit": "logits",
        "value": 2.0,
        "probability": 0.5,
        "seed": 7,
        "nodes": [{"node": f"1_{at}_3", **node} for at in range(20)],
        "correlation": 0.9,
        "slope": 1.1,
        "circuit": "groups",
        "circuit_nodes": ["1_2_3"],
        "necessity": part | fields.pop("part", {}),
    }
    return Faithfulness.model_validate(whole | fields)


def others(count: int) -> list[float]:
    """The controls, of which some are other features'."""
    return [one + 0.2 * (at < count) for at, one in enumerate(CONTROLS)]


@pytest.mark.parametrize(
    "fields",
    [
        {"measure": {"after": 0.4005, "before": 2.001}},
        {"changes": [{"node": "1_2_3", "before": 1.5004, "after": 0.0}]},
        # At a near tie another feature is among the ten nearest.
        {"measure": {"controls": others(2)}},
        # Nearly as likely tokens change places, the last one with one that is not shown.
        {"before": likely((" a", 0.5), (" b", 0.2), (" d", 0.1004))},
        {"after": likely((" b", 0.4), (" a", 0.3), (" c", 0.1004))},
    ],
)
def test_a_claim_that_differs_by_less_than_the_tolerance(fields: dict[str, Any]) -> None:
    assert claim_agrees(claim(), claim(**fields)) and claim_agrees(claim(**fields), claim())


@pytest.mark.parametrize(
    "fields",
    [
        {"measure": {"after": 0.402}},
        {"measure": {"before": 2.003}},
        {"measure": {"controls": others(3)}},
        {"measure": {"controls": CONTROLS[1:], "beaten": 19}},
        {"measure": {"decides": False}},
        {"changes": [{"node": "1_2_4", "before": 1.5, "after": 0.0}]},
        {"changes": [{"node": "1_2_3", "before": 1.502, "after": 0.0}]},
        {"before": likely((" a", 0.5), (" d", 0.2), (" c", 0.1))},
        {"before": likely((" b", 0.5), (" a", 0.2), (" c", 0.1))},
        {"continuation_after": " else"},
        {"seed": 8},
        # Words that no number near its bound explains.
        {"measure": {"beaten": 19}, "verdict": "fails"},
        {"bound_met": False, "verdict": "fails"},
        {"verdict": "fails"},
    ],
)
def test_a_claim_that_differs_by_more(fields: dict[str, Any]) -> None:
    assert not claim_agrees(claim(), claim(**fields))
    assert not claim_agrees(claim(**fields), claim())


def test_a_verdict_turns_where_a_control_is_as_strong_as_the_claim() -> None:
    above, below = [0.4003, *CONTROLS[1:]], [0.3997, *CONTROLS[1:]]
    holds = claim(measure={"controls": above})
    fails = claim(measure={"controls": below, "beaten": 19}, verdict="fails")
    assert claim_agrees(holds, fails) and claim_agrees(fails, holds)
    lost = claim(measure={"controls": below, "beaten": 18}, verdict="fails")
    assert not claim_agrees(holds, lost)


def test_tokens_that_are_nearly_as_likely_change_places() -> None:
    one = claim(before=likely((" a", 0.4), (" b", 0.3005), (" c", 0.3)))
    other = claim(before=likely((" a", 0.4), (" c", 0.3004), (" b", 0.3001)))
    assert claim_agrees(one, other) and claim_agrees(other, one)


@pytest.mark.parametrize(
    ("expect", "after", "near"),
    [
        ({"lead_falls_by": 1.6}, 0.4005, True),
        ({"lead_falls_by": 1.5}, 0.4, False),
        ({"lead_rises_by": 1.5}, 3.501, True),
        ({"lead_rises_by": 1.5}, 2.1, False),
    ],
)
def test_a_bound_turns_where_the_measured_is_as_large(
    expect: dict[str, float], after: float, near: bool
) -> None:
    asked = Expectation.model_validate({"token": " a", "versus": " b", **expect})
    met = claim(measure={"after": after})
    missed = met.model_copy(update={"bound_met": False, "verdict": "fails"})
    assert at_the_bound(asked, met) == at_the_bound(asked, missed) == near
    assert claim_agrees(met, missed, at_the_bound=near) == near


def test_bounds_of_other_kinds() -> None:
    off = Expectation.model_validate({"feature_off": "1_2_4"})
    for after, near in ((0.0, True), (0.2005, True), (0.4, False)):
        assert at_the_bound(off, claim(measure={"after": after})) == near
    top = Expectation.model_validate({"token": " b", "becomes_top": True})
    assert not at_the_bound(top, claim())
    assert at_the_bound(top, claim(after=likely((" b", 0.4), (" a", 0.399))))
    said = Expectation.model_validate({"continuation_contains": " x"})
    assert not at_the_bound(said, claim(measure={"before": 0.0, "after": 1.0}))


def test_faithfulness_within_and_beyond_the_tolerance() -> None:
    nodes = faithful().model_dump()["nodes"]
    for agrees, fields in (
        (True, {"value": 2.001, "correlation": 0.9005}),
        (True, {"part": {"control_values": others(2), "control_probabilities": others(1)}}),
        (True, {"nodes": [{**nodes[0], "control": 0.3}, *nodes[1:]]}),
        (False, {"value": 2.003}),
        (False, {"slope": 1.105}),
        (False, {"circuit_nodes": ["1_2_4"]}),
        (False, {"part": {"control_values": others(3)}}),
        (False, {"part": {"value": 0.502}}),
        (False, {"part": {"predicted": None}}),
        (False, {"nodes": [{**one, "control": 0.3} for one in nodes]}),
        (False, {"nodes": [{**nodes[0], "actual": -0.202}, *nodes[1:]]}),
        (False, {"nodes": [*nodes[1:], nodes[0]]}),
        # Of older files, and not measured any more.
        (True, {"sufficiency": faithful().necessity.model_dump()}),
    ):
        assert faithfulness_agrees(faithful(), faithful(**fields)) == agrees, fields


def exchange(**fields: Any) -> Exchange:
    point: dict[str, Any] = {
        "features": 10,
        "enough": 0.6,
        "needed": 0.7,
        "turns_there": True,
        "turns_here": True,
    }
    point |= {"controls_enough": [0.1, -0.1, 0.03], "controls_needed": [0.02, 0.0, 0.04]}
    whole = {
        "prompt": "another",
        "answer": " a",
        "other": " b",
        "other_id": 4,
        "changed": [3],
        "lead": 2.0,
        "lead_there": -1.0,
        "seed": 7,
        "curve": [point | fields.pop("point", {})],
        "early_layers": 3,
        "late_layers": 4,
        "middle": [point],
        "circuit": "groups",
        "circuit_nodes": ["1_2_3"],
        "circuit_exchanged": point,
    }
    return Exchange.model_validate(whole | fields)


@pytest.mark.parametrize(
    ("agrees", "fields"),
    [
        (True, {"lead": 2.001, "point": {"enough": 0.615, "turns_there": False}}),
        (True, {"point": {"controls_enough": [0.15, -0.11, 0.03]}}),  # others were drawn
        (False, {"point": {"enough": 0.625}}),
        (False, {"point": {"controls_enough": [0.15, 0.0, 0.03]}}),
        (False, {"point": {"controls_needed": []}}),
        (False, {"point": {"features": 9}}),
        (False, {"lead_there": -1.003}),
        (False, {"changed": [4]}),
        (False, {"middle": []}),
        (False, {"circuit_exchanged": None}),
    ],
)
def test_exchanges_within_and_beyond_the_tolerance(agrees: bool, fields: dict[str, Any]) -> None:
    assert exchange_agrees(exchange(), exchange(**dict(fields))) == agrees
    assert exchange_agrees(exchange(**fields), exchange()) == agrees


def sizes(supporters: float = 0.8, strongest: float = 0.4, **fields: Any) -> SizeCurve:
    point: dict[str, Any] = {
        "share": 0.1,
        "parts": 92,
        "supporters": supporters,
        "strongest": strongest,
    }
    point |= {"controls_supporters": CONTROLS[:3], "controls_strongest": CONTROLS[:3]}
    whole = {"prompt": "p", "answer": " a", "other": " b", "other_id": 4, "seed": 7, "words": 1}
    whole |= {"lead": 2.0, "lead_there": -1.0, "parts": 920, "points": [point]}
    whole |= {"cpr": 1.2, "cmd": 0.03, "controls_cpr": [0.5, 0.6], "controls_cmd": [0.2, 0.3]}
    return SizeCurve.model_validate(whole | fields)


@pytest.mark.parametrize(
    ("other", "agrees"),
    [
        (sizes(supporters=0.81, cpr=1.21, lead=2.0005), True),
        (sizes(parts=921, controls_cpr=[0.1, 0.9]), True),  # one more differs: other draws
        (sizes(supporters=0.83), False),
        (sizes(strongest=0.43), False),
        (sizes(cmd=0.06), False),
        (sizes(parts=990), False),
        (sizes(lead=2.1), False),
        (sizes(other=" c"), False),
        (sizes(points=[]), False),
        (sizes(controls_cpr=[0.5]), False),
    ],
)
def test_curves_agree_in_shares_and_areas(other: SizeCurve, agrees: bool) -> None:
    assert curve_agrees(sizes(), other) is agrees and curve_agrees(other, sizes()) is agrees
