"""The strongest way through a circuit: from a word of the prompt by groups to the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tracer.site.circuit.boxes import Circuit
from tracer.site.circuit.lines import Line
from tracer.site.wording.amounts import amount
from tracer.site.wording.percent import percent


@dataclass(frozen=True)
class Way:
    """The boxes' parts in order, and a sentence for each hop."""

    keys: tuple[str, ...]
    hops: tuple[str, ...]


def strongest_way(circuit: Circuit) -> Way | None:
    """Of two hops or more, all of which work for the answer; the one whose weakest flow is largest.
    What is there for every prompt begins none. None where there is no such way."""
    kinds = {part.key: box.kind for box in circuit.boxes for part in box.parts}
    into: dict[str, list[Line]] = defaultdict(list)
    for line in circuit.lines:
        if line.supports and kinds.get(line.source) in ("word", "group"):
            into[line.target].append(line)
    best: tuple[Line, ...] = ()
    for part in circuit.answer.parts:
        for way in _ways(part.key, into, kinds, ()):
            if len(way) > 1 and _strength(way) > _strength(best):
                best = way
    return _told(best, circuit) if best else None


def _ways(
    key: str, into: Mapping[str, list[Line]], kinds: Mapping[str, str], above: tuple[Line, ...]
) -> Iterator[tuple[Line, ...]]:
    """All ways that end in a word, downwards from one part; no part twice."""
    if kinds[key] == "word":
        yield above
        return
    seen = {line.target for line in above}
    for line in into[key]:
        if line.source not in seen:
            yield from _ways(line.source, into, kinds, (line, *above))


def _strength(way: tuple[Line, ...]) -> tuple[float, float]:
    flows = [line.share for line in way]
    return (min(flows), sum(flows)) if flows else (0.0, 0.0)


def _told(way: tuple[Line, ...], circuit: Circuit) -> Way:
    names = {part.key: f"“{box.name}”" for box in circuit.boxes for part in box.parts}

    def size(line: Line) -> str:
        return percent(line.share) if circuit.balance is None else amount(line.effect)

    hops = tuple(f"{names[line.source]} feeds {names[line.target]}: {size(line)}" for line in way)
    return Way((way[0].source, *(line.target for line in way)), hops)
