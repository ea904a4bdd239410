"""A graph summed up: a few boxes of nodes, and the lines between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tracer.documents.annotations import Annotations
from tracer.documents.exchange.answer_label import answer_of
from tracer.documents.graph import Graph, Node
from tracer.site.circuit.automatic_groups import Segment, automatic_groups
from tracer.site.circuit.lines import Line, Part, all_lines, strongest
from tracer.site.wording.answers import asked_instead, explained_answer, target_node
from tracer.site.wording.effects import effects_on
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import Word, words

Kind = Literal["word", "group", "answer"]

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Box:
    """What is drawn as one: a word of the prompt, a group of features, or the answer.

    `word` and `layer` are means over the nodes; boxes of one `column` hold the same words.
    """

    kind: Kind
    name: str
    parts: tuple[Part, ...]
    detail: str = ""
    word: float = 0.0
    layer: float = -1.0
    column: str | None = None

    @property
    def key(self) -> str:
        """The key of its one part, or what the keys of its halves begin with."""
        first = self.parts[0].key
        return first if len(self.parts) == 1 else first.rpartition("-")[0]


@dataclass(frozen=True)
class Circuit:
    """A picture's content, before anything has a place."""

    words: tuple[Box, ...]
    groups: tuple[Box, ...]
    answer: Box
    lines: tuple[Line, ...]
    automatic: bool

    @property
    def boxes(self) -> tuple[Box, ...]:
        return (*self.words, *self.groups, self.answer)


def summarise(graph: Graph, annotations: Annotations) -> Circuit | None:
    """The circuit of a graph, by its groups or automatically; None without an answer node."""
    target = target_node(graph)
    if target is None:
        return None
    prompt = words(graph.metadata.prompt_tokens)
    members = annotations.group_members(graph.node_ids)
    people = {key: ids for key, ids in members.items() if ids}
    nodes = {node.node_id: node for node in graph.nodes}
    groups = [
        _group_box(key, annotations.groups[key].name, [nodes[one] for one in ids], prompt)
        for key, ids in people.items()
        if target.node_id not in ids
    ]
    named_answer = next(
        ((annotations.groups[k].name, ids) for k, ids in people.items() if target.node_id in ids),
        None,
    )
    answer = _answer_box(graph, target, named_answer)
    effects = effects_on(graph, answer.parts[0].nodes)
    automatic = not groups
    if automatic:
        others = {one: effect for one, effect in effects.total.items() if one != target.node_id}
        segments = automatic_groups(graph, others, prompt)
        groups = [_segment_box(segment, nodes, prompt) for segment in segments]
    taken = {one for box in groups for part in box.parts for one in part.nodes}
    word_boxes = tuple(_word_boxes(graph, prompt, taken))
    boxes = (*word_boxes, *groups, answer)
    home = {part.key: number for number, box in enumerate(boxes) for part in box.parts}
    lines = strongest(all_lines(graph, [box.parts for box in boxes], effects), home)
    return Circuit(word_boxes, tuple(groups), answer, lines, automatic)


def _group_box(key: str, name: str, members: list[Node], prompt: Sequence[Word]) -> Box:
    return Box(
        kind="group",
        name=name,
        parts=(Part(key, tuple(node.node_id for node in members)),),
        detail=describe_members(members),
        word=_mean_word(members, prompt),
        layer=sum(node.layer_number for node in members) / len(members),
    )


def _segment_box(segment: Segment, nodes: dict[str, Node], prompt: Sequence[Word]) -> Box:
    members = [nodes[one] for half in segment.halves for one in half.nodes]
    parts = tuple(
        Part(
            key=f"{segment.key}-{half.sign}",
            nodes=half.nodes,
            sign=half.sign,
            caption=f"{'+' if half.sign == 'supports' else '−'}{percent(half.share)}",
        )
        for half in segment.halves
    )
    return Box(
        kind="group",
        name=segment.name,
        parts=parts,
        detail=describe_members(members),
        word=_mean_word(members, prompt),
        layer=sum(node.layer_number for node in members) / len(members),
        column=segment.column,
    )


def _answer_box(graph: Graph, target: Node, named: tuple[str, list[str]] | None) -> Box:
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


def _word_boxes(graph: Graph, prompt: Sequence[Word], taken: set[str]) -> Iterable[Box]:
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


def _mean_word(members: Sequence[Node], prompt: Sequence[Word]) -> float:
    number_of = {p: number for number, word in enumerate(prompt) for p in word.positions}
    numbers = [number_of.get(node.ctx_idx, 0) for node in members]
    return sum(numbers) / len(numbers)
