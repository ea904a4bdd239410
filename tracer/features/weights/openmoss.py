"""`layer0_transcoder_8x_k64/sae_weights.safetensors` and `config.json`: transcoders of OpenMOSS'
Language-Model-SAEs (`llamascopium` on PyPI), such as Llama-Scope-2.

They were trained on activations of a mean norm of √d. Where the configuration says `dataset-wise`,
that is still to be done: what is read is multiplied by √d over the mean norm there, what is written
divided by the like, and both are folded in here, as the publisher's `inference` mode has them.
With `sparsity_include_decoder_norm` an activation is chosen by its value times the length of its
decoder row. Source: `llamascopium.models.sae`, version 2.0.0b34.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tracer.errors import Place, TracerError
from tracer.features.weights.derived import Derived, norms
from tracer.features.weights.dictionary import Settings, StoredLayer
from tracer.features.weights.fields import OFF, Fields, json_fields, refuse_other_sizes
from tracer.features.weights.hook_names import hooks_of
from tracer.features.weights.layout import Beside, Layout
from tracer.features.weights.stored import Rows, Stored, whole
from tracer.features.weights.tensors import Tensors

SETTINGS, WEIGHTS = "config.json", "sae_weights.safetensors"
_THRESHOLD, _NORM = "activation_function.log_jumprelu_threshold", "dataset_average_activation_norm."
_HONOURED = (
    *(
        "act_fn",
        "d_model",
        "expansion_factor",
        "hook_point_in",
        "hook_point_out",
        "norm_activation",
    ),
    *("sae_type", "sparsity_include_decoder_norm", "top_k", "use_decoder_bias"),
)
_FIELDS = Fields(
    honoured=frozenset(_HONOURED),
    unread=frozenset(
        {
            "device",
            "dtype",
            "jumprelu_threshold_window",
            "sparsity_threshold_for_triton_spmm_kernel",
            "use_triton_kernel",
        }
    ),
    only=OFF,
)
_OTHERS = {
    "clt": "a cross-layer transcoder of Language-Model-SAEs",
    "crosscoder": "a crosscoder",
    "lorsa": "a replacement of attention (Lorsa)",
    "molt": "a mixture of linear transforms",
}


def openmoss_layer(tensors: Mapping[str, Stored], layer: int) -> StoredLayer:
    first = tensors["W_E"]
    config = json_fields(first.file.parent / SETTINGS, "Language-Model-SAEs'")
    read, written = (_factor(config, tensors, one) for one in ("hook_point_in", "hook_point_out"))
    decoder = Rows(tensors["W_D"], factors=(read / written,))
    features = decoder.shape[0]
    by_norm = config.get("sparsity_include_decoder_norm", True) is not False
    lengths = cache(lambda: norms(Rows(tensors["W_D"])))
    threshold = None
    if _THRESHOLD in tensors:
        stored = tensors[_THRESHOLD]

        def compute() -> Tensor:
            found = whole(stored).float().exp() / read
            return found / lengths() if by_norm else found

        threshold = Derived(stored, (features,), compute)
    return StoredLayer(
        encoder=Rows(first, transposed=True),
        decoder=decoder,
        encoder_bias=_divided(tensors["b_E"], read),
        decoder_bias=_divided(tensors["b_D"], written)
        if "b_D" in tensors
        else Derived(tensors["W_D"], (decoder.width,), lambda: torch.zeros(decoder.width)),
        threshold=threshold,
        ranks=_ranks(tensors["W_D"], features, lengths) if by_norm and _is_top_k(config) else None,
    )


def openmoss_settings(weights: Path, layer: int | None = None) -> Settings:
    """What `config.json` says. Raises TracerError for whatever is no transcoder of one MLP, or says
    what is not understood."""
    file = weights.parent / SETTINGS
    config, place = json_fields(file, "Language-Model-SAEs'"), Place(file)
    kind = config.get("sae_type", "sae")
    if kind != "sae":
        raise TracerError(
            f"this is {_OTHERS.get(str(kind), f'of the type `{kind}`')}, which is not read",
            hint="use a set of transcoders, one a layer",
            place=place,
        )
    reads, writes = hooks_of(config.get("hook_point_in"), config.get("hook_point_out"), file, layer)
    said, k = config.get("act_fn", "relu"), config.get("top_k")
    if said not in ("relu", "jumprelu", "topk") or (said == "topk" and not _positive(k)):
        raise TracerError(
            f"`act_fn: {said}` with `top_k: {k}` is not understood",
            hint="understood: relu, jumprelu, and topk with a positive k; a set trained with "
            "batchtopk is published as jumprelu",
            place=place,
        )
    norm = config.get("norm_activation", "dataset-wise")
    if norm not in ("dataset-wise", "inference"):
        raise TracerError(
            f"`norm_activation: {norm}` scales each token by itself, which is not followed",
            hint="understood: dataset-wise, inference",
            place=place,
        )
    _FIELDS.check(config, lambda _: place)
    return Settings(reads, writes, k if said == "topk" else None)


def check_openmoss_layer(layer: StoredLayer, weights: Path) -> None:
    """Raises TracerError where the weights are not as large as `config.json` says, or lack the
    thresholds or the bias that it promises."""
    file = weights.parent / SETTINGS
    config = json_fields(file, "Language-Model-SAEs'")
    d_model, factor = config.get("d_model"), config.get("expansion_factor")
    known = isinstance(d_model, int) and isinstance(factor, int | float)
    features = int(d_model * factor) if known else None  # type: ignore[operator]
    refuse_other_sizes(layer, file, d_model=d_model, features=features)
    promised = {
        "act_fn: jumprelu": (config.get("act_fn") == "jumprelu", layer.threshold is not None),
        "use_decoder_bias": (
            config.get("use_decoder_bias", True) is not False,
            layer.decoder_bias.name == "b_D",
        ),
    }
    for said, (wanted, there) in promised.items():
        if wanted != there:
            raise TracerError(
                f"`{said}` and the weights beside it do not agree",
                hint="fetch the whole set again",
                place=Place(file),
            )


def _factor(config: Mapping[str, Any], tensors: Mapping[str, Stored], hook: str) -> float:
    """What activations at a hook were multiplied by in training and still have to be."""
    if config.get("norm_activation", "dataset-wise") != "dataset-wise":
        return 1.0
    first, name = tensors["W_E"], f"{_NORM}{config.get(hook)}"
    norm = float(whole(tensors[name])) if name in tensors else 0.0
    if not norm > 0:
        raise TracerError(
            f"`norm_activation: dataset-wise`, but the weights hold no `{name}` above zero",
            hint="fetch the set again",
            place=Place(first.file),
        )
    return math.sqrt(first.shape[0]) / norm


def _divided(stored: Stored, by: float) -> Stored:
    return Derived(stored, stored.shape, lambda: whole(stored).float() / by)


def _ranks(decoder: Stored, features: int, lengths: Callable[[], Tensor]) -> Stored:
    return Derived(decoder, (features,), lengths)


def _is_top_k(config: Mapping[str, Any]) -> bool:
    return config.get("act_fn") == "topk"


def _positive(k: object) -> bool:
    return type(k) is int and k > 0


class _Known(Tensors):
    """The mean norms are named after hooks."""

    def refuse_unread(self, found: Mapping[str, Stored], layout: str) -> None:
        rest = {name: one for name, one in found.items() if not name.startswith(_NORM)}
        super().refuse_unread(rest, layout)


TENSORS = _Known(
    needed=frozenset({"W_E", "b_E", "W_D"}),
    optional=frozenset({"b_D", _THRESHOLD}),
)
LAYOUT = Layout(
    name="Language-Model-SAEs, Llama-Scope-2 (`layer0_…/sae_weights.safetensors` with `W_E`, "
    "`W_D`, and `config.json`)",
    marks=("layer",),
    tensors=lambda _layer: TENSORS,
    read=openmoss_layer,
    beside=Beside(
        SETTINGS, re.compile(re.escape(WEIGHTS)), openmoss_settings, check_openmoss_layer
    ),
    named=WEIGHTS,
)
