"""Neurons set to zero in the real model, everything else recomputed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import torch

from tracer.model.load import Model

Neuron = tuple[int, int, int]  # layer, index, position


def neuron(node_id: str) -> Neuron:
    layer, index, position = map(int, node_id.split("_"))
    return layer, index, position


def logits_without(
    model: Model, token_ids: tuple[int, ...], neurons: Iterable[Neuron]
) -> torch.Tensor:
    """(vocabulary,): the last position's logits with these neurons at zero."""
    handles = []
    for layer, index, position in neurons:
        down = model.causal_lm.model.layers[layer].mlp.down_proj
        handles.append(down.register_forward_pre_hook(partial(_zero, position, index)))
    try:
        result: torch.Tensor = model.causal_lm(torch.tensor([token_ids])).logits[0, -1]
    finally:
        for handle in handles:
            handle.remove()
    return result


def _zero(position: int, index: int, _module: object, inputs: tuple[torch.Tensor]) -> None:
    inputs[0][0, position, index] = 0
