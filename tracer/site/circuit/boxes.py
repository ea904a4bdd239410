"""What a circuit's picture shows: words, groups of nodes, and the answer, with lines between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from tracer.documents.annotations import Annotations
from tracer.documents.exchange.answer_label import answer_of
from tracer.documents.graph import Graph, Node
from tracer.documents.parts.stability import SOLID
from tracer.site.circuit.balance import Balance
from tracer.site.circuit.lines import Line, Part
from tracer.site.wording.answers import asked_instead, explained_answer
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import Word

Kind = Literal["word", "source", "group", "other", "answer"]

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Box:
    """What is drawn as one: a word of the prompt, a group of features, or the answer. With an
    account also what else flows in (`source`), and the features that are in no group (`other`).

    `word` and `layer` are means over the nodes; boxes of one `column` hold the same words.
    `words` are lines about what it reads and pushes, `amount` is what flows through it, and
    `told` is said where there is more room, `brief` where there is
    little. `survives` is the share of small changes of the question, where that was tried.
    """

    kind: Kind
    name: str
    parts: tuple[Part, ...]
    detail: str = ""
    word: float = 0.0
    layer: float = -1.0
    column: str | None = None
    words: tuple[str, ...] = ()
    amount: str = ""
    told: tuple[str, ...] = ()
    brief: str = ""
    survives: float | None = None

    @property
    def key(self) -> str:
        """The key of its one part, or what the keys of its halves begin with."""
        first = self.parts[0].key
        return first if len(self.parts) == 1 else first.rpartition("-")[0]


@dataclass(frozen=True)
class Circuit:
    """A picture's content, before anything has a place."""

    words: tuple[Box, ...]  # and what else flows in
    groups: tuple[Box, ...]
    answer: Box
    lines: tuple[Line, ...]
    automatic: bool
    balance: Balance | None = None  # of a graph with an account

    @property
    def boxes(self) -> tuple[Box, ...]:
        return (*self.words, *self.groups, self.answer)

    @property
    def kinds(self) -> dict[str, Kind]:
        """Of the boxes that lines begin and end at, by the keys of their parts."""
        return {part.key: box.kind for box in self.boxes for part in box.parts}

    @cached_property
    def faint(self) -> frozenset[str]:
        """The boxes that fewer than half of the changes leave as they are, by part."""
        return frozenset(
            part.key
            for box in self.boxes
            if box.survives is not None and box.survives < SOLID
            for part in box.parts
        )

    def is_around(self, line: Line) -> bool:
        """Whether a line runs around the boxes."""
        kinds = self.kinds
        source, target = kinds[line.source], kinds[line.target]
        if "other" in (source, target) or source == "source":
            return True
        return self.balance is not None and source == "word" and target == "answer"


def peoples_groups(
    graph: Graph, target: Node, annotations: Annotations
) -> tuple[list[tuple[str, str, list[str]]], tuple[str, list[str]] | None]:
    """Groups by people with their keys, names and nodes, and the one that holds the answer."""
    members = annotations.group_members(graph.node_ids)
    groups = [(key, annotations.groups[key].name, ids) for key, ids in members.items() if ids]
    answer = next(((name, ids) for _, name, ids in groups if target.node_id in ids), None)
    return [one for one in groups if target.node_id not in one[2]], answer


def group_box(key: str, name: str, members: list[Node], prompt: Sequence[Word]) -> Box:
    return Box(
        kind="group",
        name=name,
        parts=(Part(key, tuple(node.node_id for node in members)),),
        detail=describe_members(members),
        word=mean_word(members, prompt),
        layer=sum(node.layer_number for node in members) / len(members),
    )


def answer_box(graph: Graph, target: Node, named: tuple[str, list[str]] | None) -> Box:
    answer = explained_answer(graph)
    name, nodes = (named[0], tuple(named[1])) if named else ("", (target.node_id,))
    if answer is not None and not named:
        name = answer.text
    detail = ""
    if answer is not None and answer.probability is not None:
        detail = percent(answer.probability)
        detail = f"{answer.text} {detail}" if named else detail
    name = name or asked_instead(graph) or answer_of(target).token
    return Box("answer", name, (Part("answer", nodes),), detail)


def word_boxes(graph: Graph, prompt: Sequence[Word], taken: set[str]) -> Iterable[Box]:
    embeddings: dict[int, list[str]] = defaultdict(list)
    for node in graph.nodes:
        if node.kind == "embedding" and node.node_id not in taken:
            embeddings[node.ctx_idx].append(node.node_id)
    for number, word in enumerate(prompt):
        nodes = tuple(one for position in word.positions for one in embeddings[position])
        yield Box("word", word.text, (Part(f"word-{number}", nodes),), word=number)


def describe_members(members: Sequence[Node]) -> str:
    """How many nodes of what kind, and at which layers."""
    neurons = all(node.feature_type == "neuron" for node in members)
    noun = "neuron" if neurons else "feature"
    if all(node.kind == "embedding" for node in members):
        noun = "word"
    elif any(node.kind != "feature" for node in members):
        noun = "node"
    count = f"{len(members)}{NO_BREAK}{noun}{'' if len(members) == 1 else 's'}"
    layers = sorted(node.layer_number for node in members if node.kind in ("feature", "error"))
    if not layers:
        return count
    low, high = layers[0], layers[-1]
    where = f"layers {low}–{high}" if low != high else f"layer {low}"
    return f"{where.replace(' ', NO_BREAK)}, {count}"


def mean_word(members: Sequence[Node], prompt: Sequence[Word]) -> float:
    number_of = {p: number for number, word in enumerate(prompt) for p in word.positions}
    numbers = [number_of.get(node.ctx_idx, 0) for node in members]
    return sum(numbers) / len(numbers)
