"""What an intervention may hold as it was without it, as circuit-tracer's users know it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from tracer.errors import TracerError
from tracer.model.frozen_norm import FrozenNorm
from tracer.model.frozen_pass import FrozenPass
from tracer.model.layer_weights import value_heads
from tracer.model.load import Model

Change = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Held:
    """Nothing by default: the model recomputes everything.

    `attention` holds attention patterns. `layers` holds patterns and the MLPs' outputs of these
    layers, and features then write to these layers only, as much as their activation differs from
    what it was. With all layers, norm scales are held too, and what is left are direct effects.
    `outputs_only` holds the MLPs' outputs and no more: attention and norms are recomputed.
    """

    attention: bool = False
    layers: range = range(0)
    outputs_only: bool = False

    @staticmethod
    def of(
        n_layers: int,
        *,
        freeze_attention: bool = False,
        constrained_layers: range | None = None,
        direct_effects: bool = False,
    ) -> Held:
        """Raises TracerError for layers that the model does not have."""
        layers = range(n_layers) if direct_effects else constrained_layers or range(0)
        if constrained_layers is not None and not (
            layers and layers.step == 1 and layers.start >= 0 and layers.stop <= n_layers
        ):
            raise TracerError(
                f"the layers {constrained_layers.start} to {constrained_layers.stop - 1} cannot be "
                "held",
                hint=f"the model's layers are 0 to {n_layers - 1}",
            )
        return Held(freeze_attention or bool(layers), layers)

    def norms(self, n_layers: int) -> bool:
        return len(self.layers) == n_layers and not self.outputs_only

    @property
    def anything(self) -> bool:
        return self.attention or bool(self.layers)


@contextmanager
def holding(frozen: FrozenPass, *, norms: bool) -> Iterator[None]:
    """Inside, the model uses the frozen pass's attention patterns, and its norm scales if asked.
    Works on any number of variants of the same prompt at once."""
    names = frozen.model.architecture
    blocks = frozen.model.module(names.layers)
    handles: list[Any] = []
    for layer, block in enumerate(blocks):
        handles += _hold_pattern(frozen, layer, block)
    if norms:
        for layer, block in enumerate(blocks):
            for name, norm in (
                (names.attention_norm, frozen.attention_norms[layer]),
                (names.attention_post_norm, frozen.attention_post_norms[layer]),
                (names.mlp_norm, frozen.mlp_norms[layer]),
                (names.mlp_post_norm, frozen.mlp_post_norms[layer]),
            ):
                if name is not None and norm is not None:
                    handles.append(_hold_norm(block.get_submodule(name), norm))
        handles.append(_hold_norm(frozen.model.module(names.final_norm), frozen.final_norm))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _hold_norm(module: Any, norm: FrozenNorm) -> Any:
    def hook(_: Any, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        scaled = norm.push(inputs[0])  # (variants, positions, d_model)
        return (scaled if norm.bias is None else scaled + norm.bias).to(output.dtype)

    return module.register_forward_hook(hook)


def _hold_pattern(frozen: FrozenPass, layer: int, block: Any) -> list[Any]:
    """What attention hands on is mixed anew from the values there are, by the frozen pattern."""
    model: Model = frozen.model
    names, weights = model.architecture, model.layers[layer]
    pattern = frozen.patterns[layer]  # (heads, queries, keys)
    shape = (weights.value.shape[0], weights.value.shape[1])
    seen: list[Tensor] = []

    def note(_: Any, _inputs: Any, output: Tensor) -> None:
        seen[:] = [output]

    def mix(_: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        rows = seen[0].flatten(0, -2).T  # (out, variants * positions)
        values = value_heads(names, rows, shape)  # (kv_heads, head_dim, variants * positions)
        values = values.reshape(*shape, *inputs[0].shape[:2]).permute(2, 0, 3, 1)
        shared = pattern.shape[0] // shape[0]
        mixed = pattern @ values.repeat_interleave(shared, dim=1)  # (variants, heads, n, head_dim)
        return mixed.transpose(1, 2).reshape(inputs[0].shape), *inputs[1:]

    return [
        block.get_submodule(names.value).register_forward_hook(note),
        block.get_submodule(names.output).register_forward_pre_hook(mix),
    ]
