"""`layer_0.safetensors`, `layer_1.safetensors`, …: per-layer transcoders as circuit-tracer
writes them (those of Llama 3.2 and Qwen 3)."""

from __future__ import annotations

from collections.abc import Mapping

from tracer.features.weights.dictionary import Settings, StoredLayer
from tracer.features.weights.layout import Layout
from tracer.features.weights.stored import Rows, Stored, whole
from tracer.features.weights.tensors import Tensors

TENSORS = Tensors(
    needed=frozenset({"W_enc", "W_dec", "b_enc", "b_dec"}),
    optional=frozenset({"W_skip", "activation_function.threshold", "k"}),
)


def native_plt_layer(tensors: Mapping[str, Stored], layer: int) -> StoredLayer:
    return StoredLayer(
        encoder=Rows(tensors["W_enc"]),
        decoder=Rows(tensors["W_dec"]),
        encoder_bias=tensors["b_enc"],
        decoder_bias=tensors["b_dec"],
        threshold=tensors.get("activation_function.threshold"),
        skip=tensors.get("W_skip"),
    )


def native_plt_settings(tensors: Mapping[str, Stored]) -> Settings:
    """A TopK set that circuit-tracer saved holds its k; where features read and write is in no
    file of the layout but `config.yaml`."""
    top_k = int(whole(tensors["k"])) if "k" in tensors else None
    return Settings("mlp.hook_in", "mlp.hook_out", top_k)


LAYOUT = Layout(
    name="per-layer transcoders (`layer_0.safetensors` … with `W_enc`, `W_dec`)",
    marks=("layer_",),
    tensors=lambda _layer: TENSORS,
    read=native_plt_layer,
    settings=native_plt_settings,
)
