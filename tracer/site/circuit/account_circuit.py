"""The circuit of a graph with an account: its books in boxes that name themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from tracer.documents.account import AccountInfo
from tracer.documents.account import Box as Found
from tracer.documents.annotations import Annotations
from tracer.documents.evidence import SilencedGroup, SilencedGroups
from tracer.documents.graph import Graph, Node
from tracer.documents.named_boxes import Group, named_boxes
from tracer.documents.parts.flows import Flows
from tracer.documents.parts.ledger import Ledger
from tracer.documents.parts.parts import Parts
from tracer.documents.parts.stability import Stability
from tracer.documents.prompt_words import ERRORS, START, input_names, word_of
from tracer.site.circuit.balance import (
    Balance,
    all_runs,
    drawn_runs,
    homes_of,
    lines_between,
    rests,
    through_of,
)
from tracer.site.circuit.box_words import box_words, brief_name, shared_words, told_words
from tracer.site.circuit.boxes import (
    NO_BREAK,
    Box,
    Circuit,
    answer_box,
    group_box,
    peoples_groups,
    word_boxes,
)
from tracer.site.circuit.lines import Part, strongest
from tracer.site.wording.amounts import amount
from tracer.site.wording.effects import effects_on
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import Word, visible, words

MOST_BOXES = 9  # of those that were found; people may make more
OTHER = "other"
WEAKEST_SHARE = 0.015  # more is drawn than elsewhere, for what is drawn adds up
MOST_INTO_A_BOX = 6
_UNLIKE = "Features that are in no box. What flows through them runs around the boxes."
_SOURCES = {START: "start", "other words": "others", "biases": "biases", ERRORS: "errors"}
_CALLED = {"start": "the start", "others": "other words", "biases": "biases", "errors": "errors"}
_TOLD = {
    "start": "What stands at the first position: the same for every prompt.",
    "others": "Words of a long prompt that are told together.",
    "biases": "What the model adds whatever it reads.",
    "errors": "What the transcoders leave out; nobody knows what it reads.",
}


def account_circuit(
    graph: Graph,
    target: Node,
    account: AccountInfo,
    annotations: Annotations,
    parts: Parts,
    silenced: SilencedGroups | None = None,
) -> Circuit:
    """Boxes are people's groups, or else those that were found."""
    prompt = words(graph.metadata.prompt_tokens)
    people, named_answer = peoples_groups(graph, target, annotations)
    answer = answer_box(graph, target, named_answer)
    nodes = {node.node_id: node for node in graph.nodes}
    if people:
        boxes = [
            group_box(key, name, [nodes[one] for one in ids], prompt) for key, name, ids in people
        ]
        found = _of_groups(graph, [ids for *_, ids in people], account, parts, silenced)
    else:
        ranked = sorted(account.boxes, key=lambda box: -abs(box.through))
        boxes = [
            group_box(one.id, one.name, [nodes[node] for node in one.nodes], prompt)
            for one in ranked[:MOST_BOXES]
        ]
        found = list(ranked[:MOST_BOXES])
    boxes = [
        replace(
            box, words=box_words(one), told=told_words(one), brief="" if people else brief_name(one)
        )
        for box, one in zip(boxes, found, strict=True)
    ]
    taken = {one for box in (*boxes, answer) for part in box.parts for one in part.nodes}
    boxes += _others(graph, taken, prompt)
    foot = tuple(_foot(graph, prompt, taken))
    return _balanced(graph, account, parts, (foot, boxes, answer), automatic=not people)


def _balanced(
    graph: Graph,
    account: AccountInfo,
    parts: Parts,
    shown: tuple[tuple[Box, ...], list[Box], Box],
    *,
    automatic: bool,
) -> Circuit:
    foot, groups, answer = shown
    boxes = [*foot, *groups, answer]
    every = [part for box in boxes for part in box.parts]
    nodes = answer.parts[0].nodes
    if parts.flows is None:
        runs = drawn_runs(graph, effects_on(graph, nodes))
    else:
        logit = next(
            one for one in nodes if one not in {*parts.flows.features, *parts.flows.inputs}
        )
        runs = all_runs(parts.flows, logit)
    lines = lines_between(every, runs)
    home = {part.key: number for number, box in enumerate(boxes) for part in box.parts}
    drawn = strongest(lines, home, weakest=WEAKEST_SHARE, into_a_box=MOST_INTO_A_BOX)
    own = _own(graph, every, parts.flows)
    known = parts.flows is not None
    through = through_of(lines, own, answer.key) if known else _through(groups, account, own)
    into, out = rests(lines, drawn)
    balance = Balance(
        unit=account.unit,
        quantity=account.quantity,
        through=through,
        own=own,
        rest_in=into,
        rest_out=out,
        held=None if known else account.links_hold,
    )

    homes = homes_of(every)
    effects = {node.node_id: node.effect or 0.0 for node in graph.nodes}

    def said(box: Box) -> Box:
        found = through.get(box.parts[0].key)
        if box.kind in ("group", "other") and parts.stability is not None:
            box = _with_survivors(box, parts.stability, effects)
        if shared := sum(len(homes[node]) > 1 for node in box.parts[0].nodes):
            box = replace(box, told=(*box.told, shared_words(shared)))
        return box if found is None else replace(box, amount=amount(found))

    return Circuit(
        words=tuple(map(said, foot)),
        groups=tuple(map(said, groups)),
        answer=_summed(graph, answer, account),
        lines=drawn,
        automatic=automatic,
        balance=balance,
    )


