"""`W_enc_0.safetensors`, `W_dec_0.safetensors`, …: cross-layer transcoders as circuit-tracer
writes them. A layer's decoder writes to it and to every layer above."""

from __future__ import annotations

from collections.abc import Mapping

from tracer.features.weights.dictionary import Settings, StoredLayer
from tracer.features.weights.layout import Layout
from tracer.features.weights.stored import Rows, Stored
from tracer.features.weights.tensors import LEFT_BY_TRAINERS, Tensors

SETTINGS = Settings("hook_resid_mid", "hook_mlp_out")  # where no `config.yaml` says otherwise


def native_clt_tensors(layer: int) -> Tensors:
    return Tensors(
        needed=frozenset(f"{name}_{layer}" for name in ("W_enc", "W_dec", "b_enc", "b_dec")),
        optional=frozenset({f"threshold_{layer}"}),
        unread=frozenset(f"{name}_{layer}" for name in LEFT_BY_TRAINERS),
    )


def native_clt_layer(tensors: Mapping[str, Stored], layer: int) -> StoredLayer:
    return StoredLayer(
        encoder=Rows(tensors[f"W_enc_{layer}"]),
        decoder=Rows(tensors[f"W_dec_{layer}"]),
        encoder_bias=tensors[f"b_enc_{layer}"],
        decoder_bias=tensors[f"b_dec_{layer}"],
        threshold=tensors.get(f"threshold_{layer}"),
    )


LAYOUT = Layout(
    name="cross-layer transcoders (`W_enc_0.safetensors`, `W_dec_0.safetensors` …)",
    marks=("W_enc_", "W_dec_"),
    tensors=native_clt_tensors,
    read=native_clt_layer,
    settings=lambda _tensors: SETTINGS,
)
