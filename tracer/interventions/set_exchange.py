"""Does a circuit hold beyond its prompt: picked on one half of a set, exchanged in the other."""

from __future__ import annotations

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
from tracer.interventions.set_split import pairs_of, split

COUNTS = (50, 100, 200, 500, 1_000)
AT = 200  # neurons that have controls
LEARNT = 120  # pairs of a half that neurons are picked on
PAIRS, DRAWS = 20, 3  # of each half that they are tried on; of each pair
SHOWN = 200  # picked neurons that are written down

Say = Callable[[int, int], None]


def exchange_halves(
    rows: Sequence[SetPrompt],
    halves: Halves,
    *,
    seed: int,
    apart: Sequence[SetPrompt] = (),
    pairs: int = PAIRS,
    say: Say = lambda *_: None,
) -> HalvesExchanged:
    """Pick on each half, exchange on the other; pairs have different answers and the same slots,
    one pair for each two answers before any has a second, at most `pairs` a half. Rows set apart
    are picked on too, and never tried.

    Raises TracerError where a half has no two answers, or no pair.
    """
    first, second = split(rows, halves, seed=seed, apart=apart)
    for one in (first, second):
        if one.answers < 2:
            what = "the set cannot be split into halves that have two answers each"
            raise TracerError(what, hint="add rows, or `kin` for rows that belong together")
    tried = [pairs_of(half.rows, pairs, seed=seed) for half in (second, first)]
    if not all(tried):
        raise TracerError("no two rows of one half have other answers and the same slots")
    learnt = [
        pairs_of([*half.rows, *half.apart], LEARNT, seed=seed, both_ways=False)
        for half in (first, second)
    ]
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
        answers=(first.answers, second.answers),
        rows=(len(first.rows), len(second.rows)),
        apart=(len(first.apart), len(second.apart)),
        picked=(_names(chosen[0]), _names(chosen[1])),
        picked_on=(len(learnt[0]), len(learnt[1])),
        pairs=tuple(done),
        seed=seed,
    )


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