def _with_survivors(box: Box, stability: Stability, effects: Mapping[str, float]) -> Box:
    """With how much of it small changes of the question leave as it is."""
    share = stability.of(box.parts[0].nodes, effects)
    if share is None:
        return box
    told = f"{percent(share)} of its effects, by size, survive small changes of the question."
    return replace(box, survives=share, told=(*box.told, told))


def _summed(graph: Graph, answer: Box, account: AccountInfo) -> Box:
    """The answer with what all adds up to."""
    info = graph.metadata.tracer
    contrast = info.question.contrast if info else ()
    sum_of_all = f"{amount(account.quantity)}{NO_BREAK}{account.unit}"
    if contrast:
        sum_of_all = f"{amount(account.quantity)} over {', '.join(map(visible, contrast))}"
    return replace(
        answer,
        amount=amount(account.quantity),
        words=(answer.detail,) if answer.detail else (),
        detail=sum_of_all,
    )


def _own(graph: Graph, parts: Sequence[Part], flows: Flows | None) -> dict[str, float]:
    """What parts bring themselves: the shares of the words and constants in them."""
    homes = homes_of(parts)
    own: dict[str, float] = defaultdict(float)
    for node, share in _shares(graph, flows):
        for key in homes.get(node, ()):
            own[key] += share / len(homes[node])
    return dict(own)


def _shares(graph: Graph, flows: Flows | None) -> Iterator[tuple[str, float]]:
    if flows is None:
        for node in graph.nodes:
            if node.kind in ("embedding", "error") and node.effect is not None:
                yield node.node_id, node.effect
        return
    for at, name in enumerate(flows.inputs):
        yield name, flows.straight[at] + sum(row[at] for row in flows.entering)


def _through(
    groups: Iterable[Box], account: AccountInfo, own: Mapping[str, float]
) -> dict[str, float]:
    """What is known of it without the packed flows."""
    found = {frozenset(one.nodes): one.through for one in account.boxes}
    through = dict(own)
    for box in groups:
        if (known := found.get(frozenset(box.parts[0].nodes))) is not None:
            through[box.key] = known
    return through


def _of_groups(
    graph: Graph,
    groups: Sequence[Sequence[str]],
    account: AccountInfo,
    parts: Parts,
    silenced: SilencedGroups | None,
) -> list[Found | None]:
    """What people's groups read and push, as far as it is known; where they were silenced, the
    words that were predicted and measured."""
    known: list[Found | None] = [
        next((one for one in account.boxes if set(one.nodes) == set(ids)), None) for ids in groups
    ]
    if parts.flows is None:
        return known
    ledger = Ledger(parts.flows, parts.pushes)
    at = dict(zip(graph.node_ids, _words_at(graph), strict=True))
    named = named_boxes(
        [Group(tuple(ids), at[ids[0]]) for ids in groups],
        ledger,
        input_names(parts.flows.inputs, graph.metadata.prompt_tokens),
    )
    tested = [
        _tested(new, silenced.of(ids) if silenced else None)
        for ids, new in zip(groups, named, strict=True)
    ]
    return [one or new for one, new in zip(known, tested, strict=True)]


def _tested(box: Found, silenced: SilencedGroup | None) -> Found:
    if silenced is None:
        return box
    found = box.model_copy(update={"confirmed": silenced.confirmed})
    words = {"pushes": tuple(silenced.pushes), "opposes": tuple(silenced.opposes)}
    return found.model_copy(update=words) if found.words_hold else found


def _words_at(graph: Graph) -> Iterator[str]:
    texts = word_of(graph.metadata.prompt_tokens)
    return (texts[node.ctx_idx] for node in graph.nodes)


def _others(graph: Graph, taken: set[str], prompt: Sequence[Word]) -> Iterator[Box]:
    """The features that are in no group, as one box: what flows through them runs around."""
    rest = [node for node in graph.nodes if node.kind == "feature" and node.node_id not in taken]
    if rest:
        box = group_box(OTHER, "in no box", rest, prompt)
        yield replace(box, kind="other", told=(_UNLIKE,))


def _foot(graph: Graph, prompt: Sequence[Word], taken: set[str]) -> Iterator[Box]:
    """The start, the words in order, and what else flows in."""
    sources = sources_of(graph, taken)
    inside = taken | {one for box in sources for part in box.parts for one in part.nodes}
    yield from (box for box in sources if box.key == "start")
    yield from word_boxes(graph, prompt, inside)
    yield from (box for box in sources if box.key != "start")


def sources_of(graph: Graph, taken: set[str]) -> list[Box]:
    """What flows in and is no word: all of it but what is taken."""
    ids = [
        node.node_id
        for node in graph.nodes
        if node.kind in ("embedding", "error") and node.node_id not in taken
    ]
    found: dict[str, list[str]] = defaultdict(list)
    for one, name in zip(ids, input_names(ids, graph.metadata.prompt_tokens), strict=True):
        if name in _SOURCES:
            found[_SOURCES[name]].append(one)
    return [
        Box("source", _CALLED[key], (Part(key, tuple(found[key])),), told=(_TOLD[key],))
        for key in _CALLED
        if key in found
    ]
