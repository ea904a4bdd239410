"""`layers.N.mlp/sae.safetensors` and `cfg.json`: transcoders trained by EleutherAI's sparsify,
TopK. They read what the MLP reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tracer.documents.files import read_text
from tracer.errors import Place, TracerError
from tracer.features.weights.dictionary import StoredLayer
from tracer.features.weights.stored import Rows, Stored

LAYOUT = "sparsify (`layers.0.mlp/sae.safetensors` with `encoder.weight`, `W_dec`, and `cfg.json`)"
KEYS = frozenset({"encoder.weight", "encoder.bias", "W_dec", "b_dec"})


def sparsify_layer(tensors: Mapping[str, Stored]) -> StoredLayer:
    return StoredLayer(
        encoder=Rows(tensors["encoder.weight"]),
        decoder=Rows(tensors["W_dec"]),
        encoder_bias=tensors["encoder.bias"],
        decoder_bias=tensors["b_dec"],
        skip=tensors.get("W_skip"),
    )


def sparsify_top_k(weights: Path) -> int:
    """k of the set. Raises TracerError for a set that reconstructs its own input."""
    file = weights.parent / "cfg.json"
    try:
        config = json.loads(read_text(file))
        k, transcodes = config["k"], config.get("transcode", False)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TracerError("is no configuration of sparsify's", place=Place(file)) from None
    if not transcodes:
        raise TracerError(
            "this is a sparse autoencoder, not a transcoder",
            hint="use a set that was trained with `transcode: true`",
            place=Place(file),
        )
    if not isinstance(k, int) or k < 1 or config.get("activation", "topk") != "topk":
        raise TracerError("only TopK with a positive `k` is understood", place=Place(file))
    return k
