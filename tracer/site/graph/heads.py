"""Which attention heads carried it: what a graph's page says of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from tracer.documents.annotations import Annotations, Label
from tracer.documents.graph import Graph
from tracer.documents.head_names import PREFIX
from tracer.documents.parts.heads import HeadFlow, Heads, TriedLook
from tracer.documents.prompt_words import START, word_of
from tracer.site.circuit.boxes import Box, Circuit
from tracer.site.graph.bars import bars
from tracer.site.graph.claims import tokens_named
from tracer.site.graph.head_picture import head_picture
from tracer.site.graph.look_why import ShownWhy, Whys
from tracer.site.wording.amounts import amount, signed
from tracer.site.wording.percent import percent

TOLD = 3  # heads of a flow, flows of a head
LEAST = 0.05  # of what runs from a source: a head that carries less of it is not named for it
LITTLE = 0.01  # of all that heads carry to the answer: what is less is not told of a head


@dataclass(frozen=True)
class ShownLook:
    """A look in words, and what the model did without it. `wrong` where it moved the other way.
    `bars` are the answer's probability before and after, where it is known."""

    sentence: str
    knocked_out: str
    bars: Markup
    wrong: bool
    beats: bool
    why: ShownWhy | None


@dataclass(frozen=True)
class ShownHead:
    name: str
    label: Label | None  # what a person calls it
    looks: tuple[ShownLook, ...]
    carries: tuple[str, ...]
    picture: Markup


@dataclass(frozen=True)
class ShownHeads:
    """`lines` is JSON for `assets/viewer/circuit/heads.js`: of each line of the circuit its ends,
    what to say, and the heads that carry it."""

    warning: str | None
    sentences: tuple[str, ...]
    heads: tuple[ShownHead, ...]
    flows: tuple[tuple[str, str, str, str], ...]  # from, to, carried, by heads
    lines: Markup


def show_heads(
    graph: Graph, heads: Heads | None, circuit: Circuit | None, annotations: Annotations
) -> ShownHeads | None:
    """None where nothing is known of heads."""
    if heads is None or not heads.looks:
        return None
    names, whys = _Names(graph, heads, circuit), Whys(graph, annotations)
    return ShownHeads(
        warning=_warning(heads),
        sentences=tuple(_sentences(heads)),
        heads=tuple(
            _head(one, graph, heads, names, whys, annotations.labels.get(PREFIX + one))
            for one in heads.told
        ),
        flows=tuple(
            (names.sources[one.source], names.targets[one.target], amount(one.carried), _by(one))
            for one in heads.flows
            if one.heads
        ),
        lines=_attribute(_lines(heads, circuit, graph)),
    )


class _Names:
    """What sources and targets of flows are called: as the circuit calls them."""

    def __init__(self, graph: Graph, heads: Heads, circuit: Circuit | None):
        groups = [_name(nodes, graph, circuit) for nodes in heads.groups]
        words = word_of(graph.metadata.prompt_tokens)
        told = [f"the word “{words[one[0]]}”" if one else "" for one in heads.words]
        self.sources = [*groups, *told, "the other words", START]
        self.targets = [*groups, "the answer"]


def _name(nodes: Collection[str], graph: Graph, circuit: Circuit | None) -> str:
    for box in circuit.groups if circuit else ():
        if _nodes(box) == set(nodes) and box.kind == "group":
            return f"“{box.name}”"
    info = graph.metadata.tracer
    for one in info.account.boxes if info and info.account else ():
        if set(one.nodes) == set(nodes):
            return f"“{one.name}”"
    return "what is in no box"


def _nodes(box: Box) -> set[str]:
    return {node for part in box.parts for node in part.nodes}


def _warning(heads: Heads) -> str | None:
    if not heads.predicts_badly or heads.correlation is None:
        return None
    return (
        "What was predicted of these heads and what the model did without them correlate only "
        f"{signed(heads.correlation)}: here a look that is taken away changes what others look at, "
        "or what neurons make of it, and what heads carry explains little."
    )


def _sentences(heads: Heads) -> Iterable[str]:
    yield (
        "What runs from word to word is moved by attention heads. Each flow is shared out among "
        "the heads that moved it, with patterns and norms as they were; the shares add up to it."
    )
    if any(one.why for one in heads.looks):
        yield (
            "Where a head looks is decided by a score for each token: a sum over pairs of what "
            "stood at the token that looks and at the one looked at, norms as they were. That is "
            "why it looked there; what matters for that need not matter for the answer."
        )
    if heads.correlation is not None and not heads.predicts_badly:
        yield (
            f"The {len(heads.looks)} strongest looks were taken away in the real model, one by "
            f"one: predicted and real changes correlate {signed(heads.correlation)}."
        )
    if (told := _together(heads)) is not None:
        yield told


