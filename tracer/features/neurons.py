"""The MLP's own neurons as features: works for any model, with no trained dictionary.

A gated neuron `h = act(g) u` with `g = w_g·x`, `u = w_u·x` and `act(g) = g σ(g)` is read by the
half rule, σ frozen: `h = ½ σ u (w_g·x) + ½ act(g) (w_u·x)`, exactly complete. Source: RelP
(arXiv 2508.21258); *Language Model Circuits Are Sparse in the Neuron Basis* (arXiv 2601.22594).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.documents.graph import FeaturesInfo
from tracer.features.choose import NEURONS, find_features
from tracer.features.source import LayerFeatures
from tracer.model.architectures import GatedMlp
from tracer.model.frozen_pass import FrozenPass
from tracer.model.load import Model


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
        layers = zip(self.model.layers, frozen.mlp_inputs, strict=True)
        return ActiveNeurons(frozen, [_read_layer(one.mlp, x) for one, x in layers])


@dataclass(frozen=True)
class _NeuronLayer:
    """One layer's neurons on one prompt, all (positions, neurons)."""

    mlp: GatedMlp
    activation: Tensor
    by_gate: Tensor  # ½ σ u: the weight of w_g in the neuron's encoder
    by_up: Tensor  # ½ act(g): the weight of w_u


@dataclass(frozen=True)
class ActiveNeurons:
    """Every neuron is active; `admit` takes those that matter."""

    frozen: FrozenPass
    layers: list[_NeuronLayer]

    @property
    def count(self) -> int:
        return sum(layer.activation.numel() for layer in self.layers)

    def pull(self, layer: int, gradient: Tensor) -> tuple[Tensor, Tensor]:
        neurons = self.layers[layer]
        on_activation = gradient @ neurons.mlp.down  # (positions, neurons)
        on_input = (on_activation * neurons.by_gate) @ neurons.mlp.gate
        on_input = on_input + (on_activation * neurons.by_up) @ neurons.mlp.up
        positions = torch.arange(len(gradient), device=gradient.device)
        onward = self.frozen.pull_through_mlp_norm(layer, positions, on_input)
        return on_activation * neurons.activation, onward

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(layer.activation.shape[1] for layer in self.layers)

    def one(self, layer: int, index: int, position: int) -> LayerFeatures:
        device = self.layers[layer].activation.device
        at, which = torch.tensor([position], device=device), torch.tensor([index], device=device)
        return self._take(layer, at, which)

    def admit(self, effects: Sequence[Tensor], candidates: int) -> list[LayerFeatures]:
        """The strongest `candidates` by absolute effect, never at position 0, which is the same
        for every prompt."""
        strength = torch.stack([one.abs() for one in effects])  # (layers, positions, neurons)
        strength[:, 0] = -1
        flat = strength.flatten()
        count = min(candidates, int((flat >= 0).sum()))
        chosen = torch.zeros_like(flat, dtype=torch.bool)
        chosen[torch.sort(flat, descending=True, stable=True).indices[:count]] = True
        chosen = chosen.view_as(strength)
        return [
            self._take(layer, *mask.nonzero(as_tuple=True)) for layer, mask in enumerate(chosen)
        ]

    def _take(self, layer: int, positions: Tensor, indices: Tensor) -> LayerFeatures:
        neurons, mlp = self.layers[layer], self.layers[layer].mlp
        by_gate = neurons.by_gate[positions, indices]  # (features,)
        by_up = neurons.by_up[positions, indices]
        on_input = by_gate[:, None] * mlp.gate[indices] + by_up[:, None] * mlp.up[indices]
        biases = torch.zeros_like(by_gate)
        if mlp.gate_bias is not None:
            biases = biases + by_gate * mlp.gate_bias[indices]
        if mlp.up_bias is not None:
            biases = biases + by_up * mlp.up_bias[indices]
        activations = neurons.activation[positions, indices]
        decoders = mlp.down.T[indices]  # (features, d_model)
        written = torch.zeros_like(self.frozen.mlp_outputs[layer])
        written.index_add_(0, positions, activations[:, None] * decoders)
        error = self.frozen.mlp_outputs[layer] - written
        if mlp.down_bias is not None:
            error = error - mlp.down_bias
        return LayerFeatures(
            positions=positions,
            indices=indices,
            activations=activations,
            encoders=self.frozen.pull_through_mlp_norm(layer, positions, on_input),
            biases=biases,
            decoders=decoders,
            error=error,
            decoder_bias=mlp.down_bias,
        )


def _read_layer(mlp: GatedMlp, x: Tensor) -> _NeuronLayer:
    gate = torch.nn.functional.linear(x, mlp.gate, mlp.gate_bias)  # (positions, neurons)
    up = torch.nn.functional.linear(x, mlp.up, mlp.up_bias)
    acted = mlp.activation(gate)
    return _NeuronLayer(
        mlp=mlp,
        activation=acted * up,
        by_gate=0.5 * _slope(mlp, gate, acted) * up,
        by_up=0.5 * acted,
    )


def _slope(mlp: GatedMlp, gate: Tensor, acted: Tensor) -> Tensor:
    """act(g) / g, and its limit where g is zero."""
    tiny = torch.full((), 1e-4, dtype=gate.dtype, device=gate.device)
    limit = mlp.activation(tiny) / tiny
    return torch.where(gate == 0, limit, acted / torch.where(gate == 0, tiny, gate))
