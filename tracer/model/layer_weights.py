"""The linear pieces of one layer, read from a family's own modules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from tracer.model.architectures import Architecture


@dataclass(frozen=True)
class Mlp:
    """`down(act(gate x) * up x)`, or `down(act(gate x))` where `up` is None; every weight is
    (out, in), every bias (out,) or None."""

    gate: Tensor  # (neurons, d_model)
    gate_bias: Tensor | None
    up: Tensor | None  # (neurons, d_model)
    up_bias: Tensor | None
    down: Tensor  # (d_model, neurons)
    down_bias: Tensor | None
    activation: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class LayerWeights:
    """The matrices of one layer, as views into the model's own weights."""

    value: Tensor  # (kv_heads, head_dim, d_model)
    value_bias: Tensor | None  # (kv_heads, head_dim)
    output: Tensor  # (d_model, heads, head_dim)
    output_bias: Tensor | None  # (d_model,)
    mlp: Mlp


def layer_weights(
    architecture: Architecture, layer: nn.Module, *, heads: int, kv_heads: int
) -> LayerWeights:
    """The weights of one layer, shaped by heads."""
    output, output_bias = _linear(architecture, layer, architecture.output)
    output = output.view(len(output), heads, -1)  # (d_model, heads, head_dim)
    value, value_bias = _linear(architecture, layer, architecture.value)
    shape = (kv_heads, output.shape[2])
    return LayerWeights(
        value=value_heads(architecture, value, shape),
        value_bias=None if value_bias is None else value_heads(architecture, value_bias, shape),
        output=output,
        output_bias=output_bias,
        mlp=_mlp(architecture, layer),
    )


def _linear(
    architecture: Architecture, layer: nn.Module, name: str
) -> tuple[Tensor, Tensor | None]:
    """Weight (out, in) and bias (out,) of one module."""
    module: Any = layer.get_submodule(name)
    return module.weight.T if architecture.weights_transposed else module.weight, module.bias


def value_heads(architecture: Architecture, rows: Tensor, shape: tuple[int, int]) -> Tensor:
    """The values among a projection's outputs, (out, ...), as (kv_heads, head_dim, ...)."""
    kv_heads, head_dim = shape
    if architecture.value_rows == "third of each head":  # a head's query, key and value together
        return rows.view(kv_heads, 3, head_dim, *rows.shape[1:])[:, 2]
    if architecture.value_rows == "last":  # all queries, all keys, all values
        rows = rows[-kv_heads * head_dim :]
    return rows.view(kv_heads, head_dim, *rows.shape[1:])


def _mlp(architecture: Architecture, layer: nn.Module) -> Mlp:
    gate, gate_bias = _linear(architecture, layer, architecture.gate)
    down, down_bias = _linear(architecture, layer, architecture.down)
    up, up_bias = None, None
    if architecture.up == architecture.gate:
        gate, up = gate.chunk(2)
        if gate_bias is not None:
            gate_bias, up_bias = gate_bias.chunk(2)
    elif architecture.up is not None:
        up, up_bias = _linear(architecture, layer, architecture.up)
    activation: Any = layer.get_submodule(architecture.activation)
    return Mlp(gate, gate_bias, up, up_bias, down, down_bias, activation)
