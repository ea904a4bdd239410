"""An independent forward pass of the frozen model, to test edges against.

Written from the definition, with the model's own modules: recorded attention patterns and norm
scales, MLP outputs as constants that a test may change. Shares no code with tracer's rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tracer.model.frozen_pass import FrozenPass


@dataclass
class Nudge:
    """Something added to what sources write."""

    tokens: dict[int, Tensor] = field(default_factory=dict)  # position -> (d_model,)
    mlps: dict[tuple[int, int], Tensor] = field(default_factory=dict)  # layer, position


def rerun(frozen: FrozenPass, nudge: Nudge) -> tuple[list[Tensor], Tensor]:
    """The residual stream in front of each layer's MLP norm, and the final one."""
    blocks = frozen.model.causal_lm.model.layers
    stream = frozen.embeddings.clone()
    for position, change in nudge.tokens.items():
        stream[position] += change
    in_front = []
    for layer, block in enumerate(blocks):
        scale = frozen.attention_scales[layer][:, None]
        read = stream * scale * block.input_layernorm.weight
        stream = stream + _attention(block.self_attn, frozen.patterns[layer], read)
        in_front.append(stream.clone())
        stream = stream + frozen.mlp_outputs[layer]
        for (at, position), change in nudge.mlps.items():
            if at == layer:
                stream[position] += change
    return in_front, stream


def neuron(frozen: FrozenPass, layer: int, index: int, position: int, stream: Tensor) -> Tensor:
    """One neuron's activation by the half rule, from the stream in front of its norm."""
    block = frozen.model.causal_lm.model.layers[layer]
    mlp, weight = block.mlp, block.post_attention_layernorm.weight
    real = frozen.mlp_inputs[layer][position]
    gate, up = mlp.gate_proj(real)[index], mlp.up_proj(real)[index]
    x = stream[position] * frozen.mlp_scales[layer][position] * weight
    new_gate, new_up = mlp.gate_proj(x)[index], mlp.up_proj(x)[index]
    acted = mlp.act_fn(gate)
    return 0.5 * (acted / gate) * up * new_gate + 0.5 * acted * new_up


def _attention(attention: Any, pattern: Tensor, read: Tensor) -> Tensor:
    heads, head_dim = pattern.shape[0], attention.head_dim
    values = attention.v_proj(read).unflatten(-1, (-1, head_dim))  # (n, kv_heads, head_dim)
    values = values.repeat_interleave(heads // values.shape[1], dim=1)
    mixed = torch.einsum("hqk,khe->qhe", pattern, values)
    return attention.o_proj(mixed.flatten(1))
