"""`W_enc_0.safetensors`, `W_dec_0.safetensors` … and `config.json`: cross-layer transcoders as
ByteDance-Seed publishes them, without biases, and with one choice for all layers together.

At each token the k · layers features are kept, over all layers, whose activation times the norm of
all that they write is largest. Norms of activations are folded into the weights, so nothing else is
to be done. In training, tokens with a norm twenty times the mean were dropped, which is the first
one in practice; features at the first token are left out here, too.
Source: the card of `ByteDance-Seed/Cross-Layer-TopK-CLT`, as it describes its format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tracer.errors import Place, TracerError
from tracer.features.weights.derived import Nothing
from tracer.features.weights.dictionary import Settings, StoredLayer
from tracer.features.weights.fields import OFF, Fields, json_fields, refuse_other_sizes
from tracer.features.weights.layout import Beside, Layout
from tracer.features.weights.stored import Rows, Stored
from tracer.features.weights.tensors import Tensors

SETTINGS = "config.json"
_FIELDS = Fields(honoured=frozenset({"d_feature", "k"}), only=OFF, open=True)  # others name things


def bytedance_tensors(layer: int) -> Tensors:
    names = ("W_enc", "W_dec", "W_dec_norm")
    return Tensors(needed=frozenset(f"{name}_{layer}" for name in names))


def bytedance_layer(tensors: Mapping[str, Stored], layer: int) -> StoredLayer:
    encoder = Rows(tensors[f"W_enc_{layer}"])
    return StoredLayer(
        encoder=encoder,
        decoder=Rows(tensors[f"W_dec_{layer}"]),
        encoder_bias=Nothing(layer, encoder.shape[:1]),
        decoder_bias=Nothing(layer, encoder.shape[1:]),
        ranks=tensors[f"W_dec_norm_{layer}"],
    )


def bytedance_settings(weights: Path, layer: int | None = None) -> Settings:
    """What `config.json` says. Raises TracerError where it says no k, or what is not understood;
    without a layer's number it may be another set's, whose files are called the same."""
    file = weights.parent / SETTINGS
    config = json_fields(file, "a cross-layer transcoder") if layer is not None else {}
    k, place = config.get("k"), Place(file)
    if layer is not None and (not isinstance(k, int) or isinstance(k, bool) or k < 1):
        raise TracerError(
            "k, the number of features kept at a position for each layer, is nowhere",
            hint="fetch the file again",
            place=place,
        )
    _FIELDS.check(config, lambda _: place)
    return Settings("hook_resid_mid", "mlp.hook_out", top_k=k, over_all=True)


def check_bytedance_layer(layer: StoredLayer, weights: Path) -> None:
    """Raises TracerError where the weights are of another size than `config.json` says."""
    file = weights.parent / SETTINGS
    said = json_fields(file, "a cross-layer transcoder").get("d_feature")
    refuse_other_sizes(layer, file, features=said)


LAYOUT = Layout(
    name="ByteDance's cross-layer transcoders (`W_dec_norm_0` in `W_dec_0.safetensors`, "
    f"`{SETTINGS}`)",
    marks=("W_enc_", "W_dec_"),
    tensors=bytedance_tensors,
    read=bytedance_layer,
    beside=Beside(
        SETTINGS,
        re.compile(r"W_(enc|dec)_\d+\.safetensors"),
        bytedance_settings,
        check_bytedance_layer,
    ),
)
