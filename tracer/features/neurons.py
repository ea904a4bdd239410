"""The MLP's own neurons as features: works for any model, with no trained dictionary.

A gated neuron `h = act(g) u` with `g = w_g·x`, `u = w_u·x` and `act(g) = g σ(g)` is read by the
half rule, σ frozen: `h = ½ σ u (w_g·x) + ½ act(g) (w_u·x)`, and an ungated one, `h = act(z)`
with `z = w·x + b`, as `h = (h / z) z`: both exactly complete. Source: RelP (arXiv 2508.21258);
*Language Model Circuits Are Sparse in the Neuron Basis* (arXiv 2601.22594).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.documents.sources import NEURONS
from tracer.documents.trace_figures import Fit
from tracer.documents.trace_info import FeaturesInfo
from tracer.features.active import Activations, Active, joined
from tracer.features.choose import find_features
from tracer.features.source import LayerFeatures
from tracer.model.frozen_pass import FrozenPass
from tracer.model.layer_weights import Mlp
from tracer.model.load import Model

MOST_KEPT = 2**25  # neurons of all layers and positions that stay read
MOST_READ = 2**24  # numbers that neurons hold at one time, where streams pass them


@dataclass(frozen=True)
class Neurons:
    """The neurons of one model, as a feature source."""

    model: Model

    @property
    def info(self) -> FeaturesInfo:
        model = self.model
        return find_features(
            NEURONS, model_source=model.source_name, model_identity=model.info.identity
        )

    def read(self, frozen: FrozenPass) -> ActiveNeurons:
        return ActiveNeurons(frozen, _Layers([one.mlp for one in self.model.layers], frozen))


@dataclass(frozen=True)
class _Reading:
    """One way in which a layer's neurons read its input: `factor * (weight x + bias)`."""

    weight: Tensor  # (neurons, d_model)
    bias: Tensor | None  # (neurons,)
    factor: Tensor  # (positions, neurons)


@dataclass(frozen=True)
class _NeuronLayer:
    """One layer's neurons on one prompt. The readings add up to the activation."""

    mlp: Mlp
    activation: Tensor  # (positions, neurons)
    readings: tuple[_Reading, ...]


class _Layers:
    """The neurons of each layer: kept where they are few, else read again when they are asked for,
    since on a long prompt they would take more memory than the model."""

    def __init__(self, mlps: Sequence[Mlp], frozen: FrozenPass) -> None:
        self.mlps = mlps
        self.numbers = frozen.n_positions * sum(len(one.gate) for one in mlps)
        self._inputs = frozen.mlp_inputs
        self._kept: dict[int, _NeuronLayer] = {}

    def __getitem__(self, layer: int) -> _NeuronLayer:
        found = self._kept.get(layer)
        if found is None:
            found = _read_layer(self.mlps[layer], self._inputs[layer])
            # Another thread may be at another layer: nothing is taken out of what it holds.
            self._kept = {layer: found, **({} if self.numbers > MOST_KEPT else self._kept)}
        return found

    def __iter__(self) -> Iterator[_NeuronLayer]:
        return (self[layer] for layer in range(len(self.mlps)))


