"""Groups that nobody made: features of one word and one sign that push alike.

Features are clustered by the direction of what they push over the likeliest words, weighted by
their effects. Ward's criterion, from the bottom up: it minimises what spherical k-means minimises,
needs no random start, and makes neither a giant nor singletons as single or average links do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tracer.attribution.account.account import Account
from tracer.attribution.account.words import NodeWords
from tracer.documents.prompt_words import spans
from tracer.documents.token_text import joined

MOST = 8  # beside what is too small for a box
MOST_OF_A_WORD = 3
LEAST_SHARE = 0.02  # of all |effect|
GAIN = 0.15  # a box is cut in two where that explains so much of what its members push
LATE = 0.25  # the last quarter of the layers
CANCELS = 0.5  # two late boxes are one where they leave less than this of the smaller


@dataclass(frozen=True)
class Found:
    """Places of features in the account, at one word; `whole` is not cut any further."""

    members: tuple[int, ...]
    word: str
    whole: bool = False


def find_boxes(words: NodeWords, n_layers: int) -> list[Found]:
    """At most `MOST`, the largest effect first. What is left is too small or too scattered."""
    account = words.account
    effects = account.effects
    directions = _directions(words)
    boxes = _by_word_and_sign(account, words.tokens)
    total = float(effects.abs().sum())
    boxes = [one for one in boxes if _weight(effects, one) >= LEAST_SHARE * total]
    boxes.sort(key=lambda one: -_weight(effects, one))
    boxes = _late_pair(account, boxes[:MOST], n_layers)
    return _cut_further(directions, effects, boxes, total)


def _directions(words: NodeWords) -> Tensor:
    """(k, words): of length 1, or 0 where a feature pushes nothing."""
    weighted = words.pushed * words.likely.weights
    length = weighted.norm(dim=1, keepdim=True)
    return torch.where(length > 0, weighted / length, 0.0)


def _by_word_and_sign(account: Account, tokens: Sequence[str]) -> list[Found]:
    """Sub-words of one word together, but the same word in two places apart."""
    begins = {at: begin for begin, end in spans(tokens) for at in range(begin, end)}
    words = {begin: joined(tokens[begin:end]).strip() for begin, end in spans(tokens)}
    found: dict[tuple[int, bool], list[int]] = {}
    columns = zip(account.positions.tolist(), account.effects.tolist(), strict=True)
    for place, (position, effect) in enumerate(columns):
        found.setdefault((begins[position], effect > 0), []).append(place)
    return [Found(tuple(members), words[begin]) for (begin, _), members in found.items()]


def _late_pair(account: Account, boxes: list[Found], n_layers: int) -> list[Found]:
    """The last layers' supporters and opponents at the last word mostly undo each other: one box,
    where they do."""
    last, late = int(account.positions.max()) if len(account) else 0, (1 - LATE) * n_layers
    pair: list[int] = []
    sums = {True: 0.0, False: 0.0}
    for box in boxes:
        for at in box.members:
            if int(account.positions[at]) == last and int(account.layers[at]) >= late:
                effect = float(account.effects[at])
                sums[effect > 0] += effect
                pair.append(at)
    smaller = min(sums[True], -sums[False])
    if not smaller or abs(sums[True] + sums[False]) > CANCELS * smaller:
        return boxes
    gone = set(pair)
    rest = [
        replace(one, members=tuple(at for at in one.members if at not in gone)) for one in boxes
    ]
    word = next(one.word for one in boxes if gone.intersection(one.members))
    return [*(one for one in rest if one.members), Found(tuple(sorted(pair)), word, whole=True)]


def _cut_further(
    directions: Tensor, effects: Tensor, boxes: list[Found], total: float
) -> list[Found]:
    """Cuts boxes in two where that explains most, while there is room."""
    families = [[one] for one in boxes]
    while sum(map(len, families)) < MOST:
        best: tuple[float, list[Found], Found, tuple[Found, Found]] | None = None
        for family in families:
            for box in family if len(family) < MOST_OF_A_WORD else ():
                halves = _halves(directions, effects, box)
                if halves is None or min(_weight(effects, one) for one in halves) < (
                    LEAST_SHARE * total
                ):
                    continue
                gain = _scatter(directions, effects, box) - sum(
                    _scatter(directions, effects, one) for one in halves
                )
                if gain < GAIN * _weight(effects, box):
                    continue
                if best is None or gain > best[0]:
                    best = gain, family, box, halves
        if best is None:
            break
        _, family, box, halves = best
        family.remove(box)
        family.extend(halves)
    found = [one for family in families for one in family]
    return sorted(found, key=lambda one: -_weight(effects, one))


def _halves(directions: Tensor, effects: Tensor, box: Found) -> tuple[Found, Found] | None:
    """The last merge of Ward's clustering, undone."""
    if box.whole or len(box.members) < 4:
        return None
    weights = effects[list(box.members)].abs()
    first, second = ward(directions[list(box.members)], weights, 2)
    parts = [tuple(box.members[at] for at in one) for one in (first, second)]
    return replace(box, members=parts[0]), replace(box, members=parts[1])


def ward(points: Tensor, weights: Tensor, count: int) -> list[list[int]]:
    """`points` (m, d) of some weight (m,) in `count` clusters: those are merged first whose merging
    adds least to the weighted scatter."""
    centres, mass = points.clone(), weights.clamp(min=1e-30).clone()
    clusters = [[at] for at in range(len(points))]
    apart = torch.cdist(centres, centres).square()
    alive = torch.ones(len(points), dtype=torch.bool)
    for _ in range(len(points) - count):
        cost = apart * (mass[:, None] * mass / (mass[:, None] + mass))
        cost.fill_diagonal_(torch.inf)
        cost[~alive] = torch.inf
        cost[:, ~alive] = torch.inf
        least = int(cost.argmin())
        keep, gone = sorted(divmod(least, len(points)))
        both = mass[keep] + mass[gone]
        centres[keep] = (centres[keep] * mass[keep] + centres[gone] * mass[gone]) / both
        mass[keep] = both
        clusters[keep] += clusters[gone]
        alive[gone] = False
        apart[keep] = apart[:, keep] = (centres - centres[keep]).square().sum(1)
    return [sorted(clusters[at]) for at in alive.nonzero()[:, 0].tolist()]


def _scatter(directions: Tensor, effects: Tensor, box: Found) -> float:
    """Weighted squared distance of a box's members from their mean."""
    members = list(box.members)
    weights = effects[members].abs()[:, None]
    points = directions[members]
    mean = (points * weights).sum(0) / weights.sum()
    return float((weights * (points - mean).square()).sum())


def _weight(effects: Tensor, box: Found) -> float:
    return float(effects[list(box.members)].abs().sum())
