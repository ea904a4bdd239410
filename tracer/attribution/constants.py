"""What adds to the question beside words: the start, biases, and what features leave out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.account.sources import Source
from tracer.attribution.account.sweep_up import sweep_up
from tracer.attribution.effects import Effects, gradients_behind
from tracer.attribution.targets import Targets
from tracer.features.source import ActiveFeatures
from tracer.model.frozen_pass import FrozenPass


@dataclass(frozen=True)
class Constants:
    """Effects on the question over all paths. With those of the words they sum to it."""

    start: float  # everything at position 0, the same for every prompt
    biases: float  # the question's own included
    errors: Tensor  # (layers, positions): none at position 0


@torch.no_grad()
def constants_of(
    frozen: FrozenPass, active: ActiveFeatures, targets: Targets, effects: Effects
) -> Constants:
    """From a sweep in which every feature hands on what it reads."""
    nothing = active.admit(effects.features, 0)
    swept = sweep_up(
        frozen,
        active,
        [one.chosen(torch.zeros_like(one.positions, dtype=torch.bool)) for one in nothing],
        targets.effect_direction,
        origin=targets.origin,
        bias=targets.held_beyond(frozen.final_norm),
        words=(),
        errors=False,
    )
    shares = dict(zip(swept.sources, swept.answer_inputs.tolist(), strict=True))
    return Constants(
        start=shares[Source("start")],
        biases=shares[Source("biases")],
        errors=_errors(frozen, active, targets),
    )


def _errors(frozen: FrozenPass, active: ActiveFeatures, targets: Targets) -> Tensor:
    found = frozen.embeddings.new_zeros(frozen.n_layers, frozen.n_positions)
    written = [active.errors(layer) for layer in range(frozen.n_layers)]
    if all(one is None for one in written):
        return found
    gradients = gradients_behind(frozen, active, targets.effect_direction, targets.origin)
    for layer, error in enumerate(written):
        if error is not None:
            found[layer, 1:] = (error * gradients[layer])[1:].sum(-1)
    return found
