"""Supported model families: where each one keeps the linear pieces of its frozen pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tracer.errors import TracerError

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
    parallel_switch: str | None = None  # set in the config: attention and MLP read one stream


_LLAMA = Architecture(
    family="llama",
    examples="Llama 2 and 3.x, SmolLM2, Mistral",
    model_types=("llama", "mistral"),
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

ARCHITECTURES = (
    _LLAMA,
    replace(
        _LLAMA,
        family="qwen",
        examples="Qwen 2, 2.5 and 3",
        model_types=("qwen2", "qwen3"),
    ),
    Architecture(
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
        examples="OLMo 2",
        model_types=("olmo2",),
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
        gate="mlp.gate_up_proj",
        up="mlp.gate_up_proj",
        activation="mlp.activation_fn",
    ),
)


def family_of(config: dict[str, object]) -> str:
    """The family's name. Raises TracerError that names the supported ones."""
    return architecture_of(str(config.get("model_type"))).family


def architecture_of(model_type: str) -> Architecture:
    """Raises TracerError when the model type is not supported."""
    for architecture in ARCHITECTURES:
        if model_type in architecture.model_types:
            return architecture
    known = "; ".join(f"{one.family} ({one.examples})" for one in ARCHITECTURES)
    raise TracerError(
        f"models of type `{model_type}` are not supported", hint=f"supported families: {known}"
    )
