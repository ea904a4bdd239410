"""What a model's `config.json` says, and what in it cannot be honoured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tracer.documents.enclosure import is_there
from tracer.documents.files import read_bytes
from tracer.documents.json_text import decode
from tracer.errors import Place, TracerError
from tracer.model.architectures import family_of

NAME = "config.json"
ADAPTER = "adapter_config.json"
Config = dict[str, object]

_GEMMA = ("gemma2", "gemma3", "gemma3_text")
_GRANITE = ("granite",)
_OFF = (None, False, 0)
# What changes the computation in some family of transformers, and is passed over without a word by
# the others: the values that change nothing, and the model types that do heed it.
_CHANGES_MEANING: Mapping[str, tuple[tuple[object, ...], tuple[str, ...]]] = {
    **dict.fromkeys(
        ("embedding_multiplier", "logits_scaling", "residual_multiplier"), ((None, 1), _GRANITE)
    ),
    "attention_multiplier": ((None,), _GRANITE),
    "logit_scale": ((None, 1), ("cohere2",)),
    **dict.fromkeys(("lm_head_multiplier", "scale_emb"), ((None, 1), ())),
    **dict.fromkeys(("scale_depth", "clip_qkv"), ((None,), ())),
    **dict.fromkeys(("final_logit_softcapping", "attn_logit_softcapping"), ((None, 0), _GEMMA)),
    "no_rope_layers": (_OFF, ("smollm3",)),
    # These always norm queries and keys, whatever a configuration says, and lack no weights for it.
    **dict.fromkeys(("qk_norm", "use_qk_norm"), (_OFF, ("hunyuan_v1_dense", "apertus"))),
    **dict.fromkeys(
        (
            "lm_head_bias",
            "n_routed_experts",
            "num_experts",
            "num_local_experts",
            "qk_layernorm",
            "rope_interleave",
            "rope_interleaved",
        ),
        (_OFF, ()),
    ),
}


def read_configuration(folder: Path) -> Config:
    """What the folder's config.json holds. Raises TracerError where there is none to be read."""
    file = folder / NAME
    if not is_there(file):
        raise no_model(adapter=(folder / ADAPTER).is_file(), place=Place(folder))
    config = decode(read_bytes(file), file, hint="fetch the model again")
    if not isinstance(config, dict):
        raise TracerError("is not a model's configuration", place=Place(file))
    return config


def no_model(*, adapter: bool, place: Place | None = None) -> TracerError:
    """What to say of files without a configuration, and perhaps with an adapter's."""
    if adapter:
        return TracerError(
            "there is an adapter here, and no model",
            hint="name its base as the model, and this folder as `adapter`",
            place=place,
        )
    return TracerError(
        f"there is no model here: there is no {NAME}",
        hint="give a folder saved by transformers' `save_pretrained`",
        place=place,
    )


def check_configuration(config: Config, folder: Path) -> str:
    """The family of a model whose computation is the one that tracer follows.

    Raises TracerError for other families, quantised weights, models that continue no text, and
    fields that change the computation and are passed over by the family's code.
    """
    family = family_of(config)
    place = Place(folder / NAME)
    for part in parts_of(config):
        _refuse_quantised(part, place)
        _refuse_unheeded(part, str(config["model_type"]), place)
        if part.get("use_bidirectional_attention"):
            raise TracerError(
                "this model reads texts from both sides (`use_bidirectional_attention`), and has "
                "no next token to explain",
                hint="choose a model that continues texts",
                place=place,
            )
    if config.get("transformers_weights"):
        raise TracerError(
            "`transformers_weights` names the weights, which tracer does not follow",
            hint="call the file model.safetensors, and take the line out",
            place=place,
        )
    return family


def _refuse_quantised(config: Config, place: Place) -> None:
    for key in ("quantization_config", "compression_config"):
        said = config.get(key)
        if said:
            method = said.get("quant_method") if isinstance(said, dict) else None
            raise TracerError(
                f"these weights are quantised ({method or 'by an unnamed method'}), "
                "and a trace needs them in full",
                hint="take the model in float32, bf16 or fp16: mostly the repository that "
                "these were made from",
                place=place,
            )


def _refuse_unheeded(config: Config, model_type: str, place: Place) -> None:
    for name, (neutral, heeded_by) in _CHANGES_MEANING.items():
        value = config.get(name)
        if value not in neutral and model_type not in heeded_by:
            raise TracerError(
                f"`{name}: {json.dumps(value)}` changes what the model computes, and the code of "
                f"`{model_type}` models passes it over",
                hint="correct the model_type, or take the line out if it means nothing",
                place=place,
            )


def parts_of(config: Config) -> list[Config]:
    """The configuration, and those of its parts: text, vision."""
    return [config, *(part for part in config.values() if isinstance(part, dict))]


def layers_asked(config: Config) -> int | None:
    """The layers of the text model that the configuration asks for, where it says so."""
    text = config.get("text_config")
    for part in (text if isinstance(text, dict) else {}, config):
        for name in ("num_hidden_layers", "n_layer", "num_layers"):
            asked = part.get(name)
            if isinstance(asked, int) and not isinstance(asked, bool):
                return asked
    return None


def most_layers_asked(config: Config) -> int:
    """The largest number of layers of any part, text or vision."""
    asked = (layers_asked(part) for part in parts_of(config))
    return max((layers for layers in asked if layers is not None), default=0)
