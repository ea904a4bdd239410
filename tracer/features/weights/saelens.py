"""`blocks.0.hook_mlp_out/sae_weights.safetensors` and `cfg.json`: transcoders as SAELens has them.

Source: `sae_lens.saes.transcoder`, version 6.54.
"""

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
from tracer.features.weights.hook_names import hooks_of
from tracer.features.weights.layout import Beside, Layout
from tracer.features.weights.stored import Rows, Stored
from tracer.features.weights.tensors import Tensors

SETTINGS, WEIGHTS = "cfg.json", "sae_weights.safetensors"
TENSORS = Tensors(
    needed=frozenset({"W_enc", "b_enc", "W_dec", "b_dec"}),
    optional=frozenset({"threshold", "W_skip"}),
)
_KINDS = ("transcoder", "skip_transcoder", "jumprelu_transcoder", "jumprelu_skip_transcoder")
_FIELDS = Fields(
    honoured=frozenset({"architecture", "d_in", "d_out", "d_sae", "metadata"}),
    unread=frozenset({"device", "dtype"}),
    only={**OFF, "activation_fn": "relu", "activation_fn_str": "relu"},
)


def saelens_layer(tensors: Mapping[str, Stored], layer: int) -> StoredLayer:
    return StoredLayer(
        encoder=Rows(tensors["W_enc"], transposed=True),
        decoder=Rows(tensors["W_dec"]),
        encoder_bias=tensors["b_enc"],
        decoder_bias=tensors["b_dec"],
        threshold=tensors.get("threshold"),
        skip=tensors.get("W_skip"),
    )


def saelens_settings(weights: Path, layer: int | None = None) -> Settings:
    """What `cfg.json` says. Raises TracerError for an autoencoder, and for what is not
    understood."""
    file = weights.parent / SETTINGS
    config = json_fields(file, "SAELens'")
    kind = config.get("architecture")
    if kind not in _KINDS:
        raise TracerError(
            f"`architecture: {kind}` is no transcoder: autoencoders stand in for no MLP",
            hint=f"understood: {', '.join(_KINDS)}",
            place=Place(file),
        )
    said = _metadata(config)
    reads, writes = hooks_of(said.get("hook_name"), said.get("hook_name_out"), file, layer)
    _FIELDS.check(config, lambda _: Place(file))
    return Settings(reads, writes)


def check_saelens_layer(layer: StoredLayer, weights: Path) -> None:
    """Raises TracerError where the weights are not what `cfg.json` says."""
    file = weights.parent / SETTINGS
    config = json_fields(file, "SAELens'")
    refuse_other_sizes(layer, file, d_model=config.get("d_in"), features=config.get("d_sae"))
    kind = str(config.get("architecture"))
    refuse_other_skip(layer, file, "skip", "skip" in kind)
    if ("jumprelu" in kind) != (layer.threshold is not None):
        raise TracerError(
            f"`architecture: {kind}`, and the weights {'have' if layer.threshold else 'lack'} "
            "thresholds",
            hint="fetch the whole set again",
            place=Place(file),
        )


def _metadata(config: Mapping[str, Any]) -> Mapping[str, Any]:
    said = config.get("metadata")
    return {**config, **said} if isinstance(said, dict) else config


LAYOUT = Layout(
    name="SAELens' transcoders (`blocks.0.…/sae_weights.safetensors` with `W_enc`, `W_dec`, and "
    "`cfg.json`)",
    marks=("blocks.", "layer_"),
    tensors=lambda _layer: TENSORS,
    read=saelens_layer,
    beside=Beside(SETTINGS, re.compile(re.escape(WEIGHTS)), saelens_settings, check_saelens_layer),
    named=WEIGHTS,
)
