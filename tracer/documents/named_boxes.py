"""Boxes with words: what groups of features read, push, and what sets them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from tracer.documents.account import Box, strongest_reads, strongest_words
from tracer.documents.parts.ledger import Ledger

PUSHED, OPPOSED, APART = 8, 4, 4
_ROUNDS = 60


@dataclass(frozen=True)
class Group:
    """Features that a box is made of, and the word of the prompt that they stand at."""

    nodes: tuple[str, ...]
    at: str


def named_boxes(groups: Sequence[Group], ledger: Ledger, inputs: Sequence[str]) -> tuple[Box, ...]:
    """Boxes of these groups. `inputs` is what each of the ledger's inputs is called."""
    pushes = ledger.pushes
    texts, weights = (pushes.words, pushes.weights) if pushes else ((), ())
    ranked = [
        [value * weight for value, weight in zip(ledger.pushed(one.nodes), weights, strict=True)]
        for one in groups
    ]
    apart = without_common(ranked)
    boxes: list[Box] = []
    for number, (group, values, own) in enumerate(zip(groups, ranked, apart, strict=True), 1):
        rising, falling = strongest_words(texts, values, PUSHED)
        box = Box(
            id=f"box-{number}",
            name="",
            nodes=group.nodes,
            at=group.at,
            effect=ledger.effect(group.nodes),
            through=ledger.through(group.nodes),
            reads=strongest_reads(inputs, ledger.reads(group.nodes)),
            pushes=rising,
            opposes=falling[:OPPOSED],
            apart=strongest_words(texts, own, APART)[0],
            against=-min(values, default=0.0) > max(values, default=0.0),
        )
        boxes.append(box)
    return tuple(_named(boxes))


def renamed(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """The same boxes, named anew by the words they have now."""
    return tuple(_named(boxes))


def _name(box: Box, boxes: Sequence[Box]) -> str:
    """`Colosseum → Italian, Rome`: the word it stands at, what it pushes most, and the first word
    that is not among other boxes' first; or what it is against, where that is more."""
    mark, words = ("⊣", box.opposes) if box.against else ("→", box.pushes)
    if box.confirmed is not None and not box.words_hold:
        words = ()
    if not words:
        return box.at
    others = {
        word
        for one in boxes
        if one.id != box.id and one.against == box.against
        for word in (one.opposes if one.against else one.pushes)[:2]
    }
    second = next((word for word in words[1:] if word not in others), words[-1])
    return f"{box.at} {mark} {', '.join(dict.fromkeys([words[0], second]))}"


def _named(boxes: Sequence[Box]) -> Iterator[Box]:
    """No two alike."""
    taken: set[str] = set()
    for box in boxes:
        plain = _name(box, boxes)
        names = (plain if number == 1 else f"{plain} ({number})" for number in count(1))
        name = next(one for one in names if one not in taken)
        taken.add(name)
        yield box.model_copy(update={"name": name})


def without_common(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Rows without the direction that most of them share: their first principal direction, by the
    power method on what each has in common with each. A single row stays as it is."""
    alone = [list(row) for row in rows]
    if len(rows) < 2 or not rows[0]:
        return alone
    common = [[_dot(row, other) for other in rows] for row in rows]
    along = [sum(map(abs, row)) for row in common]
    for _ in range(_ROUNDS):
        length = _dot(along, along) ** 0.5
        if not length:
            return alone
        along = [_dot(row, along) / length for row in common]
    direction = [_dot(along, column) for column in zip(*rows, strict=True)]
    square = _dot(direction, direction)
    if not square:
        return alone
    shares = [_dot(row, direction) / square for row in rows]
    return [
        [one - share * way for one, way in zip(row, direction, strict=True)]
        for row, share in zip(rows, shares, strict=True)
    ]


def _dot(first: Sequence[float], second: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))
