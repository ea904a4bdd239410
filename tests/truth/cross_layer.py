"""A step that a cross-layer set skips: the circuit, the set that skips it, and one that does not.

Both sets reconstruct every MLP of the model. In the one across layers the feature for `sprout`
writes by itself what layer 1's unit `grow` computes from it, and no feature stands for `grow`.
"""

from __future__ import annotations

from pathlib import Path

import torch

from tests.features.dictionaries import config, save
from tests.truth.build import Built
from tests.truth.circuit import Circuit, Head, Unit
from tests.truth.transcoders import Fitted

SKIPPED = {"grow": "sprout", "hatch": "crack"}  # a unit, and the one that it reads

CIRCUIT = Circuit(
    name="a step to skip",
    told="seed, sprout, tree, at one word; then what it becomes",
    layers=3,
    classes={"seed": "acorn egg"},
    heads=[Head(2, looks={"becomes": "seed"}, carries={"grown": "tree", "hatched": "bird"})],
    units=[
        Unit("sprout", 0, reads={"acorn": 1}, writes={"sprouted": 1}),
        Unit("crack", 0, reads={"egg": 1}, writes={"cracked": 1}),
        Unit("grow", 1, reads={"sprouted": 1}, above=0, writes={"grown": 1}),
        Unit("hatch", 1, reads={"cracked": 1}, above=0, writes={"hatched": 1}),
        Unit("wood", 2, reads={"tree": 1, "becomes": 1}, above=0, writes={"say oak": 0.5}),
        Unit("wings", 2, reads={"bird": 1, "becomes": 1}, above=0, writes={"say hen": 0.5}),
    ],
    table={"an acorn later becomes": "oak", "an egg later becomes": "hen"},
    chains=[
        "acorn@2 > sprout@2 > grow@2 > wood@4 > answer",
        "becomes@4 > wood@4",
        "becomes@4 > wings@4 > answer",
    ],
)


def across_layers(built: Built, folder: Path, *, skipping: bool) -> Fitted:
    """The neurons of a ReLU model as a set across layers, exact; `skipping`, with the units of
    `SKIPPED` taken out and what they write put into the decoders of those that they read."""
    depth = built.circuit.layers
    for layer, weights in enumerate(built.model.layers):
        mlp = weights.mlp
        assert mlp.up is None and mlp.gate_bias is not None
        encoder, bias = mlp.gate.clone(), mlp.gate_bias.clone()
        decoder = torch.zeros(len(bias), depth - layer, encoder.shape[1], dtype=encoder.dtype)
        decoder[:, 0] = mlp.down.T
        for skipped, below in SKIPPED.items() if skipping else ():
            home, at = built.units[skipped]
            source, feature = built.units[below]
            if layer == home:
                encoder[at], bias[at] = 0, -1.0
            elif layer == source:
                decoder[feature, home - source] += built.model.layers[home].mlp.down[:, at]
        named = {f"W_enc_{layer}": encoder, f"b_enc_{layer}": bias}
        named[f"b_dec_{layer}"] = torch.zeros(encoder.shape[1])
        tensors = {name: one.float() for name, one in named.items()}
        save(tensors, folder / f"W_enc_{layer}.safetensors")
        save({f"W_dec_{layer}": decoder.float()}, folder / f"W_dec_{layer}.safetensors")
    config(folder, reads="mlp.hook_in", writes="mlp.hook_out")
    return Fitted(folder, dict(built.units), built.width)
