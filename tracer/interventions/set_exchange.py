"""Does a circuit hold beyond its prompt: picked on one half of a set, exchanged in the other."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from tracer.documents.set_evidence import ExchangedPair, Halves, HalvesExchanged
from tracer.errors import TracerError
from tracer.interventions.differences import Differences, Differing
from tracer.interventions.exchange_controls import ExchangeControls
from tracer.interventions.pair import LEAST, Pair
from tracer.interventions.set_picks import Pick, pick
from tracer.interventions.set_prompts import SetPrompt

COUNTS = (50, 100, 200, 500, 1_000)
AT = 200  # neurons that have controls
LEARNT = 48  # pairs of a half that neurons are picked on
PAIRS, DRAWS = 20, 3  # of each half that they are tried on; of each pair
SHOWN = 200  # picked neurons that are written down

Say = Callable[[int, int], None]


def exchange_halves(
    rows: Sequence[SetPrompt],
    halves: Halves,
    *,
    seed: int,
    pairs: int = PAIRS,
    say: Say = lambda *_: None,
) -> HalvesExchanged:
    """Pick on each half, exchange on the other; pairs have different answers and the same slots,
    one pair for each two answers before any has a second, at most `pairs` a half.

    Raises TracerError where a half has no two answers, or no pair.
    """
    first, second = split(rows, halves, seed=seed)
    for one in (first, second):
        if len({row.answer for row in one}) < 2:
            what = "the set cannot be split into halves that have two answers each"
            raise TracerError(what, hint="add rows, or `kin` for rows that belong together")
    tried = [pairs_of(half, pairs, seed=seed) for half in (second, first)]
    if not all(tried):
        raise TracerError("no two rows of one half have other answers and the same slots")
    learnt = [pairs_of(half, LEARNT, seed=seed, both_ways=False) for half in (first, second)]
    chosen = [pick(some, COUNTS[-1]) for some in learnt]
    done: list[ExchangedPair] = []
    total = sum(map(len, tried))
    for picks, some in zip(chosen, tried, strict=True):
        for here, there in some:
            found = exchanged(here, there, picks, seed=seed + len(done))
            done += [] if found is None else [found]
            say(len(done), total)
    if not done:
        raise TracerError("no pair of rows takes the lead away from each other")
    prompt = rows[0].prompt
    width = sum(prompt.targets.widths)
    return HalvesExchanged(
        halves=halves,
        counts=COUNTS,
        at=AT,
        of=width * max(row.prompt.n_positions for row in rows),
        answers=_two([len({row.answer for row in half}) for half in (first, second)]),
        rows=_two([len(first), len(second)]),
        picked=(_names(chosen[0]), _names(chosen[1])),
        picked_on=_two([len(some) for some in learnt]),
        pairs=tuple(done),
        seed=seed,
    )


def split(
    rows: Sequence[SetPrompt], halves: Halves, *, seed: int
) -> tuple[list[SetPrompt], list[SetPrompt]]:
    """By kin, the largest kins dealt out first, in turn; where rows of one kin have other answers,
    an answer may be in both. By rows: as they are drawn."""
    chance = random.Random(seed)
    if halves == "rows":
        drawn = chance.sample(list(rows), len(rows))
        return drawn[::2], drawn[1::2]
    kins: dict[str, list[SetPrompt]] = defaultdict(list)
    for row in rows:
        kins[row.row.kin].append(row)
    order = chance.sample(sorted(kins), len(kins))
    order.sort(key=lambda kin: -len(kins[kin]))
    sides: tuple[list[SetPrompt], list[SetPrompt]] = ([], [])
    for number, kin in enumerate(order):
        sides[(0, 1, 1, 0)[number % 4]].extend(kins[kin])
    return sides


def pairs_of(
    rows: Sequence[SetPrompt], most: int, *, seed: int, both_ways: bool = True
) -> list[tuple[SetPrompt, SetPrompt]]:
    """Pairs of other answers and the same slots, one for each two answers before any has a second;
    ordered ones, or of each two rows only one."""
    fits = [
        (a, b)
        for a in rows
        for b in rows
        if a.slots == b.slots and (a.answer != b.answer if both_ways else a.answer < b.answer)
    ]
    random.Random(seed).shuffle(fits)
    waiting: dict[tuple[int, int], list[tuple[SetPrompt, SetPrompt]]] = defaultdict(list)
    for here, there in fits:
        waiting[here.answer, there.answer].append((here, there))
    found: list[tuple[SetPrompt, SetPrompt]] = []
    while waiting and len(found) < most:
        for answers in list(waiting)[: most - len(found)]:
            found.append(waiting[answers].pop())
            if not waiting[answers]:
                del waiting[answers]
    return found


def exchanged(
    here: SetPrompt, there: SetPrompt, picks: Sequence[Pick], *, seed: int
) -> ExchangedPair | None:
    """None where the second row does not take the lead away."""
    pair = Pair(here.prompt, there.prompt, here.answer, there.answer)
    lead, lead_there = pair.lead_here, pair.lead_there
    whole = lead - lead_there
    if whole < LEAST:
        return None
    differences = Differences.of(here.prompt, there.prompt, pair.direction)
    ranked = _ranked(differences, here, picks)
    sets = [ranked.of(count) for count in COUNTS]
    drawn = ExchangeControls(differences).draw(sets[COUNTS.index(AT)], draws=DRAWS, seed=seed)
    everything = [*sets, *drawn]
    enough, needed = pair.enough(everything), pair.needed(everything)
    gained = [(one - lead_there) / whole for one in enough]
    lost = [(lead - one) / whole for one in needed]
    n = len(COUNTS)
    return ExchangedPair(
        here=here.row.key,
        there=there.row.key,
        enough=tuple(gained[:n]),
        needed=tuple(lost[:n]),
        turns=tuple(lead_there < 0 < one for one in enough[:n]),
        controls_enough=tuple(gained[n:]),
        controls_needed=tuple(lost[n:]),
    )


@dataclass(frozen=True)
class _Ranked:
    """Picks as they differ between two rows, and the rank of each."""

    features: Differing
    ranks: torch.Tensor

    def of(self, count: int) -> Differing:
        return self.features.take(self.ranks < count)


def _ranked(differences: Differences, here: SetPrompt, picks: Sequence[Pick]) -> _Ranked:
    by_layer: dict[int, dict[tuple[int, int], int]] = defaultdict(dict)
    for rank, one in enumerate(picks):
        for position in here.positions(one.slot):
            by_layer[one.layer][position, one.index] = rank
    found, ranks = [differences.of_layer(0).take(slice(0))], [torch.empty(0, dtype=torch.long)]
    for layer, wanted in sorted(by_layer.items()):
        features = differences.of_layer(layer)
        width = differences.here.targets.widths[layer]
        keys = (features.positions * width + features.indices).cpu()
        mine = {position * width + index: rank for (position, index), rank in wanted.items()}
        kept = torch.isin(keys, torch.tensor(sorted(mine)))
        found.append(features.take(kept.to(features.positions.device)))
        ranks.append(torch.tensor([mine[key] for key in keys[kept].tolist()], dtype=torch.long))
    joined = Differing.joined(found)
    return _Ranked(joined, torch.cat(ranks).to(joined.layers.device))


def _names(picks: Sequence[Pick]) -> tuple[str, ...]:
    return tuple(map(str, picks[:SHOWN]))


def _two(values: Sequence[int]) -> tuple[int, int]:
    return values[0], values[1]
