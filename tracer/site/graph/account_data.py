"""What the viewer's data file says of an account: flows, words, and what is not drawn.

`assets/viewer/graph/account.js` is its one reader.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracer.documents.account import Read
from tracer.documents.exchange.csv_tables import DIGITS
from tracer.documents.graph import Graph, Node, significant
from tracer.documents.parts.flows import Flows
from tracer.documents.parts.ledger import Ledger
from tracer.documents.prompt_words import BIASES, OTHER_ERRORS, OTHER_WORDS
from tracer.site.wording.answers import target_node
from tracer.site.wording.effects import strengthening
from tracer.site.wording.tokens import visible

_EXACT = 8  # digits of what weights are multiplied by, so that sums close
_CONSTANTS = {BIASES: "biases", OTHER_WORDS: "others", OTHER_ERRORS: "errors"}


def account_data(graph: Graph, flows: Flows | None) -> dict[str, Any] | None:
    """None for a graph that keeps no account; without `flows` it is not known how many links are
    not drawn."""
    info = graph.metadata.tracer
    if info is None or info.account is None:
        return None
    target = target_node(graph)
    asked = target.node_id if target else None
    gain = {node.node_id: significant(_gain(node, asked), _EXACT) for node in graph.nodes}
    books = _Books(flows, _drawn(graph, gain), asked or "")
    return {
        "quantity": significant(info.account.quantity),
        "unit": info.account.unit,
        "linksHold": significant(info.account.links_hold, DIGITS),
        "gain": list(gain.values()),
        "constants": list(_constants(graph)),
        "automatic": [node.automatic_name for node in graph.nodes],
        "words": _words(graph.nodes),
        "rest": [_rest(books, one, asked, info.account.quantity) for one in graph.nodes],
        "held": [books.held(one) for one in graph.node_ids],
    }


def _percent(read: Read, node: Node) -> int:
    """Above zero where the word strengthens what the node does, also below zero."""
    return round(100 * strengthening(read.share, node))


def _rest(
    books: _Books, node: Node, asked: str | None, quantity: float
) -> tuple[Rest | None, Rest | None]:
    """What is not drawn of what flows in, and out."""
    if node.node_id == asked:
        return books.rest(node, quantity, 0), None
    out = books.rest(node, node.effect, 1)
    return (books.rest(node, node.effect, 0) if node.kind == "feature" else None), out


def _gain(node: Node, asked: str | None) -> float:
    """What flows along a link to this node, by its weight as the viewer has it."""
    if node.node_id == asked or node.kind == "logit":
        # Its links are told by how they strengthen it already.
        return strengthening(1.0, node)
    if not node.effect or not node.activation:
        return 0.0
    return node.effect / abs(node.activation)


def _drawn(graph: Graph, gain: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """The flow along each link, by source and target, from its weight as the viewer has it."""
    nodes = {node.node_id: node for node in graph.nodes}
    return {
        (one.source, one.target): gain[one.target]
        * significant(strengthening(one.weight, nodes[one.target]), DIGITS)
        for one in graph.links
        if math.isfinite(one.weight)
    }


def _constants(graph: Graph) -> Iterable[tuple[int, str]]:
    for at, node in enumerate(graph.nodes):
        if node.node_id in _CONSTANTS:
            yield at, _CONSTANTS[node.node_id]
        elif node.kind == "embedding" and node.ctx_idx == 0:
            yield at, "start"


def _words(nodes: Sequence[Node]) -> dict[str, Any]:
    """Each word once; of each feature that has words [node, [word, share in percent, …], [pushed
    words], [opposed words]]."""
    places: dict[str, int] = {}

    def place(word: str) -> int:
        return places.setdefault(visible(word), len(places))

    rows = [
        [
            at,
            [one for read in node.reads for one in (place(read.word), _percent(read, node))],
            [place(word) for word in node.pushes],
            [place(word) for word in node.opposes],
        ]
        for at, node in enumerate(nodes)
        if node.reads or node.pushes or node.opposes
    ]
    return {"texts": list(places), "rows": rows}


class _Books:
    """All flows beside those that are drawn, by node."""

    def __init__(self, flows: Flows | None, drawn: Mapping[tuple[str, str], float], asked: str):
        self._drawn = _by_end((*ends, flow) for ends, flow in drawn.items())
        self._all = _by_end(_all(flows, asked)) if flows else None
        self._shares = dict(zip(flows.inputs, Ledger(flows).shares, strict=True)) if flows else {}

    def rest(self, node: Node, whole: float | None, side: int) -> Rest | None:
        """How many of what flows into a node (0) or out of it (1) is not drawn, and what it adds up
        to, where all of it is `whole`. None where nothing flows."""
        one = node.node_id
        if whole is None:  # of the words of a long prompt that are told together
            whole = self._shares.get(one)
        drawn = self._drawn[side].get(one, _NOTHING)
        found = self._all[side].get(one) if self._all else drawn
        if whole is None or not math.isfinite(whole) or found is None:
            return None
        left = whole - drawn.total
        if self._all is None:
            return None, significant(left)
        many = max(0, found.count - drawn.count)
        return many, significant(left) if many else 0.0

    def held(self, node_id: str) -> float | None:
        """The share of a node's flows, in and out, that is drawn."""
        if self._all is None:
            return None
        whole = sum(side.get(node_id, _NOTHING).gross for side in self._all)
        drawn = sum(side.get(node_id, _NOTHING).gross for side in self._drawn)
        return significant(min(1.0, drawn / whole), 3) if whole else None


Rest = tuple[int | None, float]


@dataclass(frozen=True)
class _Sum:
    count: int
    total: float
    gross: float


_NOTHING = _Sum(0, 0.0, 0.0)
_Sides = tuple[Mapping[str, _Sum], Mapping[str, _Sum]]  # by target, by source


def _all(flows: Flows, asked: str) -> Iterator[tuple[str, str, float]]:
    """Source, target and flow."""
    names, inputs = flows.features, flows.inputs
    for target, between, entering in zip(names, flows.between, flows.entering, strict=True):
        yield from ((one, target, flow) for one, flow in zip(names, between, strict=False))
        yield from ((one, target, flow) for one, flow in zip(inputs, entering, strict=True))
    yield from ((one, asked, flow) for one, flow in zip(names, flows.leaving, strict=True))
    yield from ((one, asked, flow) for one, flow in zip(inputs, flows.straight, strict=True))


def _by_end(flows: Iterable[tuple[str, str, float]]) -> _Sides:
    found: tuple[dict[str, list[float]], dict[str, list[float]]] = ({}, {})
    for source, target, flow in flows:
        if flow:
            found[0].setdefault(target, []).append(flow)
            found[1].setdefault(source, []).append(flow)
    into, out = (
        {one: _Sum(len(these), sum(these), sum(map(abs, these))) for one, these in side.items()}
        for side in found
    )
    return into, out
