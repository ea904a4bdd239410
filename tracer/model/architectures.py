"""Supported model families: where each one keeps the linear pieces of its frozen pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tracer.errors import TracerError

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Architecture:
    """One family: pre-norm residual blocks whose modules stand at these names."""

    family: str
    examples: str
    model_types: tuple[str, ...]
    embedding: str = "model.embed_tokens"
    layers: str = "model.layers"
    final_norm: str = "model.norm"
    unembedding: str = "lm_head"
    attention_norm: str = "input_layernorm"
    attention: str = "self_attn"
    value: str = "self_attn.v_proj"
    output: str = "self_attn.o_proj"
    mlp_norm: str = "post_attention_layernorm"
    mlp: str = "mlp"
    gate: str = "mlp.gate_proj"
    up: str = "mlp.up_proj"
    down: str = "mlp.down_proj"
    activation: str = "mlp.act_fn"


ARCHITECTURES = (
    Architecture(
        family="llama",
        examples="Llama 2 and 3.x, SmolLM2, Mistral",
        model_types=("llama", "mistral"),
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


@dataclass(frozen=True)
class GatedMlp:
    """`down(act(gate x) * up x)`; every weight is (out, in), every bias (out,) or None."""

    gate: Tensor  # (neurons, d_model)
    gate_bias: Tensor | None
    up: Tensor  # (neurons, d_model)
    up_bias: Tensor | None
    down: Tensor  # (d_model, neurons)
    down_bias: Tensor | None
    activation: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class LayerWeights:
    """The linear pieces of one layer, as views into the model's own weights."""

    attention_norm: Tensor  # (d_model,)
    value: Tensor  # (kv_heads, head_dim, d_model)
    value_bias: Tensor | None  # (kv_heads, head_dim)
    output: Tensor  # (d_model, heads, head_dim)
    output_bias: Tensor | None  # (d_model,)
    mlp_norm: Tensor  # (d_model,)
    mlp: GatedMlp


def layer_weights(architecture: Architecture, layer: nn.Module, heads: int) -> LayerWeights:
    """The weights of one layer, shaped by heads."""

    def part(name: str) -> Any:
        return layer.get_submodule(name)

    value, output = part(architecture.value), part(architecture.output)
    head_dim = output.in_features // heads
    kv_heads = value.out_features // head_dim
    gate, up, down = (part(getattr(architecture, one)) for one in ("gate", "up", "down"))
    return LayerWeights(
        attention_norm=part(architecture.attention_norm).weight,
        value=value.weight.view(kv_heads, head_dim, -1),
        value_bias=None if value.bias is None else value.bias.view(kv_heads, head_dim),
        output=output.weight.view(-1, heads, head_dim),
        output_bias=output.bias,
        mlp_norm=part(architecture.mlp_norm).weight,
        mlp=GatedMlp(
            gate=gate.weight,
            gate_bias=gate.bias,
            up=up.weight,
            up_bias=up.bias,
            down=down.weight,
            down_bias=down.bias,
            activation=part(architecture.activation),
        ),
    )
