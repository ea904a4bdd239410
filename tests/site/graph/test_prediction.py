"""A claim as a question to the reader."""

from __future__ import annotations

from typing import Any

from tests.builders import make_graph
from tracer.documents.annotations import Annotations
from tracer.documents.evidence import Change, ClaimEvidence, Likely
from tracer.documents.resolved_claims import ResolvedClaim, resolve_claim
from tracer.site.graph.prediction import Prediction, prediction

SAID = Annotations.model_validate(
    {
        "groups": {"france": {"name": "France", "nodes": ["0_7_4", "1_3_4"]}},
        "claims": [
            {"id": "one", "ablate": "france", "expect": {"token": " Paris", "p_below": 0.5}},
            {"id": "two", "ablate": "1_9_5", "expect": {"token": " Paris", "p_below": 0.5}},
        ],
    }
)
BEFORE = ((" Paris", 0.8), (" Rome", 0.1))
Tried = tuple[ResolvedClaim, ClaimEvidence]


def tried(number: int, *after: tuple[str, float], **more: Any) -> Tried:
    claim = SAID.claims[number]
    resolved = resolve_claim(claim, make_graph(), SAID, lambda slug: (make_graph(), SAID))
    changes = [Change(node=one, before=1, after=0) for one in resolved.touched]
    fields: dict[str, Any] = {"id": claim.id, "claim": resolved.hash, "verdict": "holds"}
    fields |= {"bound_met": True, "seed": 1, "changes": changes, "measures": []} | more
    sides = {"before": BEFORE, "after": after}
    lists = {key: [Likely(token=t, probability=p) for t, p in side] for key, side in sides.items()}
    return resolved, ClaimEvidence(**fields, **lists)


def asked(*claims: Tried) -> Prediction | None:
    return prediction(claims, SAID, make_graph().metadata.prompt_tokens, "neurons")


def test_the_question_is_the_claim_that_turns_the_answer() -> None:
    turned = tried(0, (" Rome", 0.6), (" Paris", 0.2))
    found = asked(tried(1, (" Paris", 0.1), (" Rome", 0.05)), turned)
    assert found == Prediction(
        "one",
        "Without “France” (2 neurons)",
        (("Paris", False), ("Rome", True)),
        "It says “Rome”, with 60\xa0%. “Paris” had 80\xa0%, and has 20\xa0% now.",
    )


def test_of_two_that_turn_it_the_smaller_and_none_that_fails() -> None:
    both = tried(0, (" Rome", 0.9)), tried(1, (" Rome", 0.4), (" Paris", 0.3))
    found = asked(*both)
    assert found is not None and found.claim == "two" and found.done == "Without 1_9_5"
    failed = tried(1, (" Rome", 0.4), (" Paris", 0.3), verdict="fails")
    found = asked(both[0], failed)
    assert found is not None and found.claim == "one"
    assert "is no longer among the likeliest" in found.said


def test_an_answer_that_stays_may_be_the_surprise_and_nothing_tried_is_no_question() -> None:
    found = asked(tried(0, (" Paris", 0.5), (" Rome", 0.3)))
    assert found is not None and found.said == "It still says “Paris”: 80\xa0% before, 50\xa0% now."
    assert asked() is None
