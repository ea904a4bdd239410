"""Total effects: every feature's signed effect on the answer, all paths summed.

One walk from the answer to the tokens with patterns and norms frozen and features passing
gradients on (RelP, arXiv 2508.21258, for neurons).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.origin import Origin
from tracer.features.source import ActiveFeatures
from tracer.model.frozen_pass import FrozenPass


@dataclass(frozen=True)
class Effects:
    """Effects on one direction, in logits. To ablate a feature predicts a change of -effect."""

    features: tuple[Tensor, ...]  # per layer (positions, features)
    tokens: Tensor  # (positions,)
    # Gradients on the stream behind each layer's attention, (positions, d_model), which its heads
    # write; none where they were not kept.
    asked: tuple[Tensor, ...] = ()


@torch.no_grad()
def total_effects(
    frozen: FrozenPass, active: ActiveFeatures, direction: Tensor, origin: Origin | None = None
) -> Effects:
    """The effects on `direction`, (d_model,) in the normalised final residual stream; or, with an
    `origin`, in the residual stream there, in units of what `direction` reads."""
    return _walk(frozen, active, direction, origin)[0]


@torch.no_grad()
def gradients_behind(
    frozen: FrozenPass, active: ActiveFeatures, direction: Tensor, origin: Origin | None = None
) -> tuple[Tensor, ...]:
    """Gradients of the same on the residual stream behind each layer's MLP, (positions, d_model)
    each: what one unit of anything that is written there adds over all paths."""
    return _walk(frozen, active, direction, origin)[1]


@torch.no_grad()
def gradients_on_heads(
    frozen: FrozenPass, active: ActiveFeatures, direction: Tensor, origin: Origin | None = None
) -> tuple[Tensor, ...]:
    """The same behind each layer's attention: what one unit of anything that a head writes adds
    over all paths."""
    return _walk(frozen, active, direction, origin)[0].asked


def _walk(
    frozen: FrozenPass, active: ActiveFeatures, direction: Tensor, origin: Origin | None
) -> tuple[Effects, tuple[Tensor, ...], Tensor]:
    shape = (frozen.n_positions, frozen.model.info.d_model)
    gradient = torch.zeros(shape, dtype=direction.dtype, device=direction.device)
    if origin is None:
        gradient[-1] = frozen.pull_through_final_norm(direction[None])[0]
    by_layer: list[Tensor] = []
    behind: list[Tensor] = []  # behind the MLP of the layer reached, and of those above
    asked: list[Tensor] = []  # behind their attention
    for layer in reversed(range(frozen.n_layers)):
        behind.insert(0, gradient)
        by_feature, onward = active.pull(layer, behind)
        by_layer.append(by_feature)
        if origin is not None and layer == origin.layer:
            onward[origin.position] = direction  # above it all was zero
        asked.insert(0, gradient if frozen.model.parallel_residual else gradient + onward)
        gradient = frozen.pull_through_block(layer, gradient, onward)
    tokens = (gradient * frozen.embeddings).sum(-1)
    effects = Effects(tuple(reversed(by_layer)), tokens, tuple(asked))
    return effects, tuple(behind), gradient


@torch.no_grad()
def gradients_everywhere(
    frozen: FrozenPass, active: ActiveFeatures, direction: Tensor
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """`gradients_behind`, and in front of it the same at the bottom of the residual stream, where
    words enter it."""
    _, behind, bottom = _walk(frozen, active, direction, None)
    return bottom, behind
