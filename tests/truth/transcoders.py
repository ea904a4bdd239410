"""Transcoders that fit a planted model, written as a user's own set would be.

Of a ReLU MLP they are exact: the neurons in another order and at other scales. Of a gated MLP they
are built, since `silu(10 x) / 10` is nearly `relu(x)` and a product of two signals their AND, and
their decoders then fitted to what the MLPs give on random sentences of the circuit's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tests.features.dictionaries import save
from tests.truth.build import SHARP, Built
from tracer.model.layer_weights import Mlp

SENTENCES, LENGTH = 48, 8
RIDGE = 0.01  # how strongly decoders are held to what was built, as a share of the mean square


@dataclass(frozen=True)
class Fitted:
    """A set in a folder, and which feature stands for a unit, as (layer, index)."""

    folder: Path
    units: dict[str, tuple[int, int]]
    width: int


@torch.no_grad()
def fit_transcoders(built: Built, folder: Path, seed: int = 0) -> Fitted:
    """One transcoder a layer, in circuit-tracer's layout."""
    chance = torch.Generator().manual_seed(seed)
    seen = _seen(built, chance)
    places: dict[str, tuple[int, int]] = {}
    for layer, (weights, (x, y)) in enumerate(zip(built.model.layers, seen, strict=True)):
        gated = {one.name for one in built.circuit.units if one.gate and weights.mlp.up is not None}
        here = {name: at for name, (home, at) in built.units.items() if home == layer}
        encoder, bias, decoder = _read(weights.mlp, [here[one] for one in gated & here.keys()])
        if weights.mlp.up is not None:
            decoder = _fitted((x @ encoder.T + bias).relu(), y, decoder)
        order = torch.randperm(len(bias), generator=chance)
        scale = 0.5 + 1.5 * torch.rand(len(bias), generator=chance).double()
        named = {
            "W_enc": encoder * scale[:, None],
            "b_enc": bias * scale,
            "W_dec": decoder / scale[:, None],
        }
        shuffled = {name: torch.empty_like(rows) for name, rows in named.items()}
        for name, rows in named.items():
            shuffled[name][order] = rows
        tensors = {name: rows.float() for name, rows in shuffled.items()}
        save({**tensors, "b_dec": torch.zeros(x.shape[1])}, folder / f"layer_{layer}.safetensors")
        places |= {name: (layer, int(order[at])) for name, at in here.items()}
    return Fitted(folder, places, built.width)


def _read(mlp: Mlp, gated: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Encoders (features, d_model), their biases and decoders (features, d_model), one a neuron."""
    encoder, bias, decoder = mlp.gate.clone(), mlp.gate_bias, mlp.down.T.clone()
    assert bias is not None
    if mlp.up is None:
        return encoder, bias.clone(), decoder
    assert mlp.up_bias is not None
    encoder, bias = encoder / SHARP, bias / SHARP
    height = SHARP * mlp.up_bias
    encoder[gated] += 2 * SHARP * mlp.up[gated]
    bias[gated] -= 2.0
    height[gated] = 1.0
    return encoder, bias, decoder * height[:, None]


def _fitted(activations: Tensor, y: Tensor, decoder: Tensor) -> Tensor:
    """(features, d_model): the decoder with the least squared error beside the least change."""
    square = activations.T @ activations
    held = RIDGE * square.diagonal().mean() * torch.eye(len(square), dtype=square.dtype)
    missing = y - activations @ decoder
    change: Tensor = torch.linalg.solve(square + held, activations.T @ missing)
    return decoder + change


def _seen(built: Built, chance: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """Per layer what its MLP reads and gives, (positions, d_model) each, on random sentences,
    the start left out."""
    model, words = built.model, len(built.circuit.words)
    sentences = 2 + torch.randint(words, (SENTENCES, LENGTH), generator=chance)
    ids = torch.cat([torch.zeros(SENTENCES, 1, dtype=torch.long), sentences], 1)
    seen: list[tuple[Tensor, Tensor]] = []

    def note(_: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.append((inputs[0][:, 1:].flatten(0, 1), output[:, 1:].flatten(0, 1)))

    blocks = model.module(model.architecture.layers)
    handles = [
        block.get_submodule(model.architecture.mlp).register_forward_hook(note) for block in blocks
    ]
    model.causal_lm(ids)
    for handle in handles:
        handle.remove()
    return seen
