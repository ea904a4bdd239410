"""Trace one prompt: from text to an `Attribution`, whose `.prune()` is a publishable graph.

What becomes of features that are not listed makes two kinds of it: they hand on what they read
(`AccountGraph`, for neurons), or stay as nodes (`NodeGraph`, circuit-tracer's convention).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor

from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.account.trace_account import trace_account
from tracer.attribution.constants import constants_of
from tracer.attribution.effects import Effects, total_effects
from tracer.attribution.node_graph import NodeGraph
from tracer.attribution.question import Ask
from tracer.attribution.sweep import Progress, Swept, share_by_layer, sweep
from tracer.attribution.targets import (
    Targets,
    choose_targets,
    direction_target,
    feature_target,
    fingerprint,
)
from tracer.documents.prompts import ChatTurn
from tracer.documents.records import first_mistake
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.features.choose import FoundFeatures, choose_features, settings_for
from tracer.features.fit import refuse_unfit
from tracer.features.neurons import Neurons
from tracer.features.source import ActiveFeatures, FeatureSource, LayerFeatures
from tracer.features.transcoders import Transcoders
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.model.given import Token, as_feature, as_token, as_tokens, as_words
from tracer.model.load import Model, as_model
from tracer.model.precision import wider

Attribution = NodeGraph | AccountGraph


def trace(
    prompt: str | Sequence[ChatTurn | Mapping[str, str]] | None = None,
    *,
    model: Model | str,
    chat: Sequence[ChatTurn | Mapping[str, str]] | None = None,
    features: str = "neurons",
    chat_date: date | None = None,
    target: Token | None = None,
    contrast: Token | Sequence[Token] = (),
    target_feature: str | tuple[int, int, int] | None = None,
    direction: Tensor | None = None,
    position: int | None = None,
    settings: TraceSettings | Mapping[str, Any] | None = None,
    allow_misfit: bool = False,
    progress: Progress = lambda *_: None,
) -> Attribution:
    """Attribute one thing that the model computes on one prompt to its features and tokens.

    Give `prompt` or `chat`, and at most one target. `model` is what `load_model` gives, or a name,
    which is then loaded and kept; turns of a chat may be dictionaries, settings too.

    - `target`, a literal single token or its id, against what `settings.against` says or against
      the mean of `contrast`; effects and links into it are in logits. With none of the four, the
      likeliest token; in a graph of `nodes` the fewest likely tokens that hold
      `settings.logit_mass` of the probability.
    - `target_feature`, `layer_index_position` or these three numbers: what feeds it, in units of
      its activation; a positive effect strengthens it, a negative one weakens it, whatever its
      own sign.
    - `direction`, (d_model,) in the normalised final residual stream, any dtype and device; in
      units of its inner product with that stream.

    `position` asks about the token behind an earlier position (1 is the first after the start
    token, -1 the last): the prompt ends there. `chat_date` is the day for chat templates that
    write one; `notices` of what comes back say what was read in another way than it was written.
    `allow_misfit` traces with transcoders that do not reconstruct what the MLPs write, too.
    `progress` is called with a phase's name, steps done, and steps in all. Method: Ameisen et al.
    2025, "Circuit Tracing"; RelP (arXiv 2508.21258) for neurons.

    Raises TracerError for an empty or too long prompt, a target that is not one token, a feature or
    position that is not there, a direction of another shape, two targets at once, unknown features
    or such that do not belong to this model, or numbers that overflow.
    """
    model, settings = as_model(model), _as_settings(settings)
    if allow_misfit:
        settings = settings.model_copy(update={"allow_misfit": True})
    direction = None if direction is None else _as_direction(direction)
    mark = None if direction is None else fingerprint(direction, model.info.d_model)
    words, turns = as_words(prompt, chat)
    ask = Ask.of(
        model.tokenizer,
        prompt=words,
        chat=turns,
        chat_date=chat_date,
        target=None if target is None else as_token(target),
        contrast=as_tokens(contrast),
        target_feature=None if target_feature is None else as_feature(target_feature),
        position=position,
        direction=mark,
    )
    found = choose_features(
        as_source(features), model_source=model.source_name, model_identity=model.info.identity
    )
    return trace_ask(
        ask,
        model=model,
        features=found,
        settings=settings_for(settings, found),
        direction=direction,
        progress=progress,
    )


def as_source(features: Any) -> str:
    """What features are named by. Raises TracerError for what is no name."""
    if isinstance(features, str | Path):
        return str(features)
    hint = "name them: `neurons`, `hf:org/repo`, or a folder of transcoders"
    raise TracerError(f"features are named, not given as {type(features).__name__}", hint=hint)


def _as_settings(given: Any) -> TraceSettings:
    if given is None or isinstance(given, TraceSettings):
        return given or TraceSettings()
    try:
        return TraceSettings.model_validate(given)
    except ValidationError as error:
        hint = "`tracer.TraceSettings` has them all"
        raise TracerError(f"these are no settings: {first_mistake(error)}", hint=hint) from None


def _as_direction(given: Any) -> Tensor:
    try:
        return torch.as_tensor(given)
    except (TypeError, ValueError, RuntimeError):
        hint = "give a tensor or an array of d_model numbers"
        raise TracerError(f"a direction is not a {type(given).__name__}", hint=hint) from None


def trace_ask(
    ask: Ask,
    *,
    model: Model,
    features: FoundFeatures,
    settings: TraceSettings,
    direction: Tensor | None = None,
    progress: Progress = lambda *_: None,
) -> Attribution:
    """`trace` for a question that is already in tokens, features that are found, and the settings
    for their kind; `direction` is the one that the question fingerprints."""
    source = feature_source(model, features)
    progress("forward pass", 0, 1)
    frozen = freeze(model, ask.token_ids)
    model.let_go()
    active = source.read(frozen)
    if not settings.allow_misfit:
        refuse_unfit(source.info, active.fit)
    targets = _targets(ask, frozen, active, settings, direction)
    progress("forward pass", 1, 1)
    began = time.perf_counter()
    effects = total_effects(frozen, active, targets.effect_direction, targets.origin)
    walked = time.perf_counter() - began
    found = (ask, settings, frozen, source.info, active)
    if settings.remainder == "transparent":
        layers, chosen = trace_account(
            frozen, active, targets, effects, settings, walked=walked, progress=progress
        )
        model.let_go()
        return AccountGraph(*found, layers, effects, targets, chosen)
    layers = active.admit(effects.features, settings.candidates)
    model.let_go()
    return NodeGraph(
        *found,
        layers,
        effects,
        targets,
        _sweep(frozen, layers, targets, effects, settings, walked, progress),
        constants_of(frozen, active, targets, effects),
    )


def _sweep(
    frozen: FrozenPass,
    layers: Sequence[LayerFeatures],
    targets: Targets,
    effects: Effects,
    settings: TraceSettings,
    walked: float,
    progress: Progress,
) -> Swept:
    limit = settings.max_expanded
    fast = settings.precision == "fast"
    swept = sweep(
        frozen,
        layers,
        targets.directions,
        targets.weights,
        coverage=settings.coverage,
        transport=torch.bfloat16 if fast else None,
        quota=None if limit is None else share_by_layer(effects.features, limit),
        origin=targets.origin,
        walked=walked,
        progress=progress,
    )
    if not torch.isfinite(swept.influence).all():
        narrow = torch.bfloat16 if fast else frozen.model.dtype
        raise TracerError("the direct effects overflowed", hint=wider(narrow))
    return swept


def _targets(
    ask: Ask,
    frozen: FrozenPass,
    active: ActiveFeatures,
    settings: TraceSettings,
    direction: Tensor | None,
) -> Targets:
    if ask.feature is not None:
        return feature_target(frozen, active, ask.feature)
    if direction is not None:
        return direction_target(frozen, direction)
    # An account has one answer: several would cancel each other.
    likeliest = int(frozen.logits.argmax()) if settings.remainder == "transparent" else None
    return choose_targets(
        frozen,
        target=likeliest if ask.target is None else ask.target,
        contrast=ask.contrast,
        against=settings.against or "vocabulary",
        max_logits=settings.max_logits,
        logit_mass=settings.logit_mass,
    )


def feature_source(model: Model, found: FoundFeatures) -> FeatureSource:
    if found.dictionary is None:
        return Neurons(model)
    return Transcoders(found.info, found.dictionary)
