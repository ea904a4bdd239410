"""One forward pass, recorded so that the residual stream can be read as a linear map.

With attention patterns and norm scales held fixed and every MLP output taken as a constant
source, each later residual stream is linear in the sources. Source: Ameisen et al. 2025,
"Circuit Tracing", "Attribution graphs"; nothing else is approximated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tracer.errors import TracerError
from tracer.model.load import Model


@dataclass(frozen=True)
class FrozenPass:
    """What one forward pass left behind. `n` is the number of positions."""

    model: Model
    token_ids: tuple[int, ...]
    patterns: tuple[Tensor, ...]  # per layer (heads, n queries, n keys)
    attention_scales: tuple[Tensor, ...]  # per layer (n,), reciprocal norm in front of attention
    mlp_scales: tuple[Tensor, ...]  # per layer (n,), reciprocal norm in front of the MLP
    mlp_inputs: tuple[Tensor, ...]  # per layer (n, d_model), normalised: what the neurons read
    mlp_outputs: tuple[Tensor, ...]  # per layer (n, d_model)
    embeddings: Tensor  # (n, d_model)
    final_scale: Tensor  # (n,), reciprocal final norm
    final_stream: Tensor  # (n, d_model), normalised: what the unembedding reads
    logits: Tensor  # (vocabulary,), at the last position

    @property
    def n_positions(self) -> int:
        return len(self.token_ids)

    @property
    def n_layers(self) -> int:
        return len(self.patterns)

    def pull_through_attention(self, layer: int, gradient: Tensor) -> Tensor:
        """The gradient in front of a layer's attention block, from the one behind it.

        `gradient` is (targets, positions, d_model) over the first positions of the prompt, or
        all of them. Adds to it: the frozen pattern's mixture of `gradient W_O W_V`, through the
        frozen norm.
        """
        weights = self.model.layers[layer]
        targets, positions, _ = gradient.shape
        kv_heads = weights.value.shape[0]
        pattern = self.patterns[layer][:, :positions, :positions]  # (heads, q, k)
        by_head = torch.einsum("tqd,dhe->hqte", gradient, weights.output)
        # Each head's queries hand their gradient to the keys they looked at.
        at_keys = pattern.transpose(1, 2) @ by_head.flatten(2)  # (heads, k, t*e)
        at_keys = at_keys.view(kv_heads, -1, *at_keys.shape[1:]).sum(1)  # (kv_heads, k, t*e)
        at_keys = at_keys.view(kv_heads, positions, targets, -1)  # (kv_heads, k, t, e)
        pulled = torch.einsum("gkte,ged->tkd", at_keys, weights.value)
        scale = self.attention_scales[layer][:positions, None] * weights.attention_norm
        return gradient + pulled * scale

    def pull_through_mlp_norm(self, layer: int, positions: Tensor, gradient: Tensor) -> Tensor:
        """From gradients on the MLP's normalised input, (m, d_model) at `positions` (m,), to
        gradients on the residual stream in front of its norm."""
        scale = self.mlp_scales[layer][positions, None]
        return gradient * scale * self.model.layers[layer].mlp_norm

    def pull_through_final_norm(self, gradient: Tensor) -> Tensor:
        """From gradients on the normalised last position, (targets, d_model), to gradients on
        the final residual stream there."""
        norm = self.model.module(self.model.architecture.final_norm)
        weight: Tensor = norm.weight
        return gradient * self.final_scale[-1] * weight

    def attention_constant(self, layer: int) -> Tensor | None:
        """(n, d_model): what a layer's biases add behind attention whatever it reads."""
        weights = self.model.layers[layer]
        bias = weights.output_bias
        if weights.value_bias is None:
            return None if bias is None else bias.expand(self.n_positions, -1)
        groups = weights.output.shape[1] // weights.value.shape[0]
        by_head = weights.value_bias.repeat_interleave(groups, 0)  # (heads, head_dim)
        attended = self.patterns[layer].sum(-1)  # (heads, n): one, up to rounding
        carried = torch.einsum("dhe,he,hn->nd", weights.output, by_head, attended)
        return carried if bias is None else carried + bias


@torch.no_grad()
def freeze(model: Model, token_ids: tuple[int, ...]) -> FrozenPass:
    """Run the real model once on one prompt and record its frozen pass.

    Raises TracerError when the model's numbers overflow (fp16 and bf16 can).
    """
    ids = torch.tensor([token_ids], device=model.device)
    with _recording(model) as seen:
        result = model.causal_lm(ids, output_attentions=True, use_cache=False)
    n_layers = model.info.layers
    logits = _wide(result.logits[0, -1])
    if not torch.isfinite(logits).all():
        raise TracerError(
            f"the model's logits are not finite in {str(model.dtype).removeprefix('torch.')}",
            hint="trace with `precision: float32`",
        )
    return FrozenPass(
        model=model,
        token_ids=token_ids,
        patterns=tuple(one[0] for one in result.attentions),
        attention_scales=tuple(seen["attention_scale", layer] for layer in range(n_layers)),
        mlp_scales=tuple(seen["mlp_scale", layer] for layer in range(n_layers)),
        mlp_inputs=tuple(seen["mlp_input", layer] for layer in range(n_layers)),
        mlp_outputs=tuple(seen["mlp_output", layer] for layer in range(n_layers)),
        embeddings=seen["embedding", 0],
        final_scale=seen["final_scale", 0],
        final_stream=seen["final_stream", 0],
        logits=logits,
    )


@contextmanager
def _recording(model: Model) -> Iterator[dict[tuple[str, int], Tensor]]:
    """Hooks that note the inputs and outputs the frozen pass needs."""
    seen: dict[tuple[str, int], Tensor] = {}
    names = model.architecture
    blocks = model.module(names.layers)

    def note_scale(key: tuple[str, int]) -> Any:
        def hook(norm: Any, inputs: tuple[Tensor, ...], _: Tensor) -> None:
            seen[key] = _reciprocal_norm(norm, inputs[0][0])

        return hook

    def note_output(key: tuple[str, int]) -> Any:
        def hook(_module: Any, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
            seen[key] = output[0]

        return hook

    hooks = [
        (model.module(names.embedding), note_output(("embedding", 0))),
        (model.module(names.final_norm), note_scale(("final_scale", 0))),
        (model.module(names.final_norm), note_output(("final_stream", 0))),
    ]
    for layer, block in enumerate(blocks):
        mlp_norm = block.get_submodule(names.mlp_norm)
        hooks += [
            (block.get_submodule(names.attention_norm), note_scale(("attention_scale", layer))),
            (mlp_norm, note_scale(("mlp_scale", layer))),
            (mlp_norm, note_output(("mlp_input", layer))),
            (block.get_submodule(names.mlp), note_output(("mlp_output", layer))),
        ]
    handles = [module.register_forward_hook(hook) for module, hook in hooks]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _reciprocal_norm(norm: Any, x: Tensor) -> Tensor:
    """The factor an RMS norm multiplies (n, d_model) with at each position, (n,)."""
    variance = _wide(x).pow(2).mean(-1)
    return torch.rsqrt(variance + norm.variance_epsilon).to(x.dtype)


def _wide(x: Tensor) -> Tensor:
    """At least float32."""
    return x if x.dtype == torch.float64 else x.float()
