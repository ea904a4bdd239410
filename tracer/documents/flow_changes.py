"""How flows differ between two graphs, or two sets: the difference as a circuit of its own.

What flows is told between boxes, all listed features of one word in a third of the layers, from
words to the answer. Words of two prompts are aligned: those that both have, and those that one has
in place of the other's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from tracer.documents.graph import Graph
from tracer.documents.parts.flows import Flows
from tracer.documents.prompt_words import BIASES, OTHER_WORDS, START, word_of
from tracer.documents.set_account import SetAccount
from tracer.documents.slots import shown_slot

ANSWER = "the answer"
PARTS = ("low", "middle", "high")  # thirds of the layers
LEAST = 0.05  # of the larger side's largest flow: smaller differences are not told
_PLAIN = {BIASES: "biases", OTHER_WORDS: "other words"}

LITTLE = 0.2  # of the other side: it was not there, or is there no more
BECAME = {
    "gained": "gained",
    "lost": "lost",
    "turned": "changed in sign",
    "stronger": "stronger",
    "weaker": "weaker",
}

Became = Literal["gained", "lost", "turned", "stronger", "weaker"]
Ends = tuple[str, str]


@dataclass(frozen=True)
class FlowChange:
    """What runs from one box, or word, to another on either side; 0 where nothing does. `apart`
    says of two sets that their intervals over rows do not meet."""

    source: str
    target: str
    before: float
    after: float
    apart: bool | None = None

    @property
    def by(self) -> float:
        return self.after - self.before

    @property
    def became(self) -> Became:
        """Gained or lost where the one side is a small part of the other, whatever its sign."""
        if abs(self.before) <= LITTLE * abs(self.after):
            return "gained"
        if abs(self.after) <= LITTLE * abs(self.before):
            return "lost"
        if self.before * self.after < 0:
            return "turned"
        return "stronger" if abs(self.after) > abs(self.before) else "weaker"


def flows_between_graphs(
    graphs: tuple[Graph, Graph], flows: tuple[Flows, Flows]
) -> tuple[FlowChange, ...]:
    """By the size of the difference. In units of each graph's question."""
    names = words_aligned(graphs)
    sides = [
        _between_boxes(flow, name, _layers(graph))
        for graph, flow, name in zip(graphs, flows, names, strict=True)
    ]
    return _told(*map(_same, sides), sets=False)


def words_aligned(graphs: tuple[Graph, Graph]) -> tuple[list[str], list[str]]:
    """What each token of either prompt is called in flows that are compared."""
    left, right = ([START, *word_of(one.metadata.prompt_tokens)[1:]] for one in graphs)
    return aligned(left, right)


def flows_between_sets(left: SetAccount, right: SetAccount) -> tuple[FlowChange, ...]:
    """By the size of the difference of means over rows. Slots of one name are the same."""
    sides = [_of_set(one) for one in (left, right)]
    return _told(*sides, sets=True)


def aligned(left: Sequence[str], right: Sequence[str]) -> tuple[list[str], list[str]]:
    """A name for each token of either prompt, the same where they correspond.

    >>> aligned(["<s>", "in", "Rome", "is"], ["<s>", "in", "Madrid", "is"])
    (['<s>', 'in', 'Rome | Madrid', 'is'], ['<s>', 'in', 'Rome | Madrid', 'is'])
    """
    names: tuple[list[str], list[str]] = ([], [])
    seen = Counter[str]()
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            for word in left[a:b]:
                seen[word] += 1
                name = word if seen[word] == 1 else f"{word} {seen[word]}"
                names[0].append(name)
                names[1].append(name)
            continue
        texts = [" ".join(dict.fromkeys(one)) for one in (left[a:b], right[c:d])]
        name = " | ".join(text for text in texts if text)
        names[0].extend([name] * (b - a))
        names[1].extend([name] * (d - c))
    return names


def _layers(graph: Graph) -> int:
    info = graph.metadata.tracer
    if info is not None:
        return info.model.layers
    return 1 + max((one.layer_number for one in graph.nodes if one.kind == "feature"), default=0)


def _between_boxes(flows: Flows, names: Sequence[str], layers: int) -> dict[Ends, float]:
    def box(node: str) -> str:
        layer, _, position = node.split("_")
        return f"{names[int(position)]}, {PARTS[min(2, int(layer) * len(PARTS) // layers)]}"

    def word(node: str) -> str:
        if node in _PLAIN:
            return _PLAIN[node]
        position = node.rpartition("_")[2]
        at = int(position) if position.isdecimal() else -1
        return names[at] if 0 <= at < len(names) else node

    boxes, words = list(map(box, flows.features)), list(map(word, flows.inputs))
    found: dict[Ends, float] = defaultdict(float)
    for target, within, entering in zip(boxes, flows.between, flows.entering, strict=True):
        for source, value in zip(boxes, within, strict=False):
            found[source, target] += value
        for source, value in zip(words, entering, strict=True):
            found[source, target] += value
    for source, value in (
        *zip(boxes, flows.leaving, strict=True),
        *zip(words, flows.straight, strict=True),
    ):
        found[source, ANSWER] += value
    return {(a, b): value for (a, b), value in found.items() if a != b}


def _of_set(one: SetAccount) -> dict[Ends, tuple[float, float, float]]:
    layers = one.model.layers
    names = {
        box.id: f"{shown_slot(box.slot)}, {PARTS[min(2, box.layers[0] * len(PARTS) // layers)]}"
        for box in one.boxes
    }
    return {
        (
            names.get(each.source, shown_slot(each.source)),
            names.get(each.target, shown_slot(each.target)),
        ): (
            each.flow.low,
            each.flow.mean,
            each.flow.high,
        )
        for each in one.flows
        if each.source != each.target
    }


def _same(values: Mapping[Ends, float]) -> dict[Ends, tuple[float, float, float]]:
    return {ends: (value, value, value) for ends, value in values.items()}


def _told(
    left: Mapping[Ends, tuple[float, float, float]],
    right: Mapping[Ends, tuple[float, float, float]],
    *,
    sets: bool,
) -> tuple[FlowChange, ...]:
    nothing = (0.0, 0.0, 0.0)
    found = []
    for source, target in dict.fromkeys([*left, *right]):
        a, b = left.get((source, target), nothing), right.get((source, target), nothing)
        apart = a[2] < b[0] or b[2] < a[0] if sets else None
        found.append(FlowChange(source, target, a[1], b[1], apart))
    most = max((max(abs(one.before), abs(one.after)) for one in found), default=0.0)
    told = [one for one in found if abs(one.by) >= LEAST * most and one.by]
    told.sort(key=lambda one: (-abs(one.by), one.source, one.target))
    return tuple(told)
