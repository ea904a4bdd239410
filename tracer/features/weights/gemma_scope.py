"""Gemma Scope: `layer_L/width_16k/average_l0_N/params.npz`, JumpReLU, encoders transposed.

Gemma Scope 2: `layer_L_width_W_l0_S[_affine]/params.safetensors` per layer, or
`params_layer_L.safetensors` with a three-dimensional `w_dec` across layers; lower-case names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracer.documents.files import read_bytes
from tracer.documents.json_text import decode
from tracer.errors import Place, TracerError
from tracer.features.weights.dictionary import Reads, Settings, StoredLayer, Writes
from tracer.features.weights.stored import Rows, Stored

NPZ_LAYOUT = "Gemma Scope (`layer_0/…/params.npz` with `W_enc`, `W_dec`, `threshold`)"
NPZ_KEYS = frozenset({"W_enc", "W_dec", "b_enc", "b_dec", "threshold"})
SECOND_LAYOUT = "Gemma Scope 2 (`params.safetensors` with `w_enc`, `w_dec`, `threshold`)"
SECOND_KEYS = frozenset({"w_enc", "w_dec", "b_enc", "b_dec", "threshold"})
# Trained just behind the norm, its gain folded into the MLP, on what joins the stream
# (arXiv 2408.05147, "Language model technical details").
NPZ_SETTINGS = Settings("ln2.hook_normalized", "hook_mlp_out")
SECOND_FILE = re.compile(r"params(_layer_\d+)?\.safetensors")
SETTINGS = "config.json"
_MODULE = re.compile(r"(?:.*\blayers\.\d+\.)?([\w.]+)")
_READS: dict[str, Reads] = {
    "pre_feedforward_layernorm.output": "mlp.hook_in",
    "mlp.input": "mlp.hook_in",
    "pre_feedforward_layernorm.input": "hook_resid_mid",
}
_WRITES: dict[str, Writes] = {
    "post_feedforward_layernorm.output": "hook_mlp_out",
    "mlp.output": "mlp.hook_out",
    "post_feedforward_layernorm.input": "mlp.hook_out",
}


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


def gemma_scope_2_settings(weights: Path) -> Settings:
    """What the `config.json` beside them says, which names modules of transformers' model; what
    the published ones say where there is none.

    Raises TracerError for a place that is neither in front of the MLP nor behind it.
    """
    file = weights.parent / SETTINGS
    if not file.exists():
        return Settings("mlp.hook_in", "hook_mlp_out")
    try:
        config = decode(read_bytes(file), file, hint="fetch it again")
        hooks = config.get("hf_hook_point_in"), config.get("hf_hook_point_out")
    except AttributeError:
        raise TracerError("is no configuration of Gemma Scope's", place=Place(file)) from None
    return Settings(
        reads=_known(hooks[0], _READS, "mlp.hook_in", file),
        writes=_known(hooks[1], _WRITES, "hook_mlp_out", file),
    )


def _known(hook: Any, known: Mapping[str, Any], otherwise: str, file: Path) -> Any:
    first = hook[0] if isinstance(hook, list) and hook else hook
    if first is None:
        return otherwise
    match = _MODULE.fullmatch(first) if isinstance(first, str) else None
    if match is None or match[1] not in known:
        raise TracerError(
            f"features at `{first}` are no transcoder's",
            hint=f"understood: {', '.join(known)}",
            place=Place(file),
        )
    return known[match[1]]
