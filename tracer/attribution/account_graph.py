"""A graph whose unlisted features hand on what they read, so that it adds up exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from tracer.attribution.account.account import Account, account_of
from tracer.attribution.account.choose import Chosen, choose
from tracer.attribution.account.document import account_document
from tracer.attribution.account.errors import gather_errors
from tracer.attribution.account.sweep_up import sweep_up
from tracer.attribution.account.words import Likely, NodeWords
from tracer.attribution.effects import Effects
from tracer.attribution.sweep import Progress
from tracer.attribution.targets import Targets
from tracer.attribution.traced import Published, Traced
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_pass import FrozenPass
from tracer.model.precision import wider

ALONE = 64  # so many tokens have a row each; of longer prompts only the strongest
WORDS = 48
LONG = 60  # seconds: an estimate is given of what takes longer


@dataclass(frozen=True)
class AccountGraph(Traced):
    """`layers` are all features that were swept, `chosen` the account of those that are listed."""

    chosen: Chosen

    @property
    def account(self) -> Account:
        """What adds up to the answer, exactly: features, words, start, biases and errors."""
        return self.chosen.account

    @cached_property
    def words(self) -> NodeWords:
        """What each listed feature reads and pushes."""
        tokens = [self.frozen.model.tokenizer.text(one) for one in self.frozen.token_ids]
        return NodeWords(self.account, Likely.of(self.frozen), tokens)

    def publish(self, *, slug: str = "untitled") -> Published:
        """With the strongest `max_links` links; all of them lie in the parts."""
        return account_document(self, slug)


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
    layers = active.admit(effects.features, settings.max_nodes)
    words = _words(frozen, effects)
    steps = _steps(frozen, layers, words) / (frozen.n_positions * frozen.n_layers)
    progress(_about(walked * steps), 0, frozen.n_layers)
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


def _steps(frozen: FrozenPass, layers: Sequence[LayerFeatures], words: Sequence[int] | None) -> int:
    """How many streams, at one position, the sweep carries through one layer each."""
    n, depth = frozen.n_positions, frozen.n_layers
    alone = range(1, n) if words is None else words
    steps = (3 * n + sum(n - one for one in alone)) * depth
    for layer, listed in enumerate(layers):
        steps += int((n - listed.positions).sum()) * (depth - layer - 1)
    return steps


def _about(seconds: float) -> str:
    """What the sweep is called while it runs: how long it will take, where that is long."""
    return "sweep" if seconds < LONG else f"sweep, about {round(seconds / 60)} minutes"


def _words(frozen: FrozenPass, effects: Effects) -> list[int] | None:
    """The positions of words that get a row of their own; None for all."""
    if frozen.n_positions <= ALONE:
        return None
    strength = effects.tokens[1:].abs()
    strongest = torch.sort(strength, descending=True, stable=True).indices[:WORDS] + 1
    return sorted(strongest.tolist())
