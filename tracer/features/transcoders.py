"""Transcoders as features, per-layer and cross-layer: trained stand-ins for the MLPs.

Conventions are circuit-tracer's: every active feature takes part; features and errors at the
first position (the first four of Gemma 3 IT) are left out; biases are no nodes; only a skip
connection lets gradients through the MLP. What the MLP writes there beyond its skip connection
therefore belongs to no node: it is part of the bias term of whatever reads it, as the decoder's
bias is elsewhere.
Source: Ameisen et al. 2025, "Circuit Tracing"; skip connections: arXiv 2501.18823.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tracer.documents.trace_figures import Fit
from tracer.documents.trace_info import FeaturesInfo
from tracer.errors import TracerError
from tracer.features.active import Activations, Active, joined
from tracer.features.encode import encode
from tracer.features.fit import measure_fit, without
from tracer.features.hooks import Hooks
from tracer.features.over_layers import active_over_layers
from tracer.features.source import LayerFeatures
from tracer.features.weights.dictionary import Dictionary, StoredLayer
from tracer.features.weights.stored import whole
from tracer.model.frozen_pass import FrozenPass
from tracer.model.load import Model

# Gemma 3's instruction-tuned models start every prompt like this, and nothing there is a feature.
GEMMA_3_IT = ("<bos>", "<start_of_turn>", "user", "\n")


@dataclass(frozen=True)
class Transcoders:
    """A dictionary of transcoders, as a feature source."""

    info: FeaturesInfo
    dictionary: Dictionary

    def read(self, frozen: FrozenPass) -> ActiveTranscoders:
        """Raises TracerError when the set does not fit the model or no feature is active."""
        layers, fit = self._reconstruct(frozen)
        if not any(map(len, layers)):
            raise TracerError(
                f"no feature of `{self.info.source}` is active on this prompt",
                hint="check that the set was made for this model",
            )
        return ActiveTranscoders(layers, self.dictionary.of_layers(frozen.n_layers), fit)

    def fit(self, frozen: FrozenPass) -> Fit | None:
        """How well the set reconstructs this prompt's MLPs. Raises TracerError when it does not
        fit the model."""
        return self._reconstruct(frozen)[1]

    def _reconstruct(self, frozen: FrozenPass) -> tuple[list[LayerFeatures], Fit | None]:
        dictionary = fitting(self.info, self.dictionary, frozen.model)
        reading = _Reading(frozen, dictionary, _first_position(frozen))
        layers = reading.every_layer()
        complete = [reading.with_remainder(layers[: layer + 1]) for layer in range(len(layers))]
        return complete, reading.fit(complete)


@dataclass(frozen=True)
class ActiveTranscoders:
    """The features of a dictionary that are active on one prompt; all take part."""

    layers: Sequence[LayerFeatures]
    dictionary: Dictionary
    fit: Fit | None

    @property
    def count(self) -> int:
        return sum(map(len, self.layers))

    def activations(self) -> Activations:
        return joined(enumerate(self.layers))

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(len(layer.encoder) for layer in self.dictionary.layers)

    def pull(self, layer: int, behind: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Effects are (features,), of the active ones."""
        features, gradient = self.layers[layer], behind[0]
        on_activation = torch.zeros_like(features.activations)
        for above, decoders in enumerate(features.decoders.unbind(1)):
            on_activation += (behind[above][features.positions] * decoders).sum(-1)
        onward = torch.zeros_like(gradient)  # (positions, d_model)
        onward.index_add_(0, features.positions, on_activation[:, None] * features.encoders)
        if features.passes_on is not None:
            positions = torch.arange(len(gradient), device=gradient.device)
            onward = onward + features.passes_on.pull(gradient, positions)
        return on_activation * features.activations, onward

    def pull_at(self, layer: int, positions: Tensor, behind: Sequence[Tensor]) -> Tensor:
        features = self.layers[layer]
        onward = torch.zeros_like(behind[0])
        for position in torch.unique(positions):
            here, these = positions == position, features.positions == position
            on_activation = onward.new_zeros(int(here.sum()), int(these.sum()))
            for one, decoders in zip(behind, features.decoders[these].unbind(1), strict=False):
                on_activation += one[here] @ decoders.T.to(one)
            onward[here] = on_activation @ features.encoders[these].to(onward)
        if features.passes_on is not None:
            onward = onward + features.passes_on.pull(behind[0], positions)
        return onward

    def along(self, layer: int, positions: Tensor, behind: Sequence[Tensor]) -> Tensor:
        features = self.layers[layer]
        found = behind[0].new_zeros(len(positions), self.widths[layer])
        for row, position in enumerate(positions.tolist()):
            here = features.positions == position
            written = found.new_zeros(int(here.sum()))
            for one, decoders in zip(behind, features.decoders[here].unbind(1), strict=False):
                written += decoders.to(one) @ one[row]
            found[row, features.indices[here]] = written * features.activations[here]
        return found

    def pass_up(
        self, layer: int, stream: Tensor, positions: Tensor, listed: LayerFeatures
    ) -> list[Tensor]:
        features = self._others(layer, listed)
        passed = [torch.zeros_like(stream) for _ in range(features.decoders.shape[1])]
        for position in torch.unique(features.positions):
            here, these = positions == position, features.positions == position
            read = stream[here] @ features.encoders[these].T.to(stream)  # (m, features)
            for above, into in enumerate(passed):
                into[here] = read @ features.decoders[these, above].to(stream)
        if features.passes_on is not None:
            passed[0] += features.passes_on.push(stream, positions)
        return passed

    def constants_up(self, layer: int, listed: LayerFeatures) -> list[Tensor]:
        features = self._others(layer, listed)
        given = []
        for above in range(features.decoders.shape[1]):
            written = features.biases[:, None] * features.decoders[:, above]
            given.append(torch.zeros_like(features.error).index_add(0, features.positions, written))
        if features.constant is not None:
            given[0] = given[0] + features.constant
        return given

    def errors(self, layer: int) -> Tensor | None:
        return self.layers[layer].error

    def _others(self, layer: int, listed: LayerFeatures) -> LayerFeatures:
        """The layer's features that are not listed."""
        features = self.layers[layer]
        width = len(self.dictionary.layers[layer].encoder)
        places = features.positions * width + features.indices
        return features.chosen(~torch.isin(places, listed.positions * width + listed.indices))

    def some(self, layer: int, places: Sequence[tuple[int, int]]) -> LayerFeatures:
        features = self.layers[layer]
        width = len(self.dictionary.layers[layer].encoder)
        wanted = [position * width + index for index, position in places]
        numbers = features.positions * width + features.indices
        return features.chosen(torch.isin(numbers, torch.tensor(wanted).to(numbers)))

    def admit(self, effects: Sequence[Tensor], candidates: int) -> list[LayerFeatures]:
        """All of them: `candidates` is for neurons."""
        return [
            replace(one, effects=effect) for one, effect in zip(self.layers, effects, strict=True)
        ]


