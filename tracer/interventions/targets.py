"""Where features of a kind are read in the running model, and where they write.

To set a feature means: what it would write more, or less, is added where its kind writes. The
model goes on computing everything else. For a neuron that is the same as setting it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor

from tracer.documents.trace_info import FeaturesInfo
from tracer.errors import TracerError
from tracer.features.active import Active
from tracer.features.choose import FoundFeatures, choose_features
from tracer.features.encode import encode
from tracer.features.fit import refuse_unfit
from tracer.features.hooks import Hooks
from tracer.features.neurons import Neurons
from tracer.features.source import FeatureSource
from tracer.features.transcoders import Transcoders, fitting, skip_matrix
from tracer.features.weights.dictionary import Dictionary, StoredLayer
from tracer.features.weights.stored import whole
from tracer.model.frozen_norm import FrozenNorm, freeze_norm
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.model.load import Model


class InterventionTargets(Protocol):
    """All features of one kind on one model, as interventions find and set them."""

    @property
    def info(self) -> FeaturesInfo: ...

    @property
    def widths(self) -> tuple[int, ...]:
        """How many features each layer has."""

    @property
    def source(self) -> FeatureSource:
        """The same features, as attribution reads them."""

    def reach(self, layer: int) -> int:
        """How many layers the layer's features write to, from their own on."""

    def read_from(self, layer: int) -> Any:
        """The module whose input holds what the layer's features read."""

    def write_to(self, layer: int) -> Any:
        """The module whose output they add to."""

    def read(self, layer: int, x: Tensor, scale: FrozenNorm | None) -> Tensor:
        """(..., width): what the features read, of that module's input. `scale` is the norm in
        front of the MLP, where it is held."""

    def values(self, layer: int, read: Tensor, indices: Tensor) -> Tensor:
        """(m,): the activation of each of m features, `read` being (m, width), a row for each."""

    def everywhere(self, layer: int, read: Tensor, indices: Tensor) -> Tensor:
        """(positions, m): the activations of m features at each position, `read` being
        (positions, width)."""

    def active(self, layer: int, read: Tensor) -> Active:
        """Every active feature of the layer, `read` being (positions, width)."""

    def decoders(self, layer: int, indices: Tensor) -> Tensor:
        """(m, layers written to, d_model): the layer's own first, then those above."""

    def loudness(self, layer: int, indices: Tensor) -> Tensor:
        """(m,): the norm of all that one unit of activation writes."""

    def skip(self, layer: int, read: Tensor) -> Tensor | None:
        """What passes the features by, (..., d_model); None where nothing does."""

    def pull_written(self, frozen: FrozenPass, layer: int, gradient: Tensor) -> Tensor:
        """Gradients on what features write to a layer, (positions, d_model), from those on the
        residual stream behind its MLP."""


def find_targets(model: Model, features: str) -> InterventionTargets:
    """`neurons`, `hf:org/repo`, or a folder. Raises TracerError for what cannot be had."""
    found = choose_features(
        features, model_source=model.source_name, model_identity=model.info.identity
    )
    return targets_of(model, found)


def targets_of(model: Model, found: FoundFeatures) -> InterventionTargets:
    """Raises TracerError for transcoders that do not have the model's shape, and for those that are
    chosen over all layers together."""
    if found.dictionary is None:
        return NeuronTargets(model)
    dictionary = fitting(found.info, found.dictionary, model)
    if dictionary.settings.over_all:
        raise TracerError(
            f"the features of `{found.info.source}` are chosen over all layers at once, so what "
            "they are behind a change is not known layer by layer: they can be traced, not set",
            hint="set features of another set, or neurons",
        )
    return DictionaryTargets(model, found.info, dictionary)


def refuse_unfit_targets(targets: InterventionTargets, token_ids: tuple[int, ...]) -> None:
    """Raises TracerError for transcoders that do not reconstruct what the MLPs write on a prompt,
    by the judgement of `trace`. Runs the model once."""
    if isinstance(targets, DictionaryTargets):
        source = Transcoders(targets.info, targets.dictionary)
        refuse_unfit(targets.info, source.fit(freeze(targets.model, token_ids)))


@dataclass(frozen=True)
class NeuronTargets:
    """Neurons are read where the down projection reads them."""

    model: Model

    @property
    def info(self) -> FeaturesInfo:
        return Neurons(self.model).info

    @property
    def source(self) -> FeatureSource:
        return Neurons(self.model)

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(one.mlp.down.shape[1] for one in self.model.layers)

    def reach(self, layer: int) -> int:
        return 1

    def read_from(self, layer: int) -> Any:
        return self._block(layer).get_submodule(self.model.architecture.down)

    def write_to(self, layer: int) -> Any:
        return self._block(layer).get_submodule(self.model.architecture.mlp)

    def read(self, layer: int, x: Tensor, scale: FrozenNorm | None) -> Tensor:
        return x

    def values(self, layer: int, read: Tensor, indices: Tensor) -> Tensor:
        return read.gather(1, indices[:, None])[:, 0]

    def everywhere(self, layer: int, read: Tensor, indices: Tensor) -> Tensor:
        return read[:, indices]

    def active(self, layer: int, read: Tensor) -> Active:
        return Active.everywhere(read)

    def decoders(self, layer: int, indices: Tensor) -> Tensor:
        return self.model.layers[layer].mlp.down.T[indices][:, None]

    def loudness(self, layer: int, indices: Tensor) -> Tensor:
        norms: Tensor = torch.linalg.vector_norm(self.decoders(layer, indices), dim=(1, 2))
        return norms

    def skip(self, layer: int, read: Tensor) -> Tensor | None:
        return None

    def pull_written(self, frozen: FrozenPass, layer: int, gradient: Tensor) -> Tensor:
        return frozen.pull_through_mlp_post_norm(layer, gradient)

    def _block(self, layer: int) -> Any:
        return self.model.module(self.model.architecture.layers)[layer]


