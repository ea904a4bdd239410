"""Claims and what became of them, in words and bars, as a graph's page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from markupsafe import Markup

from tracer.documents.annotations import Annotations
from tracer.documents.claims import Claim, Expectation, KnockedOut
from tracer.documents.evidence import ClaimEvidence, Measure
from tracer.documents.graph import Graph
from tracer.documents.resolved_claims import ResolvedClaim
from tracer.documents.token_id import TokenId
from tracer.documents.token_text import joined
from tracer.documents.trace_info import Answer
from tracer.site.graph.bars import bars
from tracer.site.graph.facts import model_name
from tracer.site.graph.summary import Badge
from tracer.site.prose.node_links import node_link
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import visible

QUANTITIES = {
    "probability": "probability of {token}",
    "lead": "lead of {token} over {versus}, in logits",
    "activation": "strength of {feature}",
    "continuation": "whether the continuation is as expected",
}


@dataclass(frozen=True)
class ShownMeasure:
    """One quantity before and after as bars, with the controls as a band."""

    name: str
    before: str
    after: str
    band: str
    beaten: str
    picture: Markup


@dataclass(frozen=True)
class ShownClaim:
    """A claim, ready to show. `expected` says whether its author says that it holds."""

    id: str
    sentence: str
    badge: Badge
    expected: bool
    by: str | None
    note: Markup
    link: dict[str, str]
    measures: tuple[ShownMeasure, ...]
    answers: tuple[tuple[str, str, str], ...]  # token, probability before, after
    texts: tuple[str, str] | None
    done: tuple[str, ...]

    @property
    def surprise(self) -> str | None:
        """Where evidence and author disagree, or agree that the idea failed."""
        if self.badge == "fails" and self.expected:
            return "Its author said that it would hold."
        if self.badge == "fails":
            return "Its author keeps it here as an idea that failed."
        if self.badge == "holds" and not self.expected:
            return "Its author did not expect that."
        return None


def show_claim(
    resolved: ResolvedClaim,
    annotations: Annotations,
    found: ClaimEvidence | None,
    note: Markup,
    tokens: Sequence[str] = (),
    answers: Sequence[Answer] = (),
) -> ShownClaim:
    """`found` is the evidence for this very claim, if there is any; `tokens` are the prompt's,
    `answers` the graph's."""
    claim = with_texts(resolved.claim, answers)
    return ShownClaim(
        id=claim.id,
        sentence=sentence(claim, annotations, resolved.other_model, tokens),
        badge="untested" if found is None else found.verdict,
        expected=claim.holds,
        by=claim.by,
        note=note,
        link=node_link(resolved.touched) if resolved.touched else {},
        measures=() if found is None else tuple(_measure(claim, one) for one in found.measures),
        answers=() if found is None else _answers(found),
        texts=None if found is None else _texts(found),
        done=() if found is None else tuple(_done(resolved, found, tokens)),
    )


def sentence(
    claim: Claim,
    annotations: Annotations,
    other_model: Graph | None = None,
    tokens: Sequence[str] = (),
) -> str:
    """What is done and what is expected, as one sentence; `other_model` is the graph whose model
    values are exchanged with, where they are; `tokens` are the prompt's."""
    done = operation(claim, annotations, other_model, tokens)
    return f"{done}, {_expected(claim.expect, annotations)}."


def operation(
    claim: Claim, annotations: Annotations, other_model: Graph | None, tokens: Sequence[str]
) -> str:
    """What is done, as the beginning of a sentence."""
    if claim.knocked_out:
        return f"Without {_all([_look(one, tokens) for one in claim.knocked_out])}"
    if claim.swap is not None:
        there = claim.swap.with_
        return (
            f"With {_name(claim.swap.group, annotations)} given the values that go with "
            f"{there.group} in the graph {there.graph}"
        )
    if claim.exchange is not None:
        group = _name(claim.exchange.group, annotations)
        if other_model is not None:
            return f"With {group} writing what it writes in the model {model_name(other_model)}"
        return f"With {group} given the values it has with the counterfactual prompt"
    if claim.set is not None:
        parts = [f"{_name(one, annotations)} at {value:g}" for one, value in claim.set.items()]
        return f"With {_all(parts)}"
    if claim.scale is not None:
        parts = [f"{_name(one, annotations)} at {f:g} times" for one, f in claim.scale.items()]
        return f"With {_all(parts)} what it was"
    targets = [claim.ablate] if isinstance(claim.ablate, str) else list(claim.ablate or ())
    return f"Without {_all([_name(one, annotations) for one in targets])}"


