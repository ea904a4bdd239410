"""`layers.N.mlp/sae.safetensors` and `cfg.json`: transcoders trained by EleutherAI's sparsify,
TopK. They read what the MLP reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tracer.documents.files import read_bytes
from tracer.documents.json_text import decode
from tracer.errors import Place, TracerError
from tracer.features.weights.dictionary import Settings, StoredLayer
from tracer.features.weights.stored import Rows, Stored

LAYOUT = "sparsify (`layers.0.mlp/sae.safetensors` with `encoder.weight`, `W_dec`, and `cfg.json`)"
FILE, SETTINGS = "sae.safetensors", "cfg.json"
KEYS = frozenset({"encoder.weight", "encoder.bias", "W_dec", "b_dec"})


def sparsify_layer(tensors: Mapping[str, Stored]) -> StoredLayer:
    return StoredLayer(
        encoder=Rows(tensors["encoder.weight"]),
        decoder=Rows(tensors["W_dec"]),
        encoder_bias=tensors["encoder.bias"],
        decoder_bias=tensors["b_dec"],
        skip=tensors.get("W_skip"),
    )


def sparsify_settings(weights: Path) -> Settings:
    """Raises TracerError for a set that reconstructs its own input, or is not TopK."""
    file = weights.parent / SETTINGS
    try:
        config = decode(read_bytes(file), file, hint="fetch it again")
        k, transcodes = config["k"], config.get("transcode", False)
    except (KeyError, TypeError, AttributeError):
        raise TracerError("is no configuration of sparsify's", place=Place(file)) from None
    if not transcodes:
        raise TracerError(
            "this is a sparse autoencoder, not a transcoder",
            hint="use a set that was trained with `transcode: true`",
            place=Place(file),
        )
    activation = config.get("activation", "topk")
    if activation != "topk" or config.get("signed") or not isinstance(k, int) or k < 1:
        raise TracerError(
            f"`activation: {activation}` with `k: {k}` is not understood",
            hint="understood: TopK with a positive k, not signed",
            place=Place(file),
        )
    return Settings("mlp.hook_in", "mlp.hook_out", k)
