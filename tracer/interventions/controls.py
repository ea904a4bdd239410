"""Controls: the same done to other features that are as loud, at the same places.

Loud features without meaning move an answer too, and features drawn at random hardly do. So each
member is replaced by a non-member of its layer and position, drawn from the ten nearest in
|activation| · ‖decoder‖.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import torch

from tracer.errors import TracerError
from tracer.interventions.steered_pass import Setting, SteeredPrompt

DRAWS = 20
NEAREST = 10

Place = tuple[int, int, int]  # layer, index, position


@dataclass(frozen=True)
class Member:
    """A setting under test; `factor` where its value is that many times its activation, `moved`
    where it writes something else at the same activation: how much, by its length."""

    setting: Setting
    factor: float | None = None
    moved: float | None = None

    @property
    def place(self) -> Place:
        return self.setting.layer, self.setting.index, self.setting.position


@dataclass(frozen=True)
class _Other:
    """A feature that may stand in for a member."""

    index: int
    activation: float
    loudness: float  # of one unit of activation

    @property
    def written(self) -> float:
        return abs(self.activation) * self.loudness


class Controls:
    """Draws controls on one prompt."""

    def __init__(self, prompt: SteeredPrompt) -> None:
        self.prompt = prompt
        self._others = lru_cache(maxsize=None)(self._find_others)

    def draw(
        self,
        members: Sequence[Member],
        *,
        seed: int,
        draws: int = DRAWS,
    ) -> list[list[Setting]]:
        """`draws` times other settings in the place of these.

        What is scaled or ablated is scaled or ablated likewise; what is set to a value changes by
        as much in what it writes, the same way round; what writes something else is replaced by as
        much more or less of what the other writes. The same seed draws the same.

        Raises TracerError where too few other features are active.
        """
        chance = random.Random(seed)
        used = {one.place for one in members}
        places = {(layer, position): self._others(layer, position) for layer, _, position in used}
        free = {
            (layer, position): [one for one in others if (layer, one.index, position) not in used]
            for (layer, position), others in places.items()
        }
        ranked = [_Ranked.of(self._own(one), one, free) for one in members]
        return [_draw_once(ranked, chance) for _ in range(draws)]

    def _own(self, member: Member) -> _Other:
        layer, index, position = member.place
        loudness = self.prompt.targets.loudness(layer, torch.tensor([index]))
        return _Other(index, self.prompt.activation(layer, index, position), float(loudness[0]))

    def _find_others(self, layer: int, position: int) -> list[_Other]:
        """Every feature that is active at one place."""
        targets = self.prompt.targets
        active = targets.active(layer, self.prompt.baseline.reads[layer][0])
        here = active.positions == position
        indices, activations = active.indices[here], active.activations[here]
        loudness = targets.loudness(layer, indices).tolist()
        columns = zip(indices.tolist(), activations.tolist(), loudness, strict=True)
        return [_Other(*one) for one in columns if one[1] != 0 and one[2] > 0]


@dataclass(frozen=True)
class _Ranked:
    """A member and all that may stand in for it, nearest first."""

    member: Member
    mine: _Other
    others: Sequence[_Other]

    @staticmethod
    def of(
        mine: _Other, member: Member, free: Mapping[tuple[int, int], Sequence[_Other]]
    ) -> _Ranked:
        layer, _, position = member.place
        near = sorted(
            free[layer, position], key=lambda one: (abs(one.written - mine.written), one.index)
        )
        return _Ranked(member, mine, near)


def _draw_once(ranked: Sequence[_Ranked], chance: random.Random) -> list[Setting]:
    taken: set[Place] = set()
    drawn = []
    for one in ranked:
        layer, _, position = one.member.place
        left = (other for other in one.others if (layer, other.index, position) not in taken)
        near = list(islice(left, NEAREST))
        if not near:
            raise TracerError(
                f"no control can be drawn for {'_'.join(map(str, one.member.place))}: too few "
                "other features are active there",
                hint="claim less at that place",
            )
        other = chance.choice(near)
        taken.add((layer, other.index, position))
        value = _value(one.member, one.mine, other)
        if one.member.moved is not None:
            value = other.activation + chance.choice((-1, 1)) * one.member.moved / other.loudness
        onwards = one.member.setting.onwards
        drawn.append(Setting(layer, other.index, position, value, onwards))
    return drawn


def _value(member: Member, mine: _Other, other: _Other) -> float:
    if member.factor is not None:
        return member.factor * other.activation
    change = (member.setting.value - mine.activation) * mine.loudness / other.loudness
    same_way = 1 if mine.activation * other.activation >= 0 else -1
    return other.activation + same_way * change