def _expected(expect: Expectation, annotations: Annotations) -> str:
    token, versus = _quoted(expect.token), _quoted(expect.versus)
    limit = getattr(expect, expect.bound)
    texts = {
        "p_falls_by": lambda: f"the probability of {token} falls by at least {percent(limit)}",
        "p_rises_by": lambda: f"the probability of {token} rises by at least {percent(limit)}",
        "p_below": lambda: f"the probability of {token} falls below {percent(limit)}",
        "p_above": lambda: f"the probability of {token} rises above {percent(limit)}",
        "lead_falls_by": lambda: f"{token} loses at least {limit:g} logits against {versus}",
        "lead_rises_by": lambda: f"{token} gains at least {limit:g} logits against {versus}",
        "becomes_top": lambda: f"{token} becomes the likeliest next word",
        "feature_off": lambda: f"{_name(str(limit), annotations)} turns off",
        "continuation_contains": lambda: f"the model goes on to say {_quoted(limit)}",
        "continuation_lacks": lambda: f"the model no longer says {_quoted(limit)}",
    }
    return texts[expect.bound]()


def _look(one: KnockedOut, tokens: Sequence[str]) -> str:
    heads = _all([str(head) for head in one.heads])
    verb = "heads {} looking" if len(one.heads) > 1 else "head {} looking"
    to, froms = tokens_named([one.to], tokens), tokens_named(one.keys, tokens)
    left = ", and nothing in its place" if one.zero else ""
    return f"{verb.format(heads)} from {to} at {froms}{left}"


def tokens_named(positions: Sequence[int], tokens: Sequence[str]) -> str:
    """Tokens of the prompt, by their text and where they stand; neighbours in one.

    >>> tokens_named([2, 3, 5], ["<s>", " the", " Col", "osse", "um", " is"])
    '“Colosse” (tokens 2 to 3) and “is” (token 5)'
    """
    runs: list[list[int]] = []
    for at in sorted(positions):
        if runs and at == runs[-1][-1] + 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    return _all([_run(one, tokens) for one in runs])


def _run(run: Sequence[int], tokens: Sequence[str]) -> str:
    places = f"tokens {run[0]} to {run[-1]}" if len(run) > 1 else f"token {run[0]}"
    if run[-1] >= len(tokens):
        return places
    text = joined([tokens[at] for at in run])
    return f"“{visible(text).strip() or visible(text)}” ({places})"


def _name(target: str, annotations: Annotations) -> str:
    key = target.removeprefix("group:")
    if key in annotations.groups:
        return f"“{annotations.groups[key].name}”"
    label = annotations.label_of(target)
    return f"“{label.text}” ({target})" if label else target


def _all(parts: list[str]) -> str:
    return " and ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def with_texts(claim: Claim, answers: Sequence[Answer]) -> Claim:
    """The claim as it is told: tokens that are given by their id by their text, where they are
    among the graph's answers."""
    texts = {one.token_id: one.token for one in answers}
    named = {
        key: texts.get(token.id, token)
        for key in ("token", "versus")
        if isinstance(token := getattr(claim.expect, key), TokenId)
    }
    return claim.model_copy(update={"expect": claim.expect.model_copy(update=named)})


def _quoted(token: str | TokenId | None) -> str:
    if isinstance(token, TokenId):
        return str(token)
    return "" if token is None else f"“{visible(token)}”"