@dataclass(frozen=True)
class _Reading:
    """What a dictionary makes of one frozen pass."""

    frozen: FrozenPass
    dictionary: Dictionary
    first: int  # positions in front of it are left out

    @property
    def hooks(self) -> Hooks:
        return Hooks(self.frozen, self.dictionary.settings)

    def every_layer(self) -> list[LayerFeatures]:
        """Each layer's active features, without error and constant."""
        settings, numbers = self.dictionary.settings, range(self.frozen.n_layers)
        if settings.over_all:
            inputs = [self.hooks.inputs(layer) for layer in numbers]
            chosen = active_over_layers(self.dictionary, inputs, self.first)
            return [self.features(layer, active) for layer, active in enumerate(chosen)]
        return [self.features(layer, self._active(layer)) for layer in numbers]

    def _active(self, layer: int) -> Active:
        stored, settings = self.dictionary.layers[layer], self.dictionary.settings
        return encode(stored, self.hooks.inputs(layer), first=self.first, settings=settings)

    def features(self, layer: int, active: Active) -> LayerFeatures:
        stored, x = self.dictionary.layers[layer], self.hooks.inputs(layer)
        rows = stored.encoder.take(active.indices).to(x)
        encoders = self.hooks.pull_input(layer, rows, active.positions)
        stream = self.frozen.streams[layer][active.positions]
        return LayerFeatures(
            positions=active.positions,
            indices=active.indices,
            activations=active.activations,
            encoders=encoders,
            biases=active.activations - (encoders * stream).sum(-1),
            decoders=self._decoders(layer, active),
            error=torch.zeros_like(x),
            constant=None,
            effects=torch.zeros_like(active.activations),
            passes_on=self._passes_on(layer),
        )

    def with_remainder(self, layers: Sequence[LayerFeatures]) -> LayerFeatures:
        """The last of the layers, which are all those below it too, with what its MLP adds that
        is no feature's: as error, and as a constant that no node stands for."""
        layer, hooks, frozen = len(layers) - 1, self.hooks, self.frozen
        stored = self.dictionary.layers[layer]
        rest = frozen.push_through_mlp_post_norm(layer, frozen.mlp_outputs[layer]).clone()
        skip = skip_matrix(stored, rest)
        if skip is not None:
            rest -= hooks.push_output(layer, hooks.inputs(layer) @ skip)
        for below, one in enumerate(layers):
            decoders = one.decoders_into(layer - below)
            if decoders is not None:
                rest.index_add_(0, one.positions, -one.activations[:, None] * decoders)
        bias = whole(stored.decoder_bias).to(rest).expand_as(rest)
        constant = hooks.push_output(layer, bias).clone()
        constant[: self.first] = rest[: self.first]
        error = rest - constant
        read_constant = hooks.input_constant(layer)
        if skip is not None and read_constant is not None:
            constant = constant + hooks.push_output(layer, (read_constant @ skip).expand_as(rest))
        return replace(layers[-1], error=error, constant=constant)

    def fit(self, layers: Sequence[LayerFeatures]) -> Fit | None:
        """How well the features, all of them, reconstruct this prompt's MLPs."""
        frozen, here = self.frozen, slice(self.first, None)
        written = [
            frozen.push_through_mlp_post_norm(layer, output)[here]
            for layer, output in enumerate(frozen.mlp_outputs)
        ]
        errors = [one.error[here] for one in layers]
        fit = measure_fit(written, errors, frozen.token_ids[here])
        return None if fit is None else without(fit, self.dictionary.left_out)

    def _decoders(self, layer: int, active: Active) -> Tensor:
        """(features, layers written to, d_model), on the residual stream."""
        rows = self.dictionary.layers[layer].decoder.take(active.indices)
        rows = rows.to(self.frozen.streams[layer])
        rows = rows[:, None] if rows.ndim == 2 else rows
        for above in range(rows.shape[1]):
            rows[:, above] = self.hooks.push_output(layer + above, rows[:, above], active.positions)
        return rows

    def _passes_on(self, layer: int) -> SkipConnection | None:
        skip = skip_matrix(self.dictionary.layers[layer], self.frozen.streams[layer])
        return None if skip is None else SkipConnection(self.hooks, layer, skip)


