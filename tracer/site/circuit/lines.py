"""The lines of a circuit: the effect on the answer that runs from one box to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tracer.documents.graph import Graph
from tracer.site.wording.effects import Effects

Sign = Literal["supports", "opposes", "both"]

WEAKEST_SHARE = 0.02
MOST_INTO_A_BOX = 4
MOST_INTO_THE_ANSWER = 10


@dataclass(frozen=True)
class Part:
    """Nodes that lines begin and end at together: a whole box, or one half of it."""

    key: str
    nodes: tuple[str, ...]
    sign: Sign = "both"
    caption: str = ""


@dataclass(frozen=True)
class Line:
    """The effect on the answer that runs along it, and its share of all that reaches the answer.

    `gross` is the sum of what runs either way, where that is known.
    """

    source: str
    target: str
    effect: float
    share: float
    gross: float | None = None

    @property
    def supports(self) -> bool:
        return self.effect > 0


def all_lines(graph: Graph, boxes: Sequence[Sequence[Part]], effects: Effects) -> list[Line]:
    """Every line between parts of different boxes; the last box is the answer."""
    parts = [(number, part) for number, box in enumerate(boxes) for part in box]
    parts_of: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, part in parts:
        for node_id in part.nodes:
            parts_of[node_id].append((number, part.key))
    flow: dict[tuple[str, str], float] = defaultdict(float)
    for link in graph.links:
        for source_box, source in parts_of.get(link.source, ()):
            for target_box, target in parts_of.get(link.target, ()):
                if source_box != target_box:
                    flow[source, target] += effects.along(link)
    answer = {part.key for part in boxes[-1]}
    whole = sum(abs(effect) for (_, target), effect in flow.items() if target in answer)
    return [
        Line(source, target, effect, share_of(effect, whole))
        for (source, target), effect in flow.items()
        if effect
    ]


def share_of(effect: float, whole: float) -> float:
    """`whole` is all that reaches the answer, by absolute value."""
    return min(1.0, abs(effect) / whole) if whole else 0.0


def strongest(
    lines: Sequence[Line],
    home: Mapping[str, int],
    *,
    weakest: float = WEAKEST_SHARE,
    into_a_box: int = MOST_INTO_A_BOX,
) -> tuple[Line, ...]:
    """The lines worth drawing: strong ones, few into each box, and whatever a group hangs by.

    `home` says which box a part belongs to; the last box is the answer.
    """
    ranked = sorted(lines, key=lambda line: (-line.share, line.source, line.target))
    answer = max(home.values(), default=0)
    into: dict[int, int] = defaultdict(int)
    kept: list[Line] = []
    for line in ranked:
        target = home[line.target]
        room = MOST_INTO_THE_ANSWER if target == answer else into_a_box
        if line.share >= weakest and into[target] < room:
            into[target] += 1
            kept.append(line)
    # Without its strongest way in and way out a group would look cut off, which it is not.
    groups = {home[line.target] for line in lines} - {answer}
    ways_in: dict[int, Line] = {}
    ways_out: dict[int, Line] = {}
    for line in ranked:
        ways_in.setdefault(home[line.target], line)
        ways_out.setdefault(home[line.source], line)
    kept += [ways[box] for box in sorted(groups) for ways in (ways_in, ways_out) if box in ways]
    return tuple(dict.fromkeys(kept))
