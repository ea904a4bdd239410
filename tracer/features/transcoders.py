"""Per-layer transcoders as features: trained stand-ins for the MLPs.

Conventions are circuit-tracer's: every active feature takes part; features and errors at the
first position are left out; biases are no nodes; only a skip connection lets gradients through
the MLP. What the MLP writes at the first position beyond its skip connection therefore belongs to
no node: it is part of the bias term of whatever reads it, as the decoder's bias is elsewhere.
Source: Ameisen et al. 2025, "Circuit Tracing"; skip connections: arXiv 2501.18823.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tracer.documents.graph import FeaturesInfo
from tracer.errors import TracerError
from tracer.features.encode import encode
from tracer.features.source import LayerFeatures
from tracer.features.weights.dictionary import Dictionary, StoredLayer
from tracer.features.weights.stored import whole
from tracer.model.frozen_norm import FrozenNorm
from tracer.model.frozen_pass import FrozenPass

FIRST = 1  # position 0 is left out: it is the same for every prompt


@dataclass(frozen=True)
class Transcoders:
    """A dictionary of transcoders, as a feature source."""

    info: FeaturesInfo
    dictionary: Dictionary

    def read(self, frozen: FrozenPass) -> ActiveTranscoders:
        """Raises TracerError when the set does not fit the model or no feature is active."""
        dictionary = self.dictionary
        _refuse_misfit(self.info, dictionary, frozen)
        reading = _Reading(frozen, dictionary)
        layers = [reading.features(layer) for layer in range(frozen.n_layers)]
        if not any(map(len, layers)):
            raise TracerError(
                f"no feature of `{self.info.source}` is active on this prompt",
                hint="check that the set was made for this model",
            )
        complete = [reading.with_remainder(layer, one) for layer, one in enumerate(layers)]
        return ActiveTranscoders(complete, dictionary)


@dataclass(frozen=True)
class ActiveTranscoders:
    """The features of a dictionary that are active on one prompt; all take part."""

    layers: Sequence[LayerFeatures]
    dictionary: Dictionary

    @property
    def count(self) -> int:
        return sum(map(len, self.layers))

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(len(layer.encoder) for layer in self.dictionary.layers)

    def pull(self, layer: int, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Effects are (features,), of the active ones."""
        features = self.layers[layer]
        on_activation = (gradient[features.positions] * features.decoders).sum(-1)
        onward = torch.zeros_like(gradient)  # (positions, d_model)
        onward.index_add_(0, features.positions, on_activation[:, None] * features.encoders)
        if features.passes_on is not None:
            positions = torch.arange(len(gradient), device=gradient.device)
            onward = onward + features.passes_on(gradient, positions)
        return on_activation * features.activations, onward

    def one(self, layer: int, index: int, position: int) -> LayerFeatures:
        """A single feature; none where it is not active."""
        features = self.layers[layer]
        here = (features.positions == position) & (features.indices == index)
        return replace(
            features,
            positions=features.positions[here],
            indices=features.indices[here],
            activations=features.activations[here],
            encoders=features.encoders[here],
            biases=features.biases[here],
            decoders=features.decoders[here],
            effects=features.effects[here],
        )

    def admit(self, effects: Sequence[Tensor], candidates: int) -> list[LayerFeatures]:
        """All of them: `candidates` is for neurons."""
        return [
            replace(one, effects=effect) for one, effect in zip(self.layers, effects, strict=True)
        ]


