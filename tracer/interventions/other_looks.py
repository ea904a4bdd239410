"""Controls of knocked-out heads: other heads of the same layer, from the same token, do not look
somewhere instead.

First those that look at the same tokens at least as much; then, for there are few of these where a
head looks hard, those that look at least as much at another word, the start among them; then those
that look most.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from tracer.errors import TracerError
from tracer.interventions.controls import DRAWS, NEAREST
from tracer.interventions.knock_out import KnockOut
from tracer.model.frozen_pass import FrozenPass

WHOLE = 0.999  # of all attention: without such a look there is nothing left to share out anew


@dataclass(frozen=True)
class Seen:
    """Head `head` of `layer` looks from `query` at `keys`, which get `weight` of its attention."""

    layer: int
    head: int
    query: int
    keys: tuple[int, ...]
    weight: float
    zero: bool = False  # with nothing in the place of the look

    @property
    def knock_outs(self) -> list[KnockOut]:
        return [KnockOut(self.layer, self.head, self.query, key, self.zero) for key in self.keys]


def seen(
    frozen: FrozenPass, layer: int, head: int, query: int, keys: Sequence[int], zero: bool = False
) -> Seen:
    """Raises TracerError for a head that there is not, and one that looks nowhere else."""
    knock_out = KnockOut(layer, head, query, min(keys))
    knock_out.check(layers=frozen.n_layers, heads=frozen.n_heads, positions=frozen.n_positions)
    weight = float(frozen.patterns[layer][head, query, list(keys)].sum())
    if weight >= WHOLE and not zero:
        raise TracerError(
            f"head {layer}.{head} looks nowhere else from token {query}",
            hint="without that look nothing is left that it could look at",
        )
    return Seen(layer, head, query, tuple(keys), weight, zero)


def controls_of(
    frozen: FrozenPass,
    looks: Sequence[Seen],
    words: Sequence[tuple[int, int]],
    *,
    seed: int,
    draws: int = DRAWS,
) -> list[list[Seen]]:
    """Other looks in the place of these, at most `draws` times, no two alike; `words` are spans of
    tokens. All there are, where these are few; none where a layer has no other head."""
    taken = {(one.layer, one.query, one.head) for one in looks}
    others = [_others(frozen, one, words, taken)[:NEAREST] for one in looks]
    if prod(map(len, others)) <= 4 * draws:
        every = [list(one) for one in product(*others) if _differ(one)]
        random.Random(seed).shuffle(every)
        return every[:draws]
    chance = random.Random(seed)
    drawn: list[list[Seen]] = []
    for _ in range(20 * draws):
        one = [chance.choice(each) for each in others]
        if _differ(one) and one not in drawn:
            drawn.append(one)
        if len(drawn) == draws:
            break
    return drawn


def _differ(looks: Sequence[Seen]) -> bool:
    return len(set(looks)) == len(looks)


def _others(
    frozen: FrozenPass,
    look: Seen,
    words: Sequence[tuple[int, int]],
    taken: Collection[tuple[int, int, int]],
) -> list[Seen]:
    """Of the same layer and token, the best first: at the same tokens and as much, as much, and
    then by how much. The start is left out: it is where heads look that do nothing."""
    pattern = frozen.patterns[look.layer][:, look.query].tolist()
    spans = (tuple(range(begin, min(end, look.query))) for begin, end in words)
    places = dict.fromkeys([look.keys, *filter(None, spans)])
    found = [
        Seen(look.layer, head, look.query, keys, weight, look.zero)
        for head, row in enumerate(pattern)
        if (look.layer, look.query, head) not in taken
        for keys in places
        if 0 < (weight := sum(row[key] for key in keys)) < WHOLE
    ]

    def order(one: Seen) -> tuple[bool, bool, float]:
        # Of those that look as much the nearest, of the others the one that looks most.
        if one.weight >= look.weight:
            return False, one.keys != look.keys, one.weight
        return True, False, -one.weight

    return sorted(found, key=order)
