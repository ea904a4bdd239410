"""A circuit as its author writes it: directions by name, units and heads that read and write them.

A direction is a name. Every word of the circuit has one, called like the word; classes of words,
and whatever units and heads write, are others; `say WORD` is what the answer WORD is read from. All
are orthogonal and of length one, and a signal is 1 where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

START, ANY, SAY = "<s>", "any", "say "  # `any`: what every position holds
ANSWER = "answer"
Weights = Mapping[str, float]


@dataclass(frozen=True)
class Unit:
    """One neuron: `relu((reads · stream - above) / (full - above))` times `writes`, so 1 where what
    it reads is `full`. With a `gate`, a second such reading that it is multiplied by where MLPs are
    gated; where they are not, the two are read by one AND."""

    name: str
    layer: int
    reads: Weights
    writes: Weights
    above: float = 0.5
    full: float = 1.0
    gate: str | None = None


@dataclass(frozen=True)
class Head:
    """From a position that holds a query direction it looks at those that hold its key, and
    carries directions there to here. Where there is none it rests on the start, which pulls with
    `rest` of a match's strength. With neither it looks everywhere alike; a `previous` head looks at
    the word in front."""

    layer: int
    carries: Mapping[str, str]
    looks: Mapping[str, str] = field(default_factory=dict)
    rest: float = 0.5
    previous: bool = False


class Place(NamedTuple):
    """A unit or a word at a position; the answer stands nowhere."""

    name: str
    position: int

    @staticmethod
    def parse(text: str) -> Place:
        name, _, position = text.strip().partition("@")
        return Place(name, int(position or 0))

    def __str__(self) -> str:
        return self.name if self.name == ANSWER else f"{self.name}@{self.position}"


@dataclass(frozen=True)
class Circuit:
    """`table` maps prompts to answers; the first prompt is explained, and `chains`, such as
    `Rome@2 > italy@2 > answer`, say which steps lead to its answer: the plant.

    To add one, write a `Circuit` in one of the modules beside this and put it into its `CIRCUITS`;
    `mistakes` tells slips, and `test_plants.py` whether the model computes what is said. Only then
    let `test_truth.py` see it.
    """

    name: str
    told: str  # what it does, in a few words
    layers: int
    classes: Mapping[str, str]  # class -> its words
    heads: Sequence[Head]
    units: Sequence[Unit]
    table: Mapping[str, str]
    chains: Sequence[str]
    together: Sequence[str] = ()  # units that change the answer only when silenced together
    foretold: str = ""  # why, by its method, the engine should not find all of it
    learnt: str = ""  # what running it taught beyond that

    @property
    def prompt(self) -> str:
        """The one that is explained."""
        return next(iter(self.table))

    @property
    def answer(self) -> str:
        return self.table[self.prompt]

    @cached_property
    def words(self) -> tuple[str, ...]:
        texts = [*self.table, *self.table.values(), *self.classes.values()]
        return tuple(dict.fromkeys(word for text in texts for word in text.split()))

    @cached_property
    def directions(self) -> tuple[str, ...]:
        """Words and classes first, then what is written."""
        return tuple(dict.fromkeys([*self.words, *self.classes, *self.written]))

    @cached_property
    def written(self) -> tuple[str, ...]:
        """What units and heads write."""
        by_heads = [into for head in self.heads for into in head.carries.values()]
        return tuple(dict.fromkeys([*by_heads, *(to for one in self.units for to in one.writes)]))

    @cached_property
    def nodes(self) -> tuple[Place, ...]:
        """The planted units, where they stand."""
        units = {one.name for one in self.units}
        found = [place for chain in self._places for place in chain if place.name in units]
        return tuple(dict.fromkeys(found))

    @cached_property
    def links(self) -> tuple[tuple[Place, Place], ...]:
        return tuple(dict.fromkeys(pair for chain in self._places for pair in pairwise(chain)))

    @property
    def _places(self) -> Iterator[list[Place]]:
        for chain in self.chains:
            yield [Place.parse(one) for one in chain.split(">")]

    def unit(self, name: str) -> Unit:
        return next(one for one in self.units if one.name == name)

    def mistakes(self) -> Iterator[str]:
        """Slips of the author's: what is read and never written, units called like words, a step
        of a chain that does not stand where it says."""
        known = {START, ANY, *self.directions}
        read = [(one.name, name) for one in self.units for name in one.reads]
        read += [(one.name, one.gate) for one in self.units if one.gate is not None]
        for head in self.heads:
            names = [*head.looks, *head.looks.values(), *head.carries]
            read += [(f"a head of layer {head.layer}", name) for name in names]
        yield from (f"{who} reads `{name}`" for who, name in read if name not in known)
        names = [one.name for one in self.units]
        yield from (f"two are called `{name}`" for name in {*names} & {ANSWER, *self.words})
        if len({*names}) < len(names):
            yield "two units have one name"
        tokens = [START, *self.prompt.split()]
        for place in dict.fromkeys(place for chain in self._places for place in chain):
            if place.name not in (ANSWER, *names) and tokens[place.position] != place.name:
                yield f"`{place}` is not there"
        pairs = [(answer, word) for answer in self.table.values() for word in self.words]
        yield from (
            f"`{word}` begins `{answer}`, so it counts as another spelling of it"
            for answer, word in pairs
            if word != answer and answer.casefold().startswith(word.casefold())
        )
        yield from self._mislinked()
        told = [one[len(SAY) :] for one in self.directions if one.startswith(SAY)]
        yield from (f"nothing says `{one}`" for one in {*self.table.values()} - {*told})

    def _mislinked(self) -> Iterator[str]:
        """Links that no weights make, and links that weights make and nobody declared."""
        for source, target in self.links:
            if not self._reaches(source, target):
                yield f"nothing leads from `{source}` to `{target}`"
        answer = Place(ANSWER, len(self.prompt.split()))
        for source in self.nodes:
            for target in (*self.nodes, answer):
                named = target if target.name != ANSWER else Place(ANSWER, 0)
                if (source, named) not in self.links and self._reaches(source, target):
                    yield f"`{source} > {named}` is not declared"

    def _reaches(self, source: Place, target: Place) -> bool:
        """Whether a direction that the source holds is read by the target, there, or behind heads
        where the target stands further on."""
        units = {one.name: one for one in self.units}
        held = {source.name, *(one for one, words in self.classes.items() if source.name in words)}
        layer = -1
        if source.name in units:
            held, layer = {*units[source.name].writes}, units[source.name].layer
        top = self.layers
        if target.name in units:
            one = units[target.name]
            wanted, top = {*one.reads, one.gate}, one.layer
        else:
            wanted = {one for one in self.written if one.startswith(SAY)}
        if target.name in units and top <= layer:
            return False
        here = source.position == target.position or target == Place(ANSWER, 0)
        if here and held & wanted:
            return True
        for head in sorted(self.heads, key=lambda one: one.layer):
            if layer < head.layer <= top and source.position < max(target.position, 1):
                held = held | {into for one, into in head.carries.items() if one in held}
        return source.position < target.position and bool(held & wanted)