def measured(claim: Claim, one: Measure) -> str:
    """What a measure is of."""
    expect = claim.expect
    return QUANTITIES[one.quantity].format(
        token=_quoted(expect.token), versus=_quoted(expect.versus), feature=expect.feature_off
    )


def _measure(claim: Claim, one: Measure) -> ShownMeasure:
    name = measured(claim, one)
    share = one.quantity == "probability"
    show = percent if share else lambda value: f"{value:.2f}".replace("-", "−")
    lowest, highest = min(one.controls), max(one.controls)
    verb = "did less" if one.decides else "did less (not part of the test)"
    return ShownMeasure(
        name=name[0].upper() + name[1:],
        before=show(one.before),
        after=show(one.after),
        band=f"{show(lowest)} to {show(highest)}",
        beaten=f"{one.beaten} of {len(one.controls)} {verb}",
        picture=bars(one.before, one.after, one.controls, share=share),
    )


def _answers(found: ClaimEvidence) -> tuple[tuple[str, str, str], ...]:
    """The likeliest before and after; a dash where a token is not among them."""
    before = {one.token: one.probability for one in found.before}
    after = {one.token: one.probability for one in found.after}
    highest = {one: max(before.get(one, 0.0), after.get(one, 0.0)) for one in {**before, **after}}

    def shown(side: dict[str, float], token: str) -> str:
        return percent(side[token]) if token in side else "–"

    tokens = sorted(highest, key=lambda one: (-highest[one], one))[:5]
    return tuple((visible(one), shown(before, one), shown(after, one)) for one in tokens)


def _texts(found: ClaimEvidence) -> tuple[str, str] | None:
    if found.continuation_before is None or found.continuation_after is None:
        return None
    return found.continuation_before, found.continuation_after


def _done(resolved: ResolvedClaim, found: ClaimEvidence, tokens: Sequence[str]) -> list[str]:
    done = _heads_done(found, tokens) if found.looks else _features_done(resolved, found)
    if not found.bound_met:
        return [*done, "The bound was not met."]
    if found.verdict == "fails":
        said = "The bound was met, but some controls did as much: it proves nothing."
        return [*done, said]
    return done


def _heads_done(found: ClaimEvidence, tokens: Sequence[str]) -> list[str]:
    said = [
        f"Head {one.head} no longer looked from {tokens_named([one.to], tokens)} at "
        f"{tokens_named(one.keys, tokens)}, which had {percent(one.weight)} of its attention; it "
        "looked at the others in their proportions."
        for one in found.looks or ()
    ]
    draws = len(found.measures[0].controls)
    mean = fmean(one.controls for one in found.looks or ())
    own = fmean(one.weight for one in found.looks or ())
    said.append(
        f"The control: {draws} times other heads of the same layers lost a look from there "
        "instead, those first that look at the same tokens as much, then those that look as much "
        "at others, then those that look most. What was lost had "
        f"{percent(mean)} of a head’s attention in the mean, against {percent(own)} here."
    )
    return said


def _features_done(resolved: ResolvedClaim, found: ClaimEvidence) -> list[str]:
    claim = resolved.claim
    count = len(found.changes)
    what = {
        "ablate": "set to zero",
        "scale": "scaled",
        "set": "set",
        "swap": "given their values in the other prompt",
        "exchange": "given their values in the counterfactual prompt",
    }[claim.operation]
    likewise = "the same was done"
    if resolved.other_model is not None:
        what = f"made to write what they write in the model {model_name(resolved.other_model)}"
        likewise = "as much was added to what is written, or taken away,"
    draws = len(found.measures[0].controls)
    return [
        f"{count} feature{'s were' if count > 1 else ' was'} {what} in the real model, which "
        "computed everything else anew.",
        f"The control: {likewise} {draws} times with other features instead, each drawn "
        "from the ten that are most nearly as loud in the same layer, at the same word "
        f"(seed {found.seed}).",
    ]
