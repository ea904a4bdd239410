"""From effects to an account: what is swept, which words stand alone, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from tracer.attribution.account.account import account_of
from tracer.attribution.account.choose import Chosen, choose
from tracer.attribution.account.errors import gather_errors
from tracer.attribution.account.sweep_up import sweep_up
from tracer.attribution.effects import Effects
from tracer.attribution.sweep import Progress, about
from tracer.attribution.targets import Targets
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_pass import FrozenPass
from tracer.model.precision import wider

ALONE = 64  # so many tokens have a row each; of longer prompts only the strongest
WORDS = 48


def trace_account(
    frozen: FrozenPass,
    active: ActiveFeatures,
    targets: Targets,
    effects: Effects,
    settings: TraceSettings,
    *,
    walked: float = 0.0,
    progress: Progress = lambda *_: None,
) -> tuple[Sequence[LayerFeatures], Chosen]:
    """The features that were swept, and the account of those that it takes. `walked` is how many
    seconds `effects` took, from which a long sweep is estimated.

    Raises TracerError where numbers overflow.
    """
    layers = _strongest(active.admit(effects.features, settings.max_nodes), settings.max_nodes)
    words = _words(frozen, effects)
    steps = _steps(frozen, layers, words) / (frozen.n_positions * frozen.n_layers)
    progress(about(walked * steps), 0, frozen.n_layers)
    swept = sweep_up(
        frozen,
        active,
        layers,
        targets.effect_direction,
        origin=targets.origin,
        bias=targets.held_beyond(frozen.final_norm),
        words=words,
        progress=progress,
    )
    if not all(torch.isfinite(one).all() for one in (swept.links, swept.inputs, swept.finals)):
        raise TracerError("the account overflowed", hint=wider(frozen.model.dtype))
    chosen = choose(account_of(swept, layers))
    return layers, replace(chosen, account=gather_errors(chosen.account))


def _strongest(layers: Sequence[LayerFeatures], most: int) -> list[LayerFeatures]:
    """No more than so many features, the strongest effects; none of no effect at all, as what
    stands above the feature that is asked about, and that itself."""
    strength = torch.cat([one.effects.abs() for one in layers])
    order = torch.sort(strength, descending=True, stable=True).indices[:most]
    kept = torch.zeros_like(strength, dtype=torch.bool)
    kept[order] = True
    kept &= strength > 0
    parts = torch.split(kept, [len(one) for one in layers])
    return [one.chosen(part) for one, part in zip(layers, parts, strict=True)]


def _steps(frozen: FrozenPass, layers: Sequence[LayerFeatures], words: Sequence[int] | None) -> int:
    """How many streams, at one position, the sweep carries through one layer each."""
    n, depth = frozen.n_positions, frozen.n_layers
    alone = range(1, n) if words is None else words
    steps = (3 * n + sum(n - one for one in alone)) * depth
    for layer, listed in enumerate(layers):
        steps += int((n - listed.positions).sum()) * (depth - layer - 1)
    return steps


def _words(frozen: FrozenPass, effects: Effects) -> list[int] | None:
    """The positions of words that get a row of their own; None for all."""
    if frozen.n_positions <= ALONE:
        return None
    strength = effects.tokens[1:].abs()
    strongest = torch.sort(strength, descending=True, stable=True).indices[:WORDS] + 1
    return sorted(strongest.tolist())
