"""Trace one prompt: from text to an `Attribution`, whose `.prune()` is a publishable graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tracer.attribution.document import graph_document
from tracer.attribution.effects import Effects, total_effects
from tracer.attribution.influence import Matrix, drop, fold
from tracer.attribution.prune import prune
from tracer.attribution.question import Ask
from tracer.attribution.sweep import Progress, Swept, share_by_layer, sweep
from tracer.attribution.targets import Targets, choose_targets
from tracer.documents.graph import FeaturesInfo, Graph, Scores
from tracer.documents.prompts import ChatTurn, TraceSettings
from tracer.errors import TracerError
from tracer.features.choose import find_features
from tracer.features.neurons import Neurons
from tracer.features.source import FeatureSource, LayerFeatures
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.model.load import Model


@dataclass(frozen=True)
class Attribution:
    """Everything one trace found, as tensors, before pruning."""

    ask: Ask
    settings: TraceSettings
    frozen: FrozenPass
    features_info: FeaturesInfo
    active_count: int
    layers: Sequence[LayerFeatures]
    effects: Effects
    targets: Targets
    swept: Swept

    @cached_property
    def matrix(self) -> Matrix:
        """Direct effects among expanded features, errors, tokens and logits; features that were
        not expanded are folded into the error node of their layer and position."""
        positions = torch.cat([one.positions for one in self.layers]).cpu()
        counts = torch.tensor([len(one) for one in self.layers])
        layers = torch.repeat_interleave(torch.arange(len(self.layers)), counts)
        return fold(self.swept, positions, layers, self.targets.weights.cpu())

    @cached_property
    def influence(self) -> Tensor:
        """(sources,): influence on the logits of each source of `matrix`."""
        return self.matrix.influence()

    def scores(self) -> Scores:
        """Replacement and completeness, with unexpanded features folded and dropped."""
        replacement = self.matrix.replacement_score(self.influence)
        completeness = self.matrix.completeness_score(self.influence)
        flattering = replacement, completeness
        if len(self.swept.expanded) < self.swept.columns.n_features:
            dropped = drop(self.swept, self.targets.weights.cpu())
            influence = dropped.influence()
            flattering = dropped.replacement_score(influence), dropped.completeness_score(influence)
        return Scores(
            replacement=replacement,
            completeness=completeness,
            unexpanded=self.swept.unexpanded_share,
            replacement_dropped=flattering[0],
            completeness_dropped=flattering[1],
        )

    def prune(self, *, slug: str = "untitled") -> Graph:
        """The graph to publish, by the settings' thresholds and limit."""
        pruned = prune(
            self.matrix,
            influence=self.influence,
            node_threshold=self.settings.node_threshold,
            edge_threshold=self.settings.edge_threshold,
            max_links=self.settings.max_links,
        )
        return graph_document(self, pruned, slug)


def trace(
    prompt: str | None = None,
    *,
    model: Model,
    chat: Sequence[ChatTurn] | None = None,
    features: str = "neurons",
    target: str | None = None,
    contrast: Sequence[str] = (),
    settings: TraceSettings | None = None,
    progress: Progress = lambda *_: None,
) -> Attribution:
    """Attribute the model's next token on one prompt to its features and tokens.

    Give `prompt` or `chat`. `target` and `contrast` are literal single tokens. Effects and
    links are in logits of the question asked. Method: `rows`, `sweep`, `effects`.

    Raises TracerError for an empty or too long prompt, a target that is not one token, unknown
    features, or numbers that overflow.
    """
    settings = settings or TraceSettings()
    ask = Ask.of(model.tokenizer, prompt=prompt, chat=chat, target=target, contrast=contrast)
    return trace_ask(ask, model=model, features=features, settings=settings, progress=progress)


def trace_ask(
    ask: Ask,
    *,
    model: Model,
    features: str,
    settings: TraceSettings,
    progress: Progress = lambda *_: None,
) -> Attribution:
    """`trace` for a question that is already in tokens."""
    source = feature_source(model, features)
    progress("forward pass", 0, 1)
    frozen = freeze(model, ask.token_ids)
    targets = choose_targets(
        frozen,
        target=ask.target,
        contrast=ask.contrast,
        max_logits=settings.max_logits,
        logit_mass=settings.logit_mass,
    )
    active = source.read(frozen)
    progress("forward pass", 1, 1)
    effects = total_effects(frozen, active, targets.effect_direction)
    layers = active.admit(effects.features, settings.candidates)
    limit = settings.max_expanded
    swept = sweep(
        frozen,
        layers,
        targets.directions,
        targets.weights,
        coverage=settings.coverage,
        transport=torch.bfloat16 if settings.precision == "fast" else None,
        quota=None if limit is None else share_by_layer(effects.features, limit),
        progress=progress,
    )
    if not torch.isfinite(swept.rows).all():
        raise TracerError("the direct effects overflowed", hint="trace with `precision: float32`")
    return Attribution(
        ask, settings, frozen, source.info, active.count, layers, effects, targets, swept
    )


def feature_source(model: Model, features: str) -> FeatureSource:
    """Raises TracerError for features this version does not know."""
    info = model.info
    find_features(features, model_source=model.source_name, model_identity=info.identity)
    return Neurons(model)
