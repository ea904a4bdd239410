"""Gemma Scope: `layer_L/width_16k/average_l0_N/params.npz`, JumpReLU, encoders transposed."""

from __future__ import annotations

from collections.abc import Mapping

from tracer.features.weights.dictionary import Settings, StoredLayer
from tracer.features.weights.layout import NPZ, Layout
from tracer.features.weights.stored import Rows, Stored
from tracer.features.weights.tensors import Tensors

TENSORS = Tensors(needed=frozenset({"W_enc", "W_dec", "b_enc", "b_dec", "threshold"}))
# Trained just behind the norm, its gain folded into the MLP, on what joins the stream
# (arXiv 2408.05147, "Language model technical details").
SETTINGS = Settings("ln2.hook_normalized", "hook_mlp_out")


def gemma_scope_layer(tensors: Mapping[str, Stored], layer: int) -> StoredLayer:
    return StoredLayer(
        encoder=Rows(tensors["W_enc"], transposed=True),
        decoder=Rows(tensors["W_dec"]),
        encoder_bias=tensors["b_enc"],
        decoder_bias=tensors["b_dec"],
        threshold=tensors["threshold"],
    )


LAYOUT = Layout(
    name="Gemma Scope (`layer_0/…/params.npz` with `W_enc`, `W_dec`, `threshold`)",
    marks=("layer_",),
    files=NPZ,
    varies=r"average_l0_\d+",
    tensors=lambda _layer: TENSORS,
    read=gemma_scope_layer,
    settings=lambda _tensors: SETTINGS,
)
