"""Run one claim in the real model: its bound, and twenty controls to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from torch import Tensor

from tracer.documents.claims import Expectation
from tracer.documents.evidence import (
    Change,
    ClaimEvidence,
    Likely,
    LookWeight,
    Measure,
    Quantity,
    verdict_of,
)
from tracer.documents.prompt_words import spans
from tracer.documents.resolved_claims import ResolvedClaim
from tracer.documents.token_id import TokenId
from tracer.errors import TracerError
from tracer.interventions.bounds import OFF, bound_met, bounded
from tracer.interventions.controls import Controls, Member, Place
from tracer.interventions.counterfactual import Aligned
from tracer.interventions.interventions import (
    Ablate,
    Intervention,
    Scale,
    Set,
    Swap,
    feature_names,
    settings_of,
)
from tracer.interventions.other_looks import Seen, controls_of, seen
from tracer.interventions.other_model import Other
from tracer.interventions.steer import continuation
from tracer.interventions.steered_pass import Run, Setting, SteeredPrompt
from tracer.interventions.variants import KnockedOutVariants, SetVariants, Variants
from tracer.model.frozen_pass import freeze

SHOWN = 5


@dataclass(frozen=True)
class _Outcome:
    """What one kind of expectation found."""

    measures: list[Measure]
    bound_met: bool
    run: Run  # with the claim's settings
    texts: tuple[str | None, str | None] = (None, None)


def check_claim(
    prompt: SteeredPrompt, meant: ResolvedClaim, other: Other | None = None
) -> ClaimEvidence:
    """Evidence for or against a claim. Its hash also seeds the draws. `other` is the run that
    values are exchanged with, where the counterfactual is another model.

    A claim holds only if it meets its bound and beats all controls. Raises TracerError for what
    cannot be run: tokens that are not one token, overflow, places without controls.
    """
    seed = int(meant.hash[:8], 16)
    if meant.claim.exchange is not None and other is not None:
        prompt, there = other.exchanged_with(prompt)
    else:
        there = None
    if meant.claim.knocked_out:
        looks = _looks(prompt, meant, seed)
        settings: list[Setting] = []
        done = [[cut for one in each for cut in one.knock_outs] for each in looks]
        variants: Variants = KnockedOutVariants(prompt, done)
    else:
        looks = []
        members = _members(prompt, meant, there)
        settings = [one.setting for one in members]
        variants = SetVariants(prompt, [settings, *Controls(prompt).draw(members, seed=seed)])
    found = _tried(prompt, meant, variants, settings)
    return ClaimEvidence(
        id=meant.claim.id,
        claim=meant.hash,
        verdict=verdict_of(found.bound_met, found.measures),
        bound_met=found.bound_met,
        seed=seed,
        changes=tuple(_change(prompt, one) for one in settings),
        looks=_weights(looks) if looks else None,
        measures=tuple(found.measures),
        before=_likely(prompt, prompt.baseline.logits[0]),
        after=_likely(prompt, found.run.logits[0]),
        continuation_before=found.texts[0],
        continuation_after=found.texts[1],
    )


def _tried(
    prompt: SteeredPrompt, meant: ResolvedClaim, variants: Variants, settings: Sequence[Setting]
) -> _Outcome:
    expect = meant.claim.expect
    if expect.token is not None:
        return _of_token(prompt, expect, expect.token, variants)
    if expect.feature_off is not None:
        return _of_feature(prompt, meant, variants, settings)
    return _of_continuation(prompt, expect, variants)


def _looks(prompt: SteeredPrompt, meant: ResolvedClaim, seed: int) -> list[list[Seen]]:
    """What heads no longer look at, as claimed, and in each control."""
    frozen = prompt.frozen or freeze(prompt.model, prompt.token_ids)
    own = [
        seen(frozen, head.layer, head.head, one.to, one.keys, bool(one.zero))
        for one in meant.claim.knocked_out
        for head in one.heads
    ]
    tokens = [prompt.model.tokenizer.text(one) for one in prompt.token_ids]
    controls = controls_of(frozen, own, spans(tokens), seed=seed)
    if not controls:
        raise TracerError(
            f"no control can be drawn for head {meant.claim.knocked_out[0].heads[0]}: no other "
            "head of its layer looks anywhere from there",
            hint="claim less at that place",
        )
    return [own, *controls]


def _weights(looks: Sequence[Sequence[Seen]]) -> tuple[LookWeight, ...]:
    own, *controls = looks
    return tuple(
        LookWeight(
            head=f"{one.layer}.{one.head}",
            to=one.query,
            keys=one.keys,
            weight=one.weight,
            controls=fmean(each[at].weight for each in controls),
        )
        for at, one in enumerate(own)
    )


def _members(
    prompt: SteeredPrompt, meant: ResolvedClaim, there: SteeredPrompt | None
) -> list[Member]:
    claim, nodes = meant.claim, meant.nodes
    if claim.exchange is not None and meant.counterfactual is not None:
        if there is None:
            tokenizer, other = prompt.model.tokenizer, meant.counterfactual
            ids = Aligned.of_words(tokenizer, prompt.token_ids, other)
            there = SteeredPrompt(prompt.model, prompt.targets, ids)
        return _exchanged(prompt, nodes[claim.exchange.group], there)
    done: list[tuple[Intervention, float | None]] = []
    if claim.swap is not None and meant.elsewhere is not None:
        swap = Swap(nodes[claim.swap.group], meant.elsewhere, meant.elsewhere_nodes)
        done.append((swap, None))
    elif claim.set is not None:
        done += [(Set(nodes[target], value), None) for target, value in claim.set.items()]
    elif claim.scale is not None:
        done += [(Scale(nodes[target], factor), factor) for target, factor in claim.scale.items()]
    else:
        targets = [claim.ablate] if isinstance(claim.ablate, str) else claim.ablate or ()
        done += [(Ablate(nodes[target]), 0.0) for target in targets]
    members = {}  # of two values for one feature the later wins
    for intervention, factor in done:
        for setting in settings_of(prompt, [intervention]):
            member = Member(setting, factor)
            members[member.place] = member
    return list(members.values())


def _exchanged(prompt: SteeredPrompt, nodes: Sequence[str], there: SteeredPrompt) -> list[Member]:
    return [
        Member(Setting(*place, there.activation(*place)), moved=_moved(prompt, there, place))
        for one in feature_names(prompt, nodes)
        for place in [(one.layer, one.index, one.position)]
    ]


def _moved(prompt: SteeredPrompt, there: SteeredPrompt, place: Place) -> float | None:
    """Between two models: by how much what a feature writes differs, by its length."""
    if prompt.model is there.model:
        return None
    layer, index = place[0], torch.tensor([place[1]])
    written = [
        one.activation(*place) * one.targets.decoders(layer, index) for one in (prompt, there)
    ]
    return float(torch.linalg.vector_norm(written[1] - written[0]))


def _of_token(
    prompt: SteeredPrompt, expect: Expectation, token: str | TokenId, variants: Variants
) -> _Outcome:
    single = prompt.model.tokenizer.single_token
    target, versus = single(token), None if expect.versus is None else single(expect.versus)
    before, own = prompt.baseline.logits[0], variants.own()
    rest = [one for run in variants.controls() for one in run.logits]
    every = (before, own.logits[0], *rest)
    falls = expect.bound in ("p_falls_by", "p_below", "lead_falls_by")
    measures = [
        _measure(
            "probability",
            [float(one.softmax(-1)[target]) for one in every],
            falls=falls,
            decides=not expect.bound.startswith("lead"),
        )
    ]
    if versus is not None:
        leads = [float(one[target] - one[versus]) for one in every]
        measures.append(_measure("lead", leads, falls=falls))
    tops = [int(one.argmax()) == target for one in every[:2]]
    met = bound_met(expect, bounded(expect, measures).sides, tops)
    return _Outcome(measures, met, own)


def _of_feature(
    prompt: SteeredPrompt, meant: ResolvedClaim, variants: Variants, settings: Sequence[Setting]
) -> _Outcome:
    wanted = meant.claim.expect.feature_off or ""
    (name, *more) = feature_names(prompt, list(meant.nodes[wanted]))
    place = (name.layer, name.index, name.position)
    if more or any((one.layer, one.index, one.position) == place for one in settings):
        raise TracerError(
            f"`feature_off: {wanted}` is not one feature that the claim leaves alone",
            hint="name one node that the claim does not set itself",
        )
    own = variants.own(watch=[name.layer])
    before = abs(prompt.activation(*place))
    values = [before, abs(prompt.activation_in(own, *place))]
    for run in variants.controls(watch=[name.layer]):
        for one in run.reads[name.layer][:, name.position]:
            index = torch.tensor([name.index], device=one.device)
            values.append(abs(float(prompt.targets.values(name.layer, one[None], index)[0])))
    neuron = prompt.targets.info.kind == "neurons"
    off = values[1] <= OFF * before if neuron else values[1] == 0
    return _Outcome([_measure("activation", values, falls=True)], off and before > 0, own)


def _of_continuation(prompt: SteeredPrompt, expect: Expectation, variants: Variants) -> _Outcome:
    words = expect.continuation_contains or expect.continuation_lacks or ""
    contains = expect.continuation_contains is not None
    before = continuation(prompt, (), expect.continuation, None)
    texts = [before, *variants.continuations(expect.continuation)]
    happens = [float((words in text) == contains) for text in texts]
    measure = _measure("continuation", happens, falls=False)
    met = happens[:2] == [0.0, 1.0]
    return _Outcome([measure], met, variants.own(), (texts[0], texts[1]))


def _measure(
    quantity: Quantity, values: Sequence[float], *, falls: bool, decides: bool = True
) -> Measure:
    """Of the values before, after, and after each control."""
    before, after, *controls = values
    less = [one > after if falls else one < after for one in controls]
    return Measure(
        quantity=quantity,
        before=before,
        after=after,
        controls=tuple(controls),
        beaten=sum(less),
        decides=decides,
    )


def _change(prompt: SteeredPrompt, one: Setting) -> Change:
    place = (one.layer, one.index, one.position)
    node = "_".join(map(str, place))
    return Change(node=node, before=prompt.activation(*place), after=one.value)


def _likely(prompt: SteeredPrompt, logits: Tensor) -> tuple[Likely, ...]:
    top = logits.softmax(-1).topk(SHOWN)
    text = prompt.model.tokenizer.text
    return tuple(
        Likely(token=text(token), probability=probability)
        for token, probability in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    )
