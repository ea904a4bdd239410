"""Halves of a set of which neither says anything about the other, and the pairs in each."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tracer.documents.set_account import Row
from tracer.documents.set_evidence import Halves
from tracer.interventions.set_prompts import SetPrompt


@dataclass(frozen=True)
class Half:
    """Rows that count, and rows set apart that go with them."""

    rows: list[SetPrompt] = field(default_factory=list)
    apart: list[SetPrompt] = field(default_factory=list)

    @property
    def answers(self) -> int:
        """How many answers the rows that count have."""
        return len({one.answer for one in self.rows})


def split(
    rows: Sequence[SetPrompt],
    halves: Halves,
    *,
    seed: int,
    apart: Sequence[SetPrompt] = (),
) -> tuple[Half, Half]:
    """By kin, the largest kins dealt out first, in turn; where rows of one kin have other answers,
    an answer may be in both. By rows: as they are drawn, without rows set apart.

    A row set apart whose kin is its answer goes with what the model says there, and is left out
    where it asks for what the other half asks for or says: no answer, asked for or said, is in
    both halves.
    """
    chance = random.Random(seed)
    if halves == "rows":
        drawn = chance.sample(list(rows), len(rows))
        return Half(drawn[::2]), Half(drawn[1::2])
    kins: dict[str, Half] = defaultdict(Half)
    for one in rows:
        kins[one.row.kin].rows.append(one)
    for one in apart:
        kins[_kin_apart(one.row)].apart.append(one)
    order = chance.sample(sorted(kins), len(kins))
    order.sort(key=lambda kin: -len(kins[kin].rows) - len(kins[kin].apart))
    sides = Half(), Half()
    for number, kin in enumerate(order):
        side = sides[(0, 1, 1, 0)[number % 4]]
        side.rows.extend(kins[kin].rows)
        side.apart.extend(kins[kin].apart)
    return _without_strangers(sides)


def _kin_apart(row: Row) -> str:
    return row.said if row.kin == row.answer else row.kin


def _without_strangers(sides: tuple[Half, Half]) -> tuple[Half, Half]:
    """Rows set apart that ask for an answer that is at home in the other half are left out."""
    home: dict[str, int] = {}
    for number, side in enumerate(sides):
        home |= {one.row.kin: number for one in side.rows}
        home |= {_kin_apart(one.row): number for one in side.apart}
    first, second = (
        Half(
            side.rows,
            [one for one in side.apart if home.setdefault(one.row.kin, number) == number],
        )
        for number, side in enumerate(sides)
    )
    return first, second


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
