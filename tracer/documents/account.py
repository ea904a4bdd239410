"""What a graph says of its account: what adds up to the answer, and in which boxes.

Words are found, not written by people: what features read and push. They name a node until a
person gives a better name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import StringConstraints

from tracer.documents.records import Open
from tracer.documents.token_text import has_named_byte
from tracer.documents.trial import Trial

Word = Annotated[str, StringConstraints(max_length=10_000)]
Bound = Literal["flow", "input flow", "most"]
CONFIRMED = 0.5  # below it, what a box pushes was not confirmed
MOST_READ, LEAST_READ = 3, 0.05  # words that are told, and the least share of what is read


class Alternative(Open):
    """Another token the model considered, and its probability were the answer not there."""

    token: Word
    token_id: int
    weight: float


class Read(Open):
    """How much of what something reads comes from one word, of the absolute sum; signed."""

    word: Word
    share: float


class Box(Open):
    """Features of one word that push alike; found without anyone having named them.

    `effect` is its members' sum, `through` that less what runs among them, both in units of the
    question. `pushes` and `opposes` are the words whose logits rise and fall by it most, `against`
    says that the latter do so more; `apart` is what it pushes more than other boxes do.
    `confirmed` is the correlation, over likely words, of what was predicted with what the model did
    when the box was silenced; the words are then those that moved so in both. None where it was not
    tried.
    """

    id: str
    name: str
    nodes: tuple[str, ...]
    at: Word
    effect: float
    through: float
    reads: tuple[Read, ...] = ()
    pushes: tuple[Word, ...] = ()
    opposes: tuple[Word, ...] = ()
    apart: tuple[Word, ...] = ()
    against: bool = False
    confirmed: float | None = None

    @property
    def words_hold(self) -> bool:
        """Whether its words were predicted and measured."""
        return self.confirmed is not None and self.confirmed >= CONFIRMED


class AccountInfo(Open):
    """`quantity` is what the question measures, `unit` its unit; `swept` how many features were
    looked at. `flow`: of what runs straight into the answer, the share from listed features and not
    from words; `input_flow`: the same of what runs into listed features, weighted by their effects;
    `bound_by`: which of the two decided how many are listed, or that no more were allowed.
    `links_hold`: the share of all flows, by absolute value, that the graph's links hold.
    """

    quantity: float
    unit: Literal["logits", "activation", "along it"]
    swept: int
    flow: float
    input_flow: float
    bound_by: Bound
    links_hold: float
    alternatives: tuple[Alternative, ...] = ()
    entropy: float | None = None  # of all alternatives, in nats
    boxes: tuple[Box, ...] = ()
    trial: Trial | None = None

    @property
    def warnings(self) -> list[str]:
        """Where the graph predicts the model badly, so that nobody should trust it."""
        return [] if self.trial is None else self.trial.warnings


def strongest_words(
    words: Sequence[str], values: Iterable[float], most: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of the largest values above zero, and of the lowest below it. Those that differ in
    capitals or spaces only are one."""
    found = sorted(zip(values, words, strict=True), key=lambda one: -one[0])
    rising = _distinct(word for value, word in found if value > 0)
    falling = _distinct(word for value, word in reversed(found) if value < 0)
    first = tuple(word for word, _ in zip(rising, range(most), strict=False))
    return first, tuple(word for word, _ in zip(falling, range(most), strict=False))


def strongest_reads(
    names: Sequence[str], values: Sequence[float], most: int = MOST_READ
) -> tuple[Read, ...]:
    """Shares of the absolute sum, those of one name joined; the largest first, none below
    `LEAST_READ`."""
    whole = sum(map(abs, values))
    joined: dict[str, float] = {}
    for name, value in zip(names, values, strict=True):
        joined[name] = joined.get(name, 0.0) + value
    ranked = sorted(joined.items(), key=lambda one: -abs(one[1]))[:most]
    return tuple(
        Read(word=name, share=value / whole)
        for name, value in ranked
        if whole and abs(value) >= LEAST_READ * whole
    )


def _distinct(words: Iterable[str]) -> Iterable[str]:
    """Each once, in their order; bytes that are only a part of a letter say nothing."""
    seen: set[str] = set()
    for word in words:
        plain = word.strip()
        if plain and plain.casefold() not in seen and not has_named_byte(plain):
            seen.add(plain.casefold())
            yield plain
