"""Predict, then reveal: a claim as a question, with what the model really said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracer.documents.annotations import Annotations
from tracer.documents.evidence import ClaimEvidence
from tracer.documents.resolved_claims import ResolvedClaim
from tracer.site.graph.claims import operation
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import visible

CHOICES = 4


@dataclass(frozen=True)
class Prediction:
    """What was done, the words to choose from, each with whether it is the one the model says, and
    what it says."""

    claim: str
    done: str
    choices: tuple[tuple[str, bool], ...]
    said: str


def prediction(
    tried: Iterable[tuple[ResolvedClaim, ClaimEvidence]],
    annotations: Annotations,
    tokens: Sequence[str],
    nouns: str = "features",
) -> Prediction | None:
    """Of one claim that holds: one that changes what comes first, by as few `nouns` as may be, else
    the one that moved the answer most. None where nothing was tried, or there is no choice."""
    ranked = sorted(tried, key=lambda one: _surprise(one[1]), reverse=True)
    for resolved, found in ranked:
        choices = _choices(found)
        if len(choices) > 1:
            done = operation(resolved.claim, annotations, resolved.other_model, tokens)
            count = len(found.changes)
            many = f" ({count} {nouns})" if count > len([*resolved.claim.targets()]) else ""
            return Prediction(resolved.claim.id, f"{done}{many}", choices, _said(found))
    return None


def _surprise(found: ClaimEvidence) -> tuple[bool, bool, bool, float]:
    if not found.before or not found.after:
        return False, False, False, 0.0
    first, now = found.before[0], _now(found, found.before[0].token)
    turns = found.after[0].token != first.token
    size = -float(len(found.changes)) if turns else abs(first.probability - now)
    return found.verdict == "holds", turns, not found.looks, size


def _choices(found: ClaimEvidence) -> tuple[tuple[str, bool], ...]:
    """What comes first now, what did, and the likeliest others, by the alphabet."""
    if not found.before or not found.after:
        return ()
    right = visible(found.after[0].token).strip()
    words = [right, *(visible(one.token).strip() for one in (*found.before, *found.after))]
    chosen = [one for one in dict.fromkeys(words) if one][:CHOICES]
    return tuple((one, one == right) for one in sorted(chosen, key=str.casefold))


def _said(found: ClaimEvidence) -> str:
    first, now = found.before[0], found.after[0]
    after = _now(found, first.token)
    was, says = visible(first.token).strip(), visible(now.token).strip()
    had = percent(first.probability)
    if was == says:
        return f"It still says “{says}”: {had} before, {percent(after)} now."
    rest = f"has {percent(after)} now" if after else "is no longer among the likeliest"
    return f"It says “{says}”, with {percent(now.probability)}. “{was}” had {had}, and {rest}."


def _now(found: ClaimEvidence, token: str) -> float:
    return next((one.probability for one in found.after if one.token == token), 0.0)
