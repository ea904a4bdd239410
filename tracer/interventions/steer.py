"""Set features in the real model and see what it says then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import torch
from torch import Tensor

from tracer.documents.prompts import ChatTurn
from tracer.documents.token_id import TokenId
from tracer.errors import TracerError
from tracer.interventions.held import Held
from tracer.interventions.interventions import Intervention, feature_names, settings_of
from tracer.interventions.steered_pass import Run, Setting, SteeredPrompt, Variant
from tracer.interventions.targets import find_targets, refuse_unfit_targets
from tracer.model.load import Model


@dataclass(frozen=True)
class Steered:
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

    @property
    def probabilities(self) -> tuple[Tensor, Tensor]:
        """Of each next token, before and after, (vocabulary,)."""
        return self.logits_before.softmax(-1), self.logits_after.softmax(-1)

    def probability(self, token: str | int | TokenId) -> tuple[float, float]:
        """Of one token, before and after. Raises TracerError for text that is not one token."""
        before, after = self.probabilities
        token_id = self.model.tokenizer.single_token(token)
        return float(before[token_id]), float(after[token_id])

    def logit_change(
        self, token: str | int | TokenId, versus: str | int | TokenId | None = None
    ) -> float:
        """Of one token's logit, or of its lead over another's."""
        change = self.logits_after - self.logits_before
        found = change[self.model.tokenizer.single_token(token)]
        if versus is not None:
            found = found - change[self.model.tokenizer.single_token(versus)]
        return float(found)

    def likeliest(self, most: int = 5) -> list[tuple[str, float, float]]:
        """The likeliest next tokens of either side: text, probability before and after."""
        before, after = self.probabilities
        ids = {one for side in (before, after) for one in side.topk(most).indices.tolist()}
        ranked = sorted(ids, key=lambda one: (-max(float(before[one]), float(after[one])), one))
        text = self.model.tokenizer.text
        return [(text(one), float(before[one]), float(after[one])) for one in ranked]


def steer(
    model: Model,
    features: str,
    prompt: str | None,
    interventions: Sequence[Intervention],
    *,
    chat: Sequence[ChatTurn] | None = None,
    chat_date: date | None = None,
    watch: Sequence[str] = (),
    generate: int = 0,
    seed: int | None = None,
    freeze_attention: bool = False,
    constrained_layers: range | None = None,
    direct_effects: bool = False,
    allow_misfit: bool = False,
) -> Steered:
    """Run the model on a prompt with nothing set and with features set.

    `features` is what `trace` takes; `watch` names features (`22_580_14`) whose activation to
    compare; `generate` adds that many tokens to both sides, greedily or, with a `seed`, sampled.

    By default the model recomputes everything. `freeze_attention` holds attention patterns;
    `constrained_layers` holds patterns and the MLPs' outputs of those layers, which alone are
    written to; `direct_effects` does so with all layers and holds norm scales too, so that logits
    change by the graph's own edges. Names and meaning as circuit-tracer's `feature_intervention`.
    `allow_misfit` as `trace` has it.

    Raises TracerError for features, nodes, layers or values that cannot be, features that do not
    belong to this model, and where the numbers overflow.
    """
    if (prompt is None) == (chat is None):
        raise TracerError("there is no single prompt", hint="give either a prompt or a chat")
    tokenizer = model.tokenizer
    read = tokenizer.read_chat(chat, chat_date) if chat else tokenizer.read_prompt(prompt or "")
    held = Held.of(
        model.info.layers,
        freeze_attention=freeze_attention,
        constrained_layers=constrained_layers,
        direct_effects=direct_effects,
    )
    targets = find_targets(model, features)
    if not allow_misfit:
        refuse_unfit_targets(targets, read.ids)
    steered = SteeredPrompt(model, targets, read.ids, held)
    return steer_prompt(steered, interventions, watch=watch, generate=generate, seed=seed)


def steer_prompt(
    prompt: SteeredPrompt,
    interventions: Sequence[Intervention],
    *,
    watch: Sequence[str] = (),
    generate: int = 0,
    seed: int | None = None,
) -> Steered:
    """`steer` for a prompt that has been run already."""
    settings = settings_of(prompt, interventions)
    watched = feature_names(prompt, watch)
    run = prompt.run(settings, watch={one.layer for one in watched})
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
    )


def continuation(prompt: SteeredPrompt, variant: Variant, tokens: int, seed: int | None) -> str:
    """What the model goes on to say: greedily, or sampled from its probabilities with a seed.

    Ends early at the model's own end of text or its context.
    """
    said = list(_continue(prompt, variant, tokens, seed))
    return prompt.model.tokenizer.joined(said)


def _continue(
    prompt: SteeredPrompt, variant: Variant, tokens: int, seed: int | None
) -> Iterator[int]:
    from transformers import DynamicCache

    model = prompt.model
    chance = None if seed is None else torch.Generator().manual_seed(seed)
    ends = model.end_tokens
    cache = DynamicCache(config=model.config)
    ids, start = torch.tensor([prompt.token_ids], device=model.device), 0
    for _ in range(min(tokens, model.context - prompt.n_positions)):
        logits = prompt.extend(variant, ids, cache, start).logits[0]
        token = _choose(logits, chance)
        if token in ends:
            return
        yield token
        start += ids.shape[1]
        ids = torch.tensor([[token]], device=model.device)


def _choose(logits: Tensor, chance: torch.Generator | None) -> int:
    if chance is None:
        return int(logits.argmax())
    return int(torch.multinomial(logits.softmax(-1).cpu(), 1, generator=chance))


def _on(
    prompt: SteeredPrompt, sides: tuple[Run, Run], layer: int, index: int, position: int
) -> tuple[float, float]:
    before, after = (prompt.activation_in(run, layer, index, position) for run in sides)
    return before, after
