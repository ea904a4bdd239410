"""Controls of an exchange: as many others that change as loudly, at the same places.

Drawn from every feature of a place, the circuit's own among them: what is left of a place without
its supporters is biased against the answer. Signs are balanced: where what is drawn so far supports
the answer, the next one opposes it, so that a draw predicts no move of its own.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from tracer.interventions.controls import NEAREST
from tracer.interventions.differences import Differences, Differing

Spot = tuple[int, int]  # layer, position


@dataclass(frozen=True)
class _Pool:
    """All features of one place that differ, and how loudly: |change| · ‖decoder‖."""

    features: Differing
    loudness: Tensor  # (m,)

    @cached_property
    def scores(self) -> list[float]:
        scores: list[float] = self.features.scores.tolist()
        return scores

    def nearest(self, loudness: Tensor, most: int, *, supports: bool) -> list[int]:
        """The rows most nearly as loud, of those of one sign."""
        rows = ((self.features.scores > 0) == supports).nonzero()[:, 0]
        far = (self.loudness[rows] - loudness).abs()
        chosen: list[int] = rows[torch.sort(far, stable=True).indices[:most]].tolist()
        return chosen


@dataclass(frozen=True)
class _Member:
    """A feature under test, and the rows of its place's pool that may stand in for it."""

    spot: Spot
    pool: _Pool
    near: Mapping[bool, Sequence[int]]  # by whether they support the answer, nearest first

    @staticmethod
    def of(spot: Spot, index: int, pool: _Pool, most: int) -> _Member:
        mine = pool.loudness[pool.features.indices == index]
        near = {sign: pool.nearest(mine, most, supports=sign) for sign in (True, False)}
        return _Member(spot, pool, near)


@dataclass(frozen=True)
class ExchangeControls:
    """Draws controls for sets of features of two prompts."""

    differences: Differences
    _pools: dict[Spot, _Pool] = field(default_factory=dict)

    def draw(self, members: Differing, *, draws: int, seed: int) -> list[Differing]:
        """`draws` sets in the place of these; none where a place has too few others of either
        sign. The same seed draws the same."""
        spots = list(zip(members.layers.tolist(), members.positions.tolist(), strict=True))
        self._find(spots)
        crowd, chance = Counter(spots), random.Random(seed)
        replaced = [
            _Member.of(spot, index, self._pools[spot], NEAREST + crowd[spot])
            for spot, index in zip(spots, members.indices.tolist(), strict=True)
        ]
        drawn = [_draw_once(replaced, chance) for _ in range(draws)]
        return [self._features(rows) for rows in drawn] if all(drawn) else []

    def _find(self, spots: Sequence[Spot]) -> None:
        """Reads the places that are not known yet, a layer at a time."""
        missing = set(spots) - self._pools.keys()
        for layer in sorted({layer for layer, _ in missing}):
            features = self.differences.of_layer(layer)
            for position in (position for one, position in missing if one == layer):
                here = features.take(features.positions == position)
                self._pools[layer, position] = _Pool(here, self.differences.loudness(layer, here))

    def _features(self, rows: Mapping[Spot, Sequence[int]]) -> Differing:
        return Differing.joined(
            [self._pools[spot].features.take(torch.tensor(some)) for spot, some in rows.items()]
        )


def _draw_once(members: Sequence[_Member], chance: random.Random) -> dict[Spot, list[int]]:
    """Rows of each place's pool, one for each member; none where one finds none."""
    taken: dict[Spot, list[int]] = {}
    supported = 0.0  # by what is drawn so far
    for member in chance.sample(members, len(members)):
        supports = supported < 0 if supported else chance.random() < 0.5
        already = taken.setdefault(member.spot, [])
        left = [row for row in member.near[supports] if row not in already][:NEAREST]
        if not left:
            return {}
        already.append(chance.choice(left))
        supported += member.pool.scores[already[-1]]
    return taken