@dataclass(frozen=True)
class SkipConnection:
    """What goes past one layer's features, from where they read to where they write."""

    hooks: Hooks
    layer: int
    matrix: Tensor  # (d_model, d_model), for `x @ matrix`

    def pull(self, gradient: Tensor, positions: Tensor) -> Tensor:
        on_output = self.hooks.pull_output(self.layer, gradient, positions).to(gradient)
        on_input = on_output @ self.matrix.T.to(gradient)
        return self.hooks.pull_input(self.layer, on_input, positions)

    def push(self, stream: Tensor, positions: Tensor) -> Tensor:
        read = self.hooks.push_input(self.layer, stream, positions).to(stream)
        return self.hooks.push_output(self.layer, read @ self.matrix.to(stream), positions)


def skip_matrix(stored: StoredLayer, like: Tensor) -> Tensor | None:
    """(d_model, d_model), for `x @ skip`."""
    if stored.skip is None:
        return None
    skip = whole(stored.skip).to(like)
    return skip.T if stored.skip_transposed else skip


def _first_position(frozen: FrozenPass) -> int:
    """The first position with features: what comes before is the same for every prompt."""
    model = frozen.model
    name = model.info.name.partition("@")[0]
    # A local folder's name is not known; an instruction-tuned model has a template for chats.
    tuned = name.endswith("-it") if "/" in name else bool(model.tokenizer.backend.chat_template)
    if not (tuned and model.info.family.startswith("gemma3")):
        return 1
    n = len(GEMMA_3_IT)
    found = tuple(map(model.tokenizer.text, frozen.token_ids[:n]))
    if found != GEMMA_3_IT:
        raise TracerError(
            f"with transcoders, a prompt for `{name}` must begin with "
            f"{''.join(GEMMA_3_IT)!r}, not {''.join(found)!r}",
            hint="give the turns under `chat:` in place of `prompt:`",
        )
    return n


def fitting(info: FeaturesInfo, dictionary: Dictionary, model: Model) -> Dictionary:
    """The set with a layer for each of the model's. Raises TracerError where it was made for a
    model of another shape."""
    dictionary = dictionary.of_layers(model.info.layers)
    hint = "choose features that were made for this model"
    found = (len(dictionary.layers), dictionary.d_model)
    if found != (model.info.layers, model.info.d_model):
        raise TracerError(
            f"`{info.source}` has {found[0]} layers of width {found[1]}, "
            f"the model `{model.info.name}` has {model.info.layers} of width {model.info.d_model}",
            hint=hint,
        )
    if dictionary.settings.reads == "ln2.hook_normalized" and model.architecture.mlp_norm is None:
        what = "these features read behind a norm that the model does not have"
        raise TracerError(what, hint=hint)
    return dictionary
