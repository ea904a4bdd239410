"""Supported model families: where each one keeps the linear pieces of its frozen pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from tracer.errors import TracerError
from tracer.model.refused_families import why_refused

ValueRows = Literal["all", "last", "third of each head"]


@dataclass(frozen=True)
class Architecture:
    """One family: residual blocks whose modules stand at these names, None where there is none.

    A norm reads the residual stream in front of attention or MLP; a post-norm reads what
    attention or MLP gave, before it is added to the stream, and has no bias.
    """

    family: str
    examples: str
    model_types: tuple[str, ...]
    layers: str = "model.layers"
    final_norm: str = "model.norm"
    unembedding: str = "lm_head"
    attention_norm: str | None = "input_layernorm"
    value: str = "self_attn.v_proj"
    value_rows: ValueRows = "all"  # which of that module's outputs are the values
    output: str = "self_attn.o_proj"
    attention_post_norm: str | None = None
    mlp_norm: str | None = "post_attention_layernorm"
    mlp: str = "mlp"
    gate: str = "mlp.gate_proj"
    up: str | None = "mlp.up_proj"  # None: ungated; `gate` once more: the second half of its rows
    down: str = "mlp.down_proj"
    activation: str = "mlp.act_fn"
    mlp_post_norm: str | None = None
    norm_centres: bool = False  # LayerNorm takes the mean away, RMSNorm does not
    norm_weight_offset: float = 0.0  # what is added to a norm's stored weight
    weights_transposed: bool = False  # stored as (in, out)
    parallel: bool = False  # attention and MLP read one stream
    parallel_switch: str | None = None  # set in the config: the same
    residual_multiplier: str | None = None  # in the config: what scales whatever joins the stream
    logit_multiplier: str | None = None  # in the config: what scales the logits
    logit_divisor: str | None = None  # in the config: what they are divided by
    sees: bool = False  # transformers loads it among the models that see pictures

    @property
    def attention(self) -> str:
        """The module that makes queries, keys and values."""
        return self.output.rpartition(".")[0]


_LLAMA = Architecture(
    family="llama",
    examples="Llama 2 and 3.x, SmolLM2, Mistral",
    model_types=("llama", "mistral"),
)
_GPT_2 = Architecture(
    family="gpt2",
    examples="GPT-2",
    model_types=("gpt2",),
    layers="transformer.h",
    final_norm="transformer.ln_f",
    attention_norm="ln_1",
    value="attn.c_attn",
    value_rows="last",
    output="attn.c_proj",
    mlp_norm="ln_2",
    gate="mlp.c_fc",
    up=None,
    down="mlp.c_proj",
    activation="mlp.act",
    norm_centres=True,
    weights_transposed=True,
)
_GEMMA_2 = Architecture(
    family="gemma2",
    examples="Gemma 2",
    model_types=("gemma2",),
    attention_post_norm="post_attention_layernorm",
    mlp_norm="pre_feedforward_layernorm",
    mlp_post_norm="post_feedforward_layernorm",
    norm_weight_offset=1.0,
)

_ONE_GATE_AND_UP: Mapping[str, Any] = {  # both are rows of one module
    "gate": "mlp.gate_up_proj",
    "up": "mlp.gate_up_proj",
    "activation": "mlp.activation_fn",
}

ARCHITECTURES = (
    _LLAMA,
    replace(
        _LLAMA,
        family="qwen",
        examples="Qwen 2, 2.5 and 3",
        model_types=("qwen2", "qwen3"),
    ),
    _GPT_2,
    replace(
        _GPT_2,
        family="gpt-neo",
        examples="GPT-Neo, TinyStories",
        model_types=("gpt_neo",),
        value="attn.attention.v_proj",
        value_rows="all",
        output="attn.attention.out_proj",
        weights_transposed=False,
    ),
    Architecture(
        family="gpt-neox",
        examples="GPT-NeoX, Pythia",
        model_types=("gpt_neox",),
        layers="gpt_neox.layers",
        final_norm="gpt_neox.final_layer_norm",
        value="attention.query_key_value",
        value_rows="third of each head",
        output="attention.dense",
        gate="mlp.dense_h_to_4h",
        up=None,
        down="mlp.dense_4h_to_h",
        activation="mlp.act",
        norm_centres=True,
        parallel_switch="use_parallel_residual",
    ),
    _GEMMA_2,
    replace(
        _GEMMA_2,
        family="gemma3",
        examples="Gemma 3 text",
        model_types=("gemma3_text",),
    ),
    replace(
        _GEMMA_2,
        family="gemma3-multimodal",
        examples="Gemma 3 with vision, its text only",
        model_types=("gemma3",),
        layers="model.language_model.layers",
        final_norm="model.language_model.norm",
    ),
    replace(
        _LLAMA,
        family="olmo2",
        examples="OLMo 2 and 3",
        model_types=("olmo2", "olmo3"),
        attention_norm=None,
        attention_post_norm="post_attention_layernorm",
        mlp_norm=None,
        mlp_post_norm="post_feedforward_layernorm",
    ),
    replace(
        _LLAMA,
        family="exaone4",
        examples="EXAONE 4",
        model_types=("exaone4",),
        attention_norm=None,
        attention_post_norm="post_attention_layernorm",
        mlp_norm=None,
        mlp_post_norm="post_feedforward_layernorm",
    ),
    replace(
        _LLAMA,
        family="phi3",
        examples="Phi-3 mini and medium, Phi-3.5 mini, Phi-4",
        model_types=("phi3",),
        value="self_attn.qkv_proj",
        value_rows="last",
        **_ONE_GATE_AND_UP,
    ),
    replace(_LLAMA, family="smollm3", examples="SmolLM3", model_types=("smollm3",)),
    replace(_LLAMA, family="ministral3", examples="Ministral 3, text", model_types=("ministral3",)),
    replace(
        _LLAMA,
        family="mistral3-multimodal",
        examples="Ministral 3 and Mistral Small 3.1 with vision, their text only",
        model_types=("mistral3",),
        layers="model.language_model.layers",
        final_norm="model.language_model.norm",
        sees=True,
    ),
    replace(_LLAMA, family="seed-oss", examples="Seed-OSS", model_types=("seed_oss",)),
    replace(_LLAMA, family="hunyuan", examples="HunYuan dense", model_types=("hunyuan_v1_dense",)),
    replace(_LLAMA, family="ernie4.5", examples="ERNIE 4.5 dense", model_types=("ernie4_5",)),
    replace(_LLAMA, family="cwm", examples="CWM", model_types=("cwm",)),
    replace(_LLAMA, family="helium", examples="Helium", model_types=("helium",)),
    replace(
        _LLAMA,
        family="glm4",
        examples="GLM-4 dense of 2025 (0414)",
        model_types=("glm4",),
        attention_post_norm="post_self_attn_layernorm",
        mlp_post_norm="post_mlp_layernorm",
        **_ONE_GATE_AND_UP,
    ),
    replace(
        _LLAMA,
        family="arcee",
        examples="Arcee AFM",
        model_types=("arcee",),
        gate="mlp.up_proj",
        up=None,
    ),
    replace(
        _LLAMA,
        family="apertus",
        examples="Apertus",
        model_types=("apertus",),
        attention_norm="attention_layernorm",
        mlp_norm="feedforward_layernorm",
        gate="mlp.up_proj",
        up=None,
    ),
    replace(
        _LLAMA,
        family="starcoder2",
        examples="StarCoder2",
        model_types=("starcoder2",),
        gate="mlp.c_fc",
        up=None,
        down="mlp.c_proj",
        activation="mlp.act",
        norm_centres=True,
    ),
    replace(
        _LLAMA,
        family="granite",
        examples="Granite 3 and 4 dense",
        model_types=("granite",),
        residual_multiplier="residual_multiplier",
        logit_divisor="logits_scaling",
    ),
    replace(
        _LLAMA,
        family="cohere2",
        examples="Command R7B, Command A, Aya of 2025",
        model_types=("cohere2",),
        mlp_norm="input_layernorm",
        norm_centres=True,
        parallel=True,
        logit_multiplier="logit_scale",
    ),
)


def family_of(config: dict[str, object]) -> str:
    """The family's name. Raises TracerError that names the supported ones."""
    return architecture_of(str(config.get("model_type"))).family


def architecture_named(family: str) -> Architecture:
    """The row of a family that is there."""
    return next(one for one in ARCHITECTURES if one.family == family)


def architecture_of(model_type: str) -> Architecture:
    """Raises TracerError when the model type is not supported."""
    for architecture in ARCHITECTURES:
        if model_type in architecture.model_types:
            return architecture
    known = "; ".join(f"{one.family} ({one.examples})" for one in ARCHITECTURES)
    why = why_refused(model_type)
    raise TracerError(
        f"models of type `{model_type}` are not supported" + (f": {why}" if why else ""),
        hint=f"supported families: {known}",
    )
