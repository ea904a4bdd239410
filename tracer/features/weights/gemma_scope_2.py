"""Gemma Scope 2: `layer_L_width_W_l0_S[_affine]/params.safetensors` per layer, or
`params_layer_L.safetensors` with a three-dimensional `w_dec` across layers; lower-case names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracer.errors import Place, TracerError
from tracer.features.weights.dictionary import Reads, Settings, StoredLayer, Writes
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

TENSORS = Tensors(
    needed=frozenset({"w_enc", "w_dec", "b_enc", "b_dec", "threshold"}),
    optional=frozenset({"affine_skip_connection"}),
)
PER_LAYER_FILE, SETTINGS = "params.safetensors", "config.json"
_MODULE = re.compile(r"(?:.*\blayers\.(\d+)\.)?([\w.]+)")
_HOOKS = ("hf_hook_point_in", "hf_hook_point_out")
_FIELDS = Fields(
    honoured=frozenset({*_HOOKS, "affine_connection", "width"}),
    unread=frozenset({"d_model", "dtype", "l0", "layer", "layers", "model_name", "num_layers"}),
    only={**OFF, "architecture": "jump_?relu", "type": ".*(trans|cross)coders?|clt"},
)
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


def gemma_scope_2_settings(weights: Path, layer: int | None = None) -> Settings:
    """What the `config.json` beside them says, which names modules of transformers' model; what
    the published ones say where there is none.

    Raises TracerError for a place that is neither in front of the MLP nor behind it, or in another
    layer than `layer`, and for what is not understood.
    """
    file = weights.parent / SETTINGS
    if not file.exists():
        return Settings("mlp.hook_in", "hook_mlp_out")
    config = json_fields(file, "Gemma Scope's")
    if str(config.get("type")).lower() == "sae":
        raise TracerError(
            "this is a sparse autoencoder, not a transcoder",
            hint="use a set of `transcoder_all` or `clt`",
            place=Place(file),
        )
    own = layer if weights.name == PER_LAYER_FILE else None  # others share one configuration
    settings = Settings(
        reads=_known(config.get(_HOOKS[0]), _READS, "mlp.hook_in", file, own),
        writes=_known(config.get(_HOOKS[1]), _WRITES, "hook_mlp_out", file, own),
    )
    _FIELDS.check(config, lambda _: Place(file))
    return settings


def check_gemma_scope_2_layer(layer: StoredLayer, weights: Path) -> None:
    """Raises TracerError where the weights are not as wide as `config.json` says, or have a skip
    connection that it denies, or lack the one that it promises."""
    file = weights.parent / SETTINGS
    if not file.exists():
        return
    config = json_fields(file, "Gemma Scope's")
    # Across layers, one width is said for each layer or for all of them together.
    refuse_other_sizes(layer, file, features=None if layer.across else config.get("width"))
    refuse_other_skip(layer, file, "affine_connection", config.get("affine_connection"))


def _known(
    hook: Any, known: Mapping[str, Any], otherwise: str, file: Path, layer: int | None
) -> Any:
    first = hook[0] if isinstance(hook, list) and hook else hook
    if first is None:
        return otherwise
    match = _MODULE.fullmatch(first) if isinstance(first, str) else None
    if match is None or match[2] not in known:
        raise TracerError(
            f"features at `{first}` are no transcoder's",
            hint=f"understood: {', '.join(known)}",
            place=Place(file),
        )
    if layer is not None and match[1] is not None and int(match[1]) != layer:
        raise TracerError(
            f"these features are of `{first}`, but stand for layer {layer}",
            hint="list the files in the order of the model's layers",
            place=Place(file),
        )
    return known[match[2]]


LAYOUT = Layout(
    name="Gemma Scope 2 (`params.safetensors` with `w_enc`, `w_dec`, `threshold`)",
    marks=("layer_",),
    tensors=lambda _layer: TENSORS,
    read=gemma_scope_2_layer,
    beside=Beside(
        SETTINGS,
        re.compile(r"params(_layer_\d+)?\.safetensors"),
        gemma_scope_2_settings,
        check_gemma_scope_2_layer,
    ),
)