@dataclass(frozen=True)
class ActiveNeurons:
    """Every neuron is active; `admit` takes those that matter."""

    frozen: FrozenPass
    layers: _Layers

    @property
    def count(self) -> int:
        return self.layers.numbers

    def activations(self) -> Activations:
        return joined(
            (layer, Active.everywhere(one.activation)) for layer, one in enumerate(self.layers)
        )

    @property
    def fit(self) -> Fit | None:
        return None

    def pull(self, layer: int, behind: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        every = torch.arange(self.frozen.n_positions, device=behind[0].device)
        on_activation, onward = self._pulled(layer, behind[0], every)
        return on_activation * self.layers[layer].activation, onward

    def pull_at(self, layer: int, positions: Tensor, behind: Sequence[Tensor]) -> Tensor:
        return self._pulled(layer, behind[0], positions)[1]

    def along(self, layer: int, positions: Tensor, behind: Sequence[Tensor]) -> Tensor:
        neurons = self.layers[layer]
        gradient = self.frozen.pull_through_mlp_post_norm(layer, behind[0], positions)
        written = gradient @ neurons.mlp.down.to(gradient)
        return written * neurons.activation[positions]

    def _pulled(self, layer: int, gradient: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """From (m, d_model) at positions to gradients on activations and in front of the MLP."""
        neurons = self.layers[layer]
        gradient = self.frozen.pull_through_mlp_post_norm(layer, gradient, positions)
        on_activation = gradient @ neurons.mlp.down.to(gradient)  # (m, neurons)
        on_input = torch.zeros_like(gradient)
        for one in neurons.readings:
            on_input.addmm_(on_activation * one.factor[positions], one.weight.to(gradient))
        return on_activation, self.frozen.pull_through_mlp_norm(layer, positions, on_input)

    def pass_up(
        self, layer: int, stream: Tensor, positions: Tensor, listed: LayerFeatures
    ) -> list[Tensor]:
        x = self.frozen.push_through_mlp_norm(layer, stream, positions)
        return [self._onward(layer, x, positions, listed)]

    def constants_up(self, layer: int, listed: LayerFeatures) -> list[Tensor]:
        neurons = self.layers[layer]
        n, like = self.frozen.n_positions, self.frozen.mlp_outputs[layer]
        positions = torch.arange(n, device=like.device)
        norm_constant = self.frozen.mlp_norm_constant(layer)
        given = []
        if norm_constant is not None or any(one.bias is not None for one in neurons.readings):
            x = torch.zeros_like(like) if norm_constant is None else norm_constant.expand_as(like)
            given.append(self._onward(layer, x, positions, listed, biases=True))
        if neurons.mlp.down_bias is not None:
            given.append(self._push(layer, neurons.mlp.down_bias.expand_as(like)))
        return [sum(given[1:], given[0])] if given else []

    def errors(self, layer: int) -> Tensor | None:
        return None

    def _onward(
        self,
        layer: int,
        x: Tensor,
        positions: Tensor,
        listed: LayerFeatures,
        *,
        biases: bool = False,
    ) -> Tensor:
        """(m, d_model): what all but the listed neurons write of what they read of `x`, (m,
        d_model), the MLP's normalised input at `positions` (m,)."""
        neurons = self.layers[layer]
        width = neurons.activation.shape[1]
        written = x.new_empty(len(x), neurons.mlp.down.shape[0])
        every = torch.arange(len(x), device=x.device)
        for rows in torch.split(every, max(1, MOST_READ // width)):
            here = positions[rows]
            hidden = x.new_zeros(len(rows), width)
            for one in neurons.readings:
                bias = one.bias if biases else None
                read = torch.nn.functional.linear(x[rows], one.weight.to(x), bias)
                hidden.addcmul_(read, one.factor[here].to(x))
            row, which = (here[:, None] == listed.positions).nonzero(as_tuple=True)
            hidden[row, listed.indices[which]] = 0
            written[rows] = hidden @ neurons.mlp.down.T.to(x)
        return self._push(layer, written, positions)

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(len(one.gate) for one in self.layers.mlps)

    def some(self, layer: int, places: Sequence[tuple[int, int]]) -> LayerFeatures:
        device = self.frozen.embeddings.device
        indices, positions = torch.tensor(places, device=device).view(-1, 2).long().unbind(1)
        return self._take(layer, positions, indices, torch.zeros(len(places), device=device))

    def admit(self, effects: Sequence[Tensor], candidates: int) -> list[LayerFeatures]:
        """The strongest `candidates` by absolute effect, never at position 0, which is the same
        for every prompt."""
        strength = torch.stack(list(effects)).abs_()  # (layers, positions, neurons)
        strength[:, 0] = -1
        chosen = _strongest(strength, candidates)
        places = [mask.nonzero(as_tuple=True) for mask in chosen]
        return [
            self._take(layer, positions, indices, effects[layer][positions, indices])
            for layer, (positions, indices) in enumerate(places)
        ]

    def _take(
        self, layer: int, positions: Tensor, indices: Tensor, effects: Tensor
    ) -> LayerFeatures:
        neurons, mlp = self.layers[layer], self.layers[layer].mlp
        on_input = torch.zeros_like(mlp.gate[indices])  # (features, d_model)
        biases = torch.zeros_like(neurons.activation[positions, indices])
        for one in neurons.readings:
            factor = one.factor[positions, indices]  # (features,)
            on_input = on_input + factor[:, None] * one.weight[indices]
            if one.bias is not None:
                biases = biases + factor * one.bias[indices]
        norm_constant = self.frozen.mlp_norm_constant(layer)
        if norm_constant is not None:
            biases = biases + on_input @ norm_constant
        activations = neurons.activation[positions, indices]
        decoders = self._push(layer, mlp.down.T[indices], positions)  # (features, d_model)
        constant = None
        error = self._push(layer, self.frozen.mlp_outputs[layer])
        error = error.index_add(0, positions, -activations[:, None] * decoders)
        if mlp.down_bias is not None:
            constant = self._push(layer, mlp.down_bias.expand_as(error))
            error = error - constant
        return LayerFeatures(
            positions=positions,
            indices=indices,
            activations=activations,
            encoders=self.frozen.pull_through_mlp_norm(layer, positions, on_input),
            biases=biases,
            decoders=decoders[:, None],
            error=error,
            constant=constant,
            effects=effects,
        )

    def _push(self, layer: int, written: Tensor, positions: Tensor | slice = slice(None)) -> Tensor:
        """What joins the residual stream of what is written to the MLP's output."""
        return self.frozen.push_through_mlp_post_norm(layer, written, positions)


def _strongest(strength: Tensor, most: int) -> Tensor:
    """(layers, positions, neurons) bool: so many that are not negative, ties to the earlier. Layer
    by layer, since to sort all of a long prompt takes several times their memory."""
    count = min(most, int((strength >= 0).sum()))
    if count == 0:
        return torch.zeros_like(strength, dtype=torch.bool)
    best = [one.flatten().topk(min(count, one.numel()), sorted=False).values for one in strength]
    least = torch.cat(best).topk(count).values[-1]
    chosen = strength > least
    ties = (strength == least).nonzero()[: count - int(chosen.sum())]
    chosen[ties.unbind(1)] = True
    return chosen


def _read_layer(mlp: Mlp, x: Tensor) -> _NeuronLayer:
    gate = torch.nn.functional.linear(x, mlp.gate, mlp.gate_bias)  # (positions, neurons)
    acted = mlp.activation(gate)
    slope = _slope(mlp, gate, acted)
    if mlp.up is None:
        return _NeuronLayer(mlp, acted, (_Reading(mlp.gate, mlp.gate_bias, slope),))
    up = torch.nn.functional.linear(x, mlp.up, mlp.up_bias)
    by_gate = _Reading(mlp.gate, mlp.gate_bias, 0.5 * slope * up)
    by_up = _Reading(mlp.up, mlp.up_bias, 0.5 * acted)
    return _NeuronLayer(mlp, acted * up, (by_gate, by_up))


def _slope(mlp: Mlp, gate: Tensor, acted: Tensor) -> Tensor:
    """act(g) / g, and its limit where g is zero."""
    tiny = torch.full((), 1e-4, dtype=gate.dtype, device=gate.device)
    limit = mlp.activation(tiny) / tiny
    return torch.where(gate == 0, limit, acted / torch.where(gate == 0, tiny, gate))
