"""What can be done to features: set, scale, ablate, swap."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tracer.attribution.origin import FeatureName
from tracer.documents.graph import Graph
from tracer.errors import TracerError
from tracer.interventions.steered_pass import Setting, SteeredPrompt
from tracer.model.given import as_features, as_number

Node = str | tuple[int, ...]
Nodes = Node | Sequence[Node]
_EVERYWHERE = re.compile(r"(?P<layer>\d+)_(?P<index>\d+)\Z")


@dataclass(frozen=True)
class Set:
    """Features to one value. A node is `layer_index_position`, or `layer_index` for every position
    of the prompt, as text or as a tuple of these numbers; a negative position counts from the end.
    `onwards` keeps the value at all later positions too."""

    node: Nodes
    value: float
    onwards: bool = False


@dataclass(frozen=True)
class Scale:
    """Features to `factor` times what they are with nothing set."""

    node: Nodes
    factor: float
    onwards: bool = False


@dataclass(frozen=True)
class Ablate:
    """Features to zero."""

    node: Nodes
    onwards: bool = False


@dataclass(frozen=True)
class Swap:
    """Features to their values in another prompt.

    `nodes` of this prompt and `others` of `graph`'s: both take, at the positions of `nodes`, the
    values they have at those of `others`. Positions are matched in order, so there must be as many
    on both sides.
    """

    nodes: Nodes
    graph: Graph
    others: Nodes


Intervention = Set | Scale | Ablate | Swap


def settings_of(prompt: SteeredPrompt, interventions: Iterable[Intervention]) -> list[Setting]:
    """Each intervention as values of features at positions, in order.

    Raises TracerError for nodes that are not there, values that are not finite numbers, swaps that
    do not match, and features that would write only to layers where they may not.
    """
    settings = [one for each in interventions for one in _settings(prompt, each)]
    held = prompt.held.layers
    for one in settings if held else ():
        if one.layer >= held.stop or one.layer + prompt.targets.reach(one.layer) <= held.start:
            raise TracerError(
                f"layer {one.layer} writes to none of the layers {held.start} to {held.stop - 1}",
                hint="only these are written to when layers are constrained",
            )
    return settings


def feature_names(prompt: SteeredPrompt, nodes: Nodes) -> list[FeatureName]:
    """The features meant, each at one position. Raises TracerError for what is not there."""
    names = []
    for text in as_features(nodes):
        everywhere = _EVERYWHERE.match(text)
        spots = range(1, prompt.n_positions) if everywhere else (None,)
        for position in spots:
            full = text if position is None else f"{text}_{position}"
            name = FeatureName.parse(full, positions=prompt.n_positions)
            name.check(prompt.targets.widths)
            names.append(name)
    return names


def as_interventions(given: Any) -> list[Intervention]:
    """One or several. Raises TracerError for what does not say what to do."""
    listed: list[Any]
    try:
        listed = [given] if isinstance(given, Intervention | str) else list(given)
    except TypeError:
        listed = [given]
    for one in listed:
        if not isinstance(one, Intervention):
            hint = 'say what to do: `tracer.Ablate("22_580_14")`, or Scale, Set or Swap'
            if isinstance(one, tuple) and len(one) == 4:
                hint = f"write `tracer.Set(({one[0]}, {one[2]}, {one[1]}), {one[3]})`"
            raise TracerError(f"{one!r} is no intervention", hint=hint)
    return listed


def _settings(prompt: SteeredPrompt, done: Intervention) -> list[Setting]:
    if isinstance(done, Swap):
        return _swapped(prompt, done)
    amount = {Set: "value", Scale: "factor"}.get(type(done))
    given = getattr(done, amount) if amount else 0.0
    number = as_number(given)
    if number is None or not math.isfinite(number):
        raise TracerError(f"{given!r} is not a finite number", hint=f"give a {amount} such as 0.5")
    found = []
    for name in feature_names(prompt, done.node):
        place = (name.layer, name.index, name.position)
        value = number * prompt.activation(*place) if isinstance(done, Scale) else number
        found.append(Setting(*place, float(value), done.onwards))
    return found


def _swapped(prompt: SteeredPrompt, swap: Swap) -> list[Setting]:
    info = swap.graph.metadata.tracer
    if info is None:
        raise TracerError("the other graph does not say which tokens it was made from")
    elsewhere = SteeredPrompt(prompt.model, prompt.targets, info.token_ids)
    here, there = feature_names(prompt, swap.nodes), feature_names(elsewhere, swap.others)
    sides = [sorted({one.position for one in side}) for side in (here, there)]
    if not sides[0] or len(sides[0]) != len(sides[1]):
        raise TracerError(
            f"the groups stand at {len(sides[0])} and {len(sides[1])} positions",
            hint="a swap needs as many on both sides, matched in order",
        )
    match = dict(zip(*sides, strict=True))
    back = {there: here for here, there in match.items()}
    wanted = {(one.layer, one.index, one.position) for one in here}
    wanted |= {(one.layer, one.index, back[one.position]) for one in there}
    return [
        Setting(layer, index, position, elsewhere.activation(layer, index, match[position]))
        for layer, index, position in sorted(wanted)
    ]
