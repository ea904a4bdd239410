"""Gemma Scope: `layer_L/width_16k/average_l0_N/params.npz`, JumpReLU, encoders transposed.

Gemma Scope 2: `layer_L_width_W_l0_S[_affine]/params.safetensors` per layer, or
`params_layer_L.safetensors` with a three-dimensional `w_dec` across layers; lower-case names.
"""

from __future__ import annotations

from collections.abc import Mapping

from tracer.features.weights.dictionary import StoredLayer
from tracer.features.weights.stored import Rows, Stored

NPZ_LAYOUT = "Gemma Scope (`layer_0/…/params.npz` with `W_enc`, `W_dec`, `threshold`)"
NPZ_KEYS = frozenset({"W_enc", "W_dec", "b_enc", "b_dec", "threshold"})
SECOND_LAYOUT = "Gemma Scope 2 (`params.safetensors` with `w_enc`, `w_dec`, `threshold`)"
SECOND_KEYS = frozenset({"w_enc", "w_dec", "b_enc", "b_dec", "threshold"})


def gemma_scope_layer(tensors: Mapping[str, Stored]) -> StoredLayer:
    return StoredLayer(
        encoder=Rows(tensors["W_enc"], transposed=True),
        decoder=Rows(tensors["W_dec"]),
        encoder_bias=tensors["b_enc"],
        decoder_bias=tensors["b_dec"],
        threshold=tensors["threshold"],
    )


def gemma_scope_2_layer(tensors: Mapping[str, Stored], layer: int) -> StoredLayer:
    """`w_dec` is (features, d_model), or (features, all layers, d_model) across layers."""
    across = len(tensors["w_dec"].shape) == 3
    return StoredLayer(
        encoder=Rows(tensors["w_enc"], transposed=True),
        decoder=Rows(tensors["w_dec"], first_layer=layer if across else 0),
        encoder_bias=tensors["b_enc"],
        decoder_bias=tensors["b_dec"],
        threshold=tensors["threshold"],
        skip=tensors.get("affine_skip_connection"),
        skip_transposed=False,
    )
