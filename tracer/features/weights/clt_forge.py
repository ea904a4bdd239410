"""`clt_weights.safetensors` and `clt_cfg.json`: one file for all layers, as CLT-Forge saves it.

`W_enc` is (layers, d_model, features); `W_dec` packs what each layer writes to itself and to those
above, (pairs, features, d_model), the lowest layer's first. Thresholds are stored as logarithms. In
training, what is read was multiplied by one estimated factor a layer and what is written by
another: both are folded in. Source: `clt_forge.clt` and `clt_forge.attribution.loading` in the
repository LLM-Interp/CLT-Forge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from tracer.errors import Place, TracerError
from tracer.features.weights.derived import Derived, Part
from tracer.features.weights.dictionary import Settings, StoredLayer
from tracer.features.weights.fields import OFF, Fields, json_fields, refuse_other_sizes
from tracer.features.weights.layout import Beside, Layout
from tracer.features.weights.stored import Rows, Stored, whole
from tracer.features.weights.tensors import Tensors

SETTINGS, WEIGHTS = "clt_cfg.json", "clt_weights.safetensors"
_IN, _OUT = "estimated_norm_scaling_factor_in", "estimated_norm_scaling_factor_out"
TENSORS = Tensors(
    needed=frozenset({"W_enc", "b_enc", "W_dec", "b_dec", "log_threshold", _IN, _OUT}),
    unread=frozenset({"feature_count", "layer_mask", "l_idx", "k_idx"}),
)
_FIELDS = Fields(
    honoured=frozenset({"cross_layer_decoders", "d_in", "d_latent", "n_layers"}),
    unread=frozenset(
        {
            *("context_size", "ddp", "dead_feature_window", "debug", "device", "dtype", "fsdp"),
            *("functional_loss", "jumprelu_bandwidth", "jumprelu_init_threshold"),
            *("l0_coefficient", "model_name", "normalize_decoder", "seed"),
        }
    ),
    only={**{name: off for name, off in OFF.items() if name != "normalize_decoder"}},
)


def clt_forge_layer(tensors: Mapping[str, Stored], layer: int) -> StoredLayer:
    encoder, n = tensors["W_enc"], tensors["W_enc"].shape[0]
    read = whole(tensors[_IN]).double().flatten()
    written = whole(tensors[_OUT]).double().flatten()
    across = tensors["W_dec"].shape[0] != n or n == 1
    first = sum(n - one for one in range(layer))  # of the pairs that begin in this layer
    at: int | slice = slice(first, first + n - layer) if across else layer
    # Activations stay as the set has them: what is read is scaled, in front of encoder and bias.
    return StoredLayer(
        encoder=Rows(Part(encoder, layer, layer), transposed=True, factors=(float(read[layer]),)),
        decoder=Rows(
            Part(tensors["W_dec"], layer, at, rows_first=across),
            factors=tuple((1 / written[layer:]).tolist())
            if across
            else (float(1 / written[layer]),),
        ),
        encoder_bias=Part(tensors["b_enc"], layer, layer),
        decoder_bias=_bias(tensors["b_dec"], layer, n, float(written[layer]), across),
        threshold=_exponential(Part(tensors["log_threshold"], layer, layer)),
    )


def _bias(stored: Stored, layer: int, n: int, scale: float, across: bool) -> Stored:
    """What the layer's MLP gets besides: across layers, the sum of what each layer below adds."""

    def compute() -> Tensor:
        rows = whole(stored).double()
        if not across:
            return rows[layer] / scale
        source, target = torch.triu_indices(n, n)
        return rows[(target == layer) & (source <= layer)].sum(0) / scale

    return Derived(stored, (stored.shape[-1],), compute)


def _exponential(stored: Stored) -> Stored:
    return Derived(stored, stored.shape, lambda: whole(stored).float().exp())


def clt_forge_settings(weights: Path, layer: int | None = None) -> Settings:
    """What `clt_cfg.json` says. Raises TracerError for a set in shards, and for what is not
    understood."""
    file = weights.parent / SETTINGS
    config = json_fields(file, "CLT-Forge's")
    if config.get("feature_sharding"):
        raise TracerError(
            "this set lies in shards of features (`feature_sharding`), which are not read",
            hint="save it as one with CLT-Forge's `load_from_pretrained` and `save_model`",
            place=Place(file),
        )
    _FIELDS.check(config, lambda _: Place(file))
    return Settings("ln2.hook_normalized", "hook_mlp_out")


def check_clt_forge_layer(layer: StoredLayer, weights: Path) -> None:
    """Raises TracerError where the weights are not what `clt_cfg.json` says."""
    file = weights.parent / SETTINGS
    config = json_fields(file, "CLT-Forge's")
    refuse_other_sizes(layer, file, d_model=config.get("d_in"), features=config.get("d_latent"))
    if (config.get("cross_layer_decoders") is not False) != layer.across:
        raise TracerError(
            f"`cross_layer_decoders: {config.get('cross_layer_decoders')}` and the decoders beside "
            "it do not agree",
            hint="fetch the whole set again",
            place=Place(file),
        )


def count_layers(tensors: Mapping[str, Stored]) -> int:
    """How many layers the one file holds. Raises TracerError where its tensors do not fit."""
    n = tensors["W_enc"].shape[0] if len(tensors["W_enc"].shape) == 3 else 0
    rows = {
        **dict.fromkeys(("b_enc", "log_threshold", _IN, _OUT), (n,)),
        **dict.fromkeys(("W_dec", "b_dec"), (n, n * (n + 1) // 2)),
    }
    for name, allowed in rows.items():
        if not n or not tensors[name].shape or tensors[name].shape[0] not in allowed:
            raise TracerError(
                f"`{name}` of shape {tensors[name].shape} does not fit `W_enc` of shape "
                f"{tensors['W_enc'].shape}",
                hint="fetch the file again",
                place=Place(tensors[name].file),
            )
    return n


LAYOUT = Layout(
    name="CLT-Forge (`clt_weights.safetensors` with `W_enc`, `W_dec`, `log_threshold`, and "
    "`clt_cfg.json`)",
    marks=(),
    tensors=lambda _layer: TENSORS,
    read=clt_forge_layer,
    beside=Beside(
        SETTINGS, re.compile(re.escape(WEIGHTS)), clt_forge_settings, check_clt_forge_layer
    ),
    named=WEIGHTS,
    layers_in=count_layers,
)