@dataclass(frozen=True)
class _Reading:
    """Where a dictionary reads the frozen pass, and the way back from there."""

    frozen: FrozenPass
    dictionary: Dictionary

    def inputs(self, layer: int) -> Tensor:
        """(positions, d_model): what the features of one layer read."""
        frozen = self.frozen
        if self.dictionary.reads == "mlp":
            return frozen.mlp_inputs[layer]
        if self.dictionary.reads == "normalised":
            return _without_weight(frozen, layer).push(frozen.streams[layer], slice(None))
        return frozen.streams[layer]

    def pull(self, layer: int, positions: Tensor, gradient: Tensor) -> Tensor:
        """From gradients on `inputs`, (m, d_model) at `positions` (m,), to gradients on the
        residual stream in front of the MLP."""
        if self.dictionary.reads == "mlp":
            return self.frozen.pull_through_mlp_norm(layer, positions, gradient)
        if self.dictionary.reads == "normalised":
            return _without_weight(self.frozen, layer).pull(gradient, positions)
        return gradient

    def features(self, layer: int) -> LayerFeatures:
        """One layer's active features, without error and constant."""
        stored, x = self.dictionary.layers[layer], self.inputs(layer)
        active = encode(stored, x, first=FIRST, top_k=self.dictionary.top_k)
        rows = stored.encoder.take(active.indices).to(x)
        encoders = self.pull(layer, active.positions, rows)
        stream = self.frozen.streams[layer][active.positions]
        return LayerFeatures(
            positions=active.positions,
            indices=active.indices,
            activations=active.activations,
            encoders=encoders,
            biases=active.activations - (encoders * stream).sum(-1),
            decoders=stored.decoder.take(active.indices).to(x),
            error=torch.zeros_like(x),
            constant=None,
            effects=torch.zeros_like(active.activations),
            passes_on=self._passes_on(layer),
        )

    def with_remainder(self, layer: int, features: LayerFeatures) -> LayerFeatures:
        """With what the MLP writes that is no feature's: as error, and as a constant that no
        node stands for."""
        stored, rest = self.dictionary.layers[layer], self.frozen.mlp_outputs[layer].clone()
        skip = _skip(stored, rest)
        if skip is not None:
            rest -= self.inputs(layer) @ skip
        written = features.activations[:, None] * features.decoders
        rest.index_add_(0, features.positions, -written)
        constant = whole(stored.decoder_bias).to(rest).expand_as(rest).clone()
        constant[:FIRST] = rest[:FIRST]
        error = rest - constant
        norm_constant = self.frozen.mlp_norm_constant(layer)
        if skip is not None and self.dictionary.reads == "mlp" and norm_constant is not None:
            constant = constant + norm_constant @ skip
        return replace(features, error=error, constant=constant)

    def _passes_on(self, layer: int) -> Callable[[Tensor, Tensor], Tensor] | None:
        skip = _skip(self.dictionary.layers[layer], self.inputs(layer))
        if skip is None:
            return None
        return lambda gradient, positions: self.pull(layer, positions, gradient @ skip.T)


def _without_weight(frozen: FrozenPass, layer: int) -> FrozenNorm:
    """The norm in front of the MLP as `hook_normalized` sees it: scale alone."""
    norm = frozen.mlp_norms[layer]
    if norm is None:
        raise TracerError(
            "these features read behind a norm that the model does not have",
            hint="choose features that were made for this model",
        )
    return replace(norm, weight=torch.ones_like(norm.weight), bias=None)


def _skip(stored: StoredLayer, like: Tensor) -> Tensor | None:
    """(d_model, d_model), for `x @ skip`."""
    if stored.skip is None:
        return None
    skip = whole(stored.skip).to(like)
    return skip.T if stored.skip_transposed else skip


def _refuse_misfit(info: FeaturesInfo, dictionary: Dictionary, frozen: FrozenPass) -> None:
    model = frozen.model.info
    if any(norm is not None for norm in frozen.mlp_post_norms):
        # Published sets for such models stand for what comes out behind that norm.
        raise TracerError(
            f"transcoders are not read for `{model.family}` models: their MLP's output is "
            "normalised again",
            hint="use `features: neurons`",
        )
    found = (len(dictionary.layers), dictionary.d_model)
    if found != (model.layers, model.d_model):
        raise TracerError(
            f"`{info.source}` has {found[0]} layers of width {found[1]}, "
            f"the model `{model.name}` has {model.layers} of width {model.d_model}",
            hint="choose features that were made for this model",
        )