@dataclass(frozen=True)
class DictionaryTargets:
    """A set of transcoders; places are named as in `tracer.features.hooks`."""

    model: Model
    info: FeaturesInfo
    dictionary: Dictionary

    @property
    def source(self) -> FeatureSource:
        return Transcoders(self.info, self.dictionary)

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(len(layer.encoder) for layer in self.dictionary.layers)

    def reach(self, layer: int) -> int:
        stored = self.dictionary.layers[layer]
        return stored.decoder.shape[1] if stored.across else 1

    def read_from(self, layer: int) -> Any:
        names = self.model.architecture
        in_front = None if self.dictionary.settings.reads == "mlp.hook_in" else names.mlp_norm
        return self._module(layer, in_front or names.mlp)

    def write_to(self, layer: int) -> Any:
        names = self.model.architecture
        behind = self.dictionary.settings.writes == "hook_mlp_out" and names.mlp_norm is not None
        return self._module(layer, (names.mlp_post_norm if behind else None) or names.mlp)

    def read(self, layer: int, x: Tensor, scale: FrozenNorm | None) -> Tensor:
        if self.dictionary.settings.reads != "ln2.hook_normalized":
            return x
        rows = x.flatten(0, -2)  # (rows, d_model)
        norm = freeze_norm(self.model.architecture, self.read_from(layer), rows)
        if scale is not None:
            held = scale.scale.repeat(len(rows) // len(scale.scale))
            norm = replace(norm, scale=held)
        norm = replace(norm, weight=torch.ones_like(norm.weight), bias=None)
        return norm.push(rows).view_as(x)

    def values(self, layer: int, read: Tensor, indices: Tensor) -> Tensor:
        stored = self.dictionary.layers[layer]
        if self.dictionary.settings.top_k is not None:
            everywhere, which = self._among_top(stored, read, indices)
            return everywhere.gather(1, which[:, None])[:, 0]
        rows = stored.encoder.take(indices).to(read)  # (m, d_model)
        return _gated(stored, (read * rows).sum(-1), indices)

    def everywhere(self, layer: int, read: Tensor, indices: Tensor) -> Tensor:
        stored = self.dictionary.layers[layer]
        if self.dictionary.settings.top_k is not None:
            everywhere, which = self._among_top(stored, read, indices)
            return everywhere[:, which]
        return _gated(stored, read @ stored.encoder.take(indices).to(read).T, indices)

    def active(self, layer: int, read: Tensor) -> Active:
        stored = self.dictionary.layers[layer]
        return encode(stored, read, first=1, settings=self.dictionary.settings)

    def decoders(self, layer: int, indices: Tensor) -> Tensor:
        rows = self.dictionary.layers[layer].decoder.take(indices).to(self.model.unembedding)
        return rows[:, None] if rows.ndim == 2 else rows

    def loudness(self, layer: int, indices: Tensor) -> Tensor:
        norms: Tensor = torch.linalg.vector_norm(self.decoders(layer, indices), dim=(1, 2))
        return norms

    def skip(self, layer: int, read: Tensor) -> Tensor | None:
        matrix = skip_matrix(self.dictionary.layers[layer], read)
        return None if matrix is None else read @ matrix

    def pull_written(self, frozen: FrozenPass, layer: int, gradient: Tensor) -> Tensor:
        everywhere = torch.arange(len(gradient), device=gradient.device)
        return Hooks(frozen, self.dictionary.settings).pull_output(layer, gradient, everywhere)

    def _among_top(
        self, stored: StoredLayer, read: Tensor, indices: Tensor
    ) -> tuple[Tensor, Tensor]:
        """A feature is active where it is among the k largest of its position: (positions, the
        different features), and (m,), which of these each of `indices` is."""
        found = encode(stored, read, first=0, settings=self.dictionary.settings)
        different, which = torch.unique(indices, return_inverse=True)
        columns = torch.searchsorted(different, found.indices).clamp(max=len(different) - 1)
        mine = different[columns] == found.indices
        result = read.new_zeros(len(read), len(different))
        result[found.positions[mine], columns[mine]] = found.activations[mine]
        return result, which

    def _module(self, layer: int, name: str) -> Any:
        return self.model.module(self.model.architecture.layers)[layer].get_submodule(name)


def _gated(stored: StoredLayer, before: Tensor, indices: Tensor) -> Tensor:
    """Activations of m features, (…, m), from what their encoders read, without biases."""
    before = before + whole(stored.encoder_bias).to(before)[indices]
    if stored.threshold is None:
        return before.relu()
    thresholds = whole(stored.threshold).to(before).flatten()  # one, or one a feature
    return before * (before > thresholds.expand(len(stored.encoder))[indices])