def _together(heads: Heads) -> str | None:
    together = heads.together
    if together is None or together.probability is None or heads.probability is None:
        return None
    names = list(dict.fromkeys(heads.looks[at].head for at in together.looks))
    said = (
        f"Without what {_and(names)} look at, all at once, the answer’s probability goes from "
        f"{percent(heads.probability)} to {percent(together.probability)}"
    )
    others = together.control_probabilities
    if not others:
        return f"{said}."
    span = f"{percent(min(others))} to {percent(max(others))}"
    return f"{said}; with other heads of the same layers in their place to {span}."


def _and(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"head {names[0]}"
    return f"heads {', '.join(names[:-1])} and {names[-1]}"


def _head(
    name: str, graph: Graph, heads: Heads, names: _Names, whys: Whys, label: Label | None
) -> ShownHead:
    tokens = graph.metadata.prompt_tokens
    looks = [one for one in heads.looks if one.head == name]
    pattern = next((one for one in heads.patterns if one.head == name), None)
    return ShownHead(
        name=name,
        label=label,
        looks=tuple(_look(one, tokens, whys.of(one), heads.probability) for one in looks),
        carries=tuple(_carries(name, heads, names)),
        picture=head_picture(pattern, tokens, looks) if pattern else Markup(""),
    )


def _look(
    one: TriedLook, tokens: Sequence[str], why: ShownWhy | None, before: float | None
) -> ShownLook:
    sentence = (
        f"From {tokens_named([one.to], tokens)} it looks at {tokens_named(one.keys, tokens)} with "
        f"{percent(one.weight)} of its attention: {amount(one.adds)}."
    )
    said = f"Without that: predicted {amount(one.predicted)}, really {amount(one.actual)}"
    if one.controls:
        low, high = amount(min(one.controls)), amount(max(one.controls))
        weight = "" if one.controls_weight is None else f" ({percent(one.controls_weight)} each)"
        said += f"; with others of its layer in its place{weight} {low} to {high}"
    wrong, drawn = one.predicted * one.actual < 0, Markup("")
    if before is not None and one.probability is not None:
        then = one.probability
        said += f". The answer’s probability goes from {percent(before)} to {percent(then)}"
        drawn = bars(before, then, (), share=True)
    return ShownLook(sentence, f"{said}.", drawn, wrong, one.beats_all, why)


def _carries(name: str, heads: Heads, names: _Names) -> Iterable[str]:
    """The largest flows that it carries much of."""
    least = LITTLE * sum(abs(one.carried) for one in heads.flows if one.target == heads.answer)
    own = [(dict(one.heads).get(name, 0.0), one) for one in heads.flows]
    own = [(value, one) for value, one in own if abs(value) >= max(least, LEAST * abs(one.carried))]
    for value, one in sorted(own, key=lambda pair: -abs(pair[0]))[:TOLD]:
        yield (
            f"{amount(value)} of {amount(one.carried)} from {names.sources[one.source]} to "
            f"{names.targets[one.target]}"
        )


def _by(flow: HeadFlow) -> str:
    return ", ".join(f"{head} {amount(value)}" for head, value in flow.heads[:TOLD])


def _lines(heads: Heads, circuit: Circuit | None, graph: Graph) -> list[list[object]]:
    """Those of the circuit's lines whose ends are the part's groups, words and answer."""
    if circuit is None:
        return []
    sources, targets = _places(heads, circuit, graph)
    flows = {(one.source, one.target): one for one in heads.flows}
    told: list[list[object]] = []
    for line in circuit.lines:
        ends = (sources.get(line.source, -1), targets.get(line.target, -1))
        flow = flows.get(ends)
        if flow is None or not flow.heads:
            continue
        stays = (
            ""
            if abs(flow.in_place) < 0.01 * abs(flow.flow)
            else (f"; {amount(flow.in_place)} stays at its word")
        )
        said = f"{amount(flow.flow)}: by heads {_by(flow)}{stays}."
        told.append([line.source, line.target, said, [head for head, _ in flow.heads[:TOLD]]])
    return told


def _places(heads: Heads, circuit: Circuit, graph: Graph) -> tuple[dict[str, int], dict[str, int]]:
    """By the keys of the circuit's parts the numbers of the sources and targets that they are."""
    at = {node.node_id: node.ctx_idx for node in graph.nodes if node.kind == "embedding"}
    words = {frozenset(one): len(heads.groups) + n for n, one in enumerate(heads.words)}
    sources: dict[str, int] = {}
    targets = {part.key: heads.answer for part in circuit.answer.parts}
    for box in circuit.boxes:
        if len(box.parts) > 1:
            continue
        key, nodes = box.parts[0].key, box.parts[0].nodes
        if key == "start":
            sources[key] = heads.sources - 1
        elif (group := heads.group_of(nodes)) is not None:
            sources[key] = targets[key] = group
        elif (word := words.get(frozenset(at.get(one, -1) for one in nodes))) is not None:
            sources[key] = word
    return sources, targets


def _attribute(document: object) -> Markup:
    """The value of an attribute in single quotes, as JSON is full of double ones."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Markup(str(escape(text)).replace("&#34;", '"'))
