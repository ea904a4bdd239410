"""How much of each layer's work a set across layers tells as the work of layers below.

A feature that writes to a layer above its own stands for what that layer's MLP computes. Where the
model computes it from what the feature writes below, the graph skips a step that the model takes;
reconstruction is as good as ever, so no FVU shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from tracer.attribution.effects import Effects, gradients_behind
from tracer.attribution.targets import Targets
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_pass import FrozenPass

Shares = tuple[float | None, ...]


def from_below(
    frozen: FrozenPass, active: ActiveFeatures, effects: Effects, targets: Targets
) -> Shares | None:
    """Per layer, of what features add to the answer through its MLP's output, by absolute value,
    the share that features of lower layers write; None where none add anything. None at all for
    sets that write to their own layers only, and where a feature is explained."""
    if targets.origin is not None:
        return None
    layers = active.admit(effects.features, active.count)
    if all(one.decoders.shape[1] <= 1 for one in layers):
        return None
    behind = gradients_behind(frozen, active, targets.effect_direction)
    return tuple(_share(layers[: layer + 1], behind[layer]) for layer in range(len(layers)))


def _share(layers: Sequence[LayerFeatures], gradient: torch.Tensor) -> float | None:
    """Of the last of the layers, whose MLP's output has this gradient, (positions, d_model)."""
    added = []
    for below, one in enumerate(reversed(layers)):
        written = one.written_into(below)  # (features, d_model)
        parts = None if written is None else (gradient[one.positions] * written).sum(-1)
        added.append(0.0 if parts is None else float(parts.abs().sum()))
    return sum(added[1:]) / sum(added) if any(added) else None
