"""Set features in the real model and see what it says then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import torch
from torch import Tensor

from tracer.attribution.trace import as_source
from tracer.documents.drawing import Drawn
from tracer.documents.prompts import ChatTurn
from tracer.documents.token_id import TokenId
from tracer.features.active import Activations, joined
from tracer.interventions.held import Held
from tracer.interventions.interventions import (
    Intervention,
    Nodes,
    as_interventions,
    feature_names,
    settings_of,
)
from tracer.interventions.knock_out import KnockOut
from tracer.interventions.steered_pass import Run, Setting, SteeredPrompt, Variant
from tracer.interventions.targets import find_targets, refuse_unfit_targets
from tracer.model.given import as_token, as_words
from tracer.model.load import Model, as_model


@dataclass(frozen=True)
class Steered(Drawn):
    """What the model gives with nothing set, and with features set."""

    model: Model
    token_ids: tuple[int, ...]
    settings: Sequence[Setting]
    activations: Sequence[float]  # of each setting's feature, with nothing set
    logits_before: Tensor  # (vocabulary,), at the last position
    logits_after: Tensor  # (vocabulary,)
    features: dict[str, tuple[float, float]]  # watched: activation before and after
    continuation_before: str | None = None
    continuation_after: str | None = None
    active_before: Activations | None = None  # every active feature's, where they were asked for
    active_after: Activations | None = None

    def __repr__(self) -> str:
        (text, before, after), *_ = self.likeliest(1)
        many = len(self.settings)
        told = f"{many} feature{'' if many == 1 else 's'} set"
        return f"<Steered: {told}; {text!r} {before:.1%} → {after:.1%}>"

    @property
    def probabilities(self) -> tuple[Tensor, Tensor]:
        """Of each next token, before and after, (vocabulary,)."""
        return self.logits_before.softmax(-1), self.logits_after.softmax(-1)

    def probability(self, token: str | int | TokenId) -> tuple[float, float]:
        """Of one token, before and after. Raises TracerError for text that is not one token."""
        before, after = self.probabilities
        token_id = self.model.tokenizer.single_token(as_token(token))
        return float(before[token_id]), float(after[token_id])

    def logit_change(
        self, token: str | int | TokenId, versus: str | int | TokenId | None = None
    ) -> float:
        """Of one token's logit, or of its lead over another's."""
        change = self.logits_after - self.logits_before
        single = self.model.tokenizer.single_token
        found = change[single(as_token(token))]
        if versus is not None:
            found = found - change[single(as_token(versus))]
        return float(found)

    def likeliest(self, most: int = 5) -> list[tuple[str, float, float]]:
        """The likeliest next tokens of either side: text, probability before and after."""
        before, after = self.probabilities
        ids = {one for side in (before, after) for one in side.topk(most).indices.tolist()}
        ranked = sorted(ids, key=lambda one: (-max(float(before[one]), float(after[one])), one))
        text = self.model.tokenizer.text
        return [(text(one), float(before[one]), float(after[one])) for one in ranked]


def steer(
    model: Model | str,
    features: str,
    prompt: str | Sequence[ChatTurn | Mapping[str, str]] | None,
    interventions: Intervention | Sequence[Intervention],
    *,
    chat: Sequence[ChatTurn | Mapping[str, str]] | None = None,
    chat_date: date | None = None,
    watch: Nodes = (),
    all_activations: bool = False,
    generate: int = 0,
    seed: int | None = None,
    freeze_attention: bool = False,
    constrained_layers: range | None = None,
    direct_effects: bool = False,
    allow_misfit: bool = False,
) -> Steered:
    """Run the model on a prompt with nothing set and with features set.

    `features` is what `trace` takes; `watch` names features (`22_580_14`) whose activation to
    compare; `all_activations` gives those of all, as `active_before` and `active_after`; `generate`
    adds that many tokens to both sides, greedily or, with a `seed`, sampled.

    By default the model recomputes everything. `freeze_attention` holds attention patterns;
    `constrained_layers` holds patterns and the MLPs' outputs of those layers, which alone are
    written to; `direct_effects` does so with all layers and holds norm scales too, so that logits
    change by the graph's own edges. Names and meaning as circuit-tracer's `feature_intervention`.
    `allow_misfit` as `trace` has it.

    Raises TracerError for features, nodes, layers or values that cannot be, features that do not
    belong to this model, and where the numbers overflow.
    """
    words, turns = as_words(prompt, chat)
    model, interventions = as_model(model), as_interventions(interventions)
    tokenizer = model.tokenizer
    read = tokenizer.read_chat(turns, chat_date) if turns else tokenizer.read_prompt(words or "")
    held = Held.of(
        model.info.layers,
        freeze_attention=freeze_attention,
        constrained_layers=constrained_layers,
        direct_effects=direct_effects,
    )
    targets = find_targets(model, as_source(features))
    if not allow_misfit:
        refuse_unfit_targets(targets, read.ids)
    steered = SteeredPrompt(model, targets, read.ids, held)
    return steer_prompt(
        steered,
        interventions,
        watch=watch,
        all_activations=all_activations,
        generate=generate,
        seed=seed,
    )


def steer_prompt(
    prompt: SteeredPrompt,
    interventions: Sequence[Intervention],
    *,
    watch: Nodes = (),
    all_activations: bool = False,
    generate: int = 0,
    seed: int | None = None,
) -> Steered:
    """`steer` for a prompt that has been run already."""
    settings = settings_of(prompt, interventions)
    watched = feature_names(prompt, watch)
    layers = range(prompt.model.info.layers) if all_activations else {one.layer for one in watched}
    run = prompt.run(settings, watch=layers)
    sides = (prompt.baseline, run)
    texts: list[str | None] = [None, None]
    if generate:
        texts = [continuation(prompt, one, generate, seed) for one in ((), settings)]
    return Steered(
        model=prompt.model,
        token_ids=prompt.token_ids,
        settings=settings,
        activations=[prompt.activation(one.layer, one.index, one.position) for one in settings],
        logits_before=prompt.baseline.logits[0],
        logits_after=run.logits[0],
        features={
            str(one): _on(prompt, sides, one.layer, one.index, one.position) for one in watched
        },
        continuation_before=texts[0],
        continuation_after=texts[1],
        active_before=_active(prompt, prompt.baseline) if all_activations else None,
        active_after=_active(prompt, run, settings) if all_activations else None,
    )


def _active(prompt: SteeredPrompt, run: Run, settings: Sequence[Setting] = ()) -> Activations:
    """Every active feature of a run: what is set as it was set, the others as they read then."""
    layers = sorted(run.reads)
    found = joined((layer, prompt.targets.active(layer, run.reads[layer][0])) for layer in layers)
    for one in settings:
        found = found.with_value((one.layer, one.index, one.position), one.value)
    return found


def continuation(
    prompt: SteeredPrompt,
    variant: Variant,
    tokens: int,
    seed: int | None,
    looks: Sequence[KnockOut] = (),
) -> str:
    """What the model goes on to say: greedily, or sampled from its probabilities with a seed.

    Ends early at the model's own end of text or its context.
    """
    said = list(words_said(prompt, variant, tokens, seed, looks))
    return prompt.model.tokenizer.joined(said)


def words_said(
    prompt: SteeredPrompt,
    variant: Variant,
    tokens: int,
    seed: int | None,
    looks: Sequence[KnockOut] = (),
) -> Iterator[int]:
    """The tokens of a continuation, each once it is known; `looks` are those that heads do not
    take within the prompt."""
    model = prompt.model
    chance = None if seed is None else torch.Generator().manual_seed(seed)
    ends = model.end_tokens
    start = prompt.n_positions
    most = min(tokens, model.context - start)
    if most < 1:
        return
    run, cache = prompt.begun(variant, looks)
    for number in range(most):
        token = _choose(run.logits[0], chance)
        if token in ends:
            return
        yield token
        if number + 1 < most:
            ids = torch.tensor([[token]], device=model.device)
            run = prompt.extend(variant, ids, cache, start + number)


def _choose(logits: Tensor, chance: torch.Generator | None) -> int:
    if chance is None:
        return int(logits.argmax())
    return int(torch.multinomial(logits.softmax(-1).cpu(), 1, generator=chance))


def _on(
    prompt: SteeredPrompt, sides: tuple[Run, Run], layer: int, index: int, position: int
) -> tuple[float, float]:
    before, after = (prompt.activation_in(run, layer, index, position) for run in sides)
    return before, after
