"""`layers.N.mlp/sae.safetensors` (in GPT-2 `h.N.mlp`) and `cfg.json`: transcoders trained by
EleutherAI's sparsify, TopK or group-max. They read what the MLP reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracer.errors import Place, TracerError
from tracer.features.weights.dictionary import Settings, StoredLayer
from tracer.features.weights.fields import (
    OFF,
    Fields,
    json_fields,
    refuse_other_sizes,
    refuse_other_skip,
)
from tracer.features.weights.layout import Beside, Layout
from tracer.features.weights.stored import Rows, Stored
from tracer.features.weights.tensors import Tensors

SETTINGS = "cfg.json"
TENSORS = Tensors(
    needed=frozenset({"encoder.weight", "encoder.bias", "W_dec", "b_dec"}),
    optional=frozenset({"W_skip"}),
)
_MLP = re.compile(r"(?:.*\.)?mlp\Z")
_SIZES = ("d_in", "num_latents", "expansion_factor")
# The decoder is stored as it was normalised; the others tell how the set was trained, or on what.
_FIELDS = Fields(
    honoured=frozenset({"activation", "k", "transcode", "signed", "skip_connection", *_SIZES}),
    unread=frozenset(
        {
            "dtype",
            "gram_table_hash",
            "lookup_max_order",
            "multi_topk",
            "normalize_decoder",
            "tp_output",
            "train_post_encoder",
            "use_fp8",
        }
    ),
    only={**OFF, "n_sources": "0|1", "n_targets": "0|1"},  # of a fork that trains across layers
)


def sparsify_layer(tensors: Mapping[str, Stored], layer: int) -> StoredLayer:
    return StoredLayer(
        encoder=Rows(tensors["encoder.weight"]),
        decoder=Rows(tensors["W_dec"]),
        encoder_bias=tensors["encoder.bias"],
        decoder_bias=tensors["b_dec"],
        skip=tensors.get("W_skip"),
    )


def sparsify_settings(weights: Path, layer: int | None = None) -> Settings:
    """What `cfg.json` says. Raises TracerError for a set that reconstructs its own input, that
    stands elsewhere than at an MLP, that is not TopK, or that says what is not understood."""
    file = weights.parent / SETTINGS
    config = json_fields(file, "sparsify's")
    if not _transcodes(config):
        raise TracerError(
            "this is a sparse autoencoder, not a transcoder",
            hint="use a set that was trained with `transcode: true`",
            place=Place(file),
        )
    if not _MLP.match(weights.parent.name):
        raise TracerError(
            f"`{weights.parent.name}` is not an MLP",
            hint="understood are sets at `layers.N.mlp` and `h.N.mlp`",
            place=Place(file),
        )
    activation, k = config.get("activation", "topk"), config.get("k")
    known = activation in ("topk", "groupmax") and type(k) is int and k > 0
    if not known or config.get("signed"):
        raise TracerError(
            f"`activation: {activation}` with `k: {k}` is not understood",
            hint="understood: topk and groupmax with a positive k, not signed",
            place=Place(file),
        )
    _FIELDS.check(config, lambda _: Place(file))
    return Settings("mlp.hook_in", "mlp.hook_out", k, grouped=activation == "groupmax")


def check_sparsify_layer(layer: StoredLayer, weights: Path) -> None:
    """Raises TracerError where the weights are not as large as `cfg.json` says, or have a skip
    connection that it denies, or lack the one that it promises."""
    file = weights.parent / SETTINGS
    config = json_fields(file, "sparsify's")
    d_in = config.get("d_in") or layer.encoder.width
    features = config.get("num_latents") or config.get("expansion_factor", 0) * d_in
    refuse_other_sizes(layer, file, d_model=d_in, features=features or None)
    refuse_other_skip(layer, file, "skip_connection", config.get("skip_connection"))


def _transcodes(config: Mapping[str, Any]) -> bool:
    """Sets of before `transcode` was written down tell by their skip connection, which an
    autoencoder cannot have."""
    return bool(config.get("transcode", config.get("skip_connection", False)))


LAYOUT = Layout(
    name="sparsify (`layers.0.mlp/sae.safetensors` with `encoder.weight`, `W_dec`, and `cfg.json`)",
    marks=("layers.", "h."),
    tensors=lambda _layer: TENSORS,
    read=sparsify_layer,
    beside=Beside(
        SETTINGS, re.compile(r"sae\.safetensors"), sparsify_settings, check_sparsify_layer
    ),
)
