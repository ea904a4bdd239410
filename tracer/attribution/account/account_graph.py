"""A graph whose unlisted features hand on what they read, so that it adds up exactly; and the
document that is published of it, with the parts beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from tracer.attribution.account.account import Account
from tracer.attribution.account.book import Book
from tracer.attribution.account.boxes import find_boxes
from tracer.attribution.account.carried import LOOKS, Carried, carried_by_heads
from tracer.attribution.account.choose import Chosen, shares_of
from tracer.attribution.account.sources import Source
from tracer.attribution.account.words import Likely, NodeWords
from tracer.attribution.adjacency import Adjacency, square
from tracer.attribution.metadata import metadata_of
from tracer.attribution.nodes import (
    LEFT_OUT,
    constant_node,
    error_node,
    feature_node,
    target_nodes,
    token_node,
)
from tracer.attribution.origin import FeatureName
from tracer.attribution.question import graph_id
from tracer.attribution.traced import Published, Traced
from tracer.documents.account import AccountInfo
from tracer.documents.graph import BIAS, EMBEDDING, ERROR, Graph, Link, Node
from tracer.documents.named_boxes import Group, named_boxes
from tracer.documents.parts.ledger import Ledger
from tracer.documents.parts.parts import Parts
from tracer.documents.prompt_words import BIASES, OTHER_ERRORS, OTHER_WORDS, input_names
from tracer.documents.trace_figures import Counts
from tracer.documents.trace_settings import TraceSettings


@dataclass(frozen=True, repr=False)
class AccountGraph(Traced):
    """`layers` are all features that were swept, `chosen` the account of those that are listed."""

    chosen: Chosen
    limits: ClassVar[tuple[str, ...]] = ("max_nodes", "max_links")

    @property
    def account(self) -> Account:
        """What adds up to the answer, exactly: features, words, start, biases and errors."""
        return self.chosen.account

    @cached_property
    def words(self) -> NodeWords:
        """What each listed feature reads and pushes."""
        tokens = [self.frozen.model.tokenizer.text(one) for one in self.frozen.token_ids]
        return NodeWords(self.account, Likely.of(self.frozen), tokens)

    def heads(
        self,
        groups: Sequence[Sequence[str]] = (),
        *,
        looks: int = LOOKS,
    ) -> Carried:
        """Which attention heads carried what runs between groups of node ids, from the strongest
        words and to what is asked; and where the strongest look. Patterns are frozen. What runs
        through features of the account that are in no group is left out."""
        return carried_by_heads(
            self.frozen,
            self.active,
            self.targets,
            groups,
            account=self.account,
            looks=looks,
            gradients=self.effects.asked,
        )

    def publish(self, *, slug: str = "untitled") -> Published:
        """With the strongest `max_links` links; all of them lie in the parts."""
        return _document(self, slug)

    def adjacency(self, *, sparse: bool = False) -> Adjacency:
        """Nodes: listed features, other inputs, then what is explained. What is not listed hands on
        what it reads, so a row adds up to its node."""
        book = Book.of(self.account)
        inputs = [_input(self, source, 0.0).node_id for source in book.inputs]
        ids = (*map(str, self._names()), *inputs, target_nodes(self)[0].node_id)
        return square(book.weights, len(book.account), ids, sparse=sparse)

    def _names(self) -> Iterator[FeatureName]:
        columns = (self.account.layers, self.account.indices, self.account.positions)
        for name in zip(*(column.tolist() for column in columns), strict=True):
            yield FeatureName(*name)

    @property
    def _size(self) -> str:
        quantity = f"{float(self.account.quantity):+.2f} {_unit(self)}"
        return f"{quantity}, {len(self.account):,} features listed"

    def _within(self, settings: TraceSettings) -> AccountGraph:
        """The strongest features by absolute effect, if there are more than `max_nodes`."""
        account, most = self.account, settings.max_nodes
        chosen = self.chosen
        if len(account) > most:
            kept = torch.zeros(len(account), dtype=torch.bool)
            kept[torch.sort(account.effects.abs(), descending=True, stable=True).indices[:most]] = (
                True
            )
            fewer = account.cut(kept)
            chosen = Chosen(fewer, shares_of(fewer), "most")
        return replace(self, settings=settings, chosen=chosen)

    def _raw(self) -> dict[str, object]:
        return {"chosen": self.chosen}


def _document(attribution: AccountGraph, slug: str) -> Published:
    """Nodes: features by (layer, position, index), then errors, biases, tokens, and what is
    explained; links by target, then source."""
    book = Book.of(attribution.account)
    features = list(_features(attribution))
    inputs = [
        _input(attribution, source, share)
        for source, share in zip(book.inputs, book.shares.tolist(), strict=True)
    ]
    asked = target_nodes(attribution)
    drawn = book.strongest(attribution.settings.max_links)
    parts = _parts(attribution, book, features, inputs)
    metadata = metadata_of(
        attribution,
        slug,
        account=_info(attribution, book, drawn, parts),
        counts=_counts(attribution, book, asked),
    )
    nodes = _ranked(book, [*features, *inputs])
    nodes.sort(key=_place)
    tokens = list(_rest_of_tokens(attribution, nodes))
    graph = Graph(
        metadata=metadata,
        nodes=(*nodes, *tokens, *asked),
        links=tuple(_links(book, drawn, [*features, *inputs], [*features, asked[0]])),
    )
    return Published(graph, parts)


def _features(attribution: AccountGraph) -> Iterator[Node]:
    account, words = attribution.account, attribution.words
    numbers = zip(account.activations.tolist(), account.effects.tolist(), strict=True)
    for at, (name, (activation, effect)) in enumerate(
        zip(attribution._names(), numbers, strict=True)
    ):
        reads, (pushes, opposes) = words.reads(at), words.pushes(at)
        node = feature_node(
            attribution,
            name,
            activation=activation,
            effect=effect,
            reads=reads,
            pushes=pushes,
            opposes=opposes,
        )
        # Other programs show this name; ours knows that nobody gave it.
        yield node.model_copy(update={"clerp": node.automatic_name or ""})


def _input(attribution: AccountGraph, source: Source, share: float) -> Node:
    """`other words` are told one by one, so together they have no effect of their own."""
    if source.position is not None and source.kind == "word":
        return token_node(attribution, source.position, effect=share)
    if source.kind == "start":
        return token_node(attribution, 0, effect=share)
    if source.kind == "other words":
        return constant_node(OTHER_WORDS, EMBEDDING, "the other words together")
    if source.kind == "biases":
        return constant_node(BIASES, BIAS, "biases", effect=share)
    if source.position is None:
        clerp = "what the features leave out elsewhere"
        return constant_node(OTHER_ERRORS, ERROR, clerp, effect=share)
    assert source.layer is not None
    return error_node(source.layer, source.position, LEFT_OUT, effect=share)


def _ranked(book: Book, nodes: Sequence[Node]) -> list[Node]:
    """With the cumulative share of |effect| down to each."""
    effects = [*book.account.effects.abs().tolist(), *book.shares.abs().tolist()]
    order = sorted(range(len(nodes)), key=lambda at: -effects[at])
    total, sum_so_far, shares = sum(effects), 0.0, [0.0] * len(nodes)
    for at in order:
        sum_so_far += effects[at]
        shares[at] = min(sum_so_far / total, 1.0) if total else 0.0
    return [
        node.model_copy(update={"influence": share})
        for node, share in zip(nodes, shares, strict=True)
    ]


def _place(node: Node) -> tuple[int, int]:
    """Features first, then errors, biases, tokens: a stable sort keeps each kind's own order."""
    kinds = ("feature", "error", "embedding")
    return (kinds.index(node.kind), node.ctx_idx if node.kind == "embedding" else 0)


def _rest_of_tokens(attribution: AccountGraph, nodes: Sequence[Node]) -> Iterator[Node]:
    """The tokens of a long prompt whose flows are told together, each with its own share."""
    there = {node.ctx_idx for node in nodes if node.kind == "embedding" and node.index is not None}
    for position, effect in enumerate(attribution.effects.tokens.tolist()):
        if position not in there:
            yield token_node(attribution, position, effect=effect)


def _links(
    book: Book, drawn: Tensor, sources: Sequence[Node], targets: Sequence[Node]
) -> Iterator[Link]:
    places = drawn.nonzero()
    weights = book.weights[places[:, 0], places[:, 1]].tolist()
    for (t, s), weight in zip(places.tolist(), weights, strict=True):
        yield Link(source=sources[s].node_id, target=targets[t].node_id, weight=weight)


def _parts(
    attribution: AccountGraph, book: Book, features: Sequence[Node], inputs: Sequence[Node]
) -> Parts:
    this = graph_id(
        attribution.ask,
        model_identity=attribution.frozen.model.info.identity,
        features=attribution.features_info.identity,
        settings=attribution.settings,
    )
    names = [node.node_id for node in features], [node.node_id for node in inputs]
    return Parts(book.packed(this, *names), attribution.words.packed(this))


def _info(attribution: AccountGraph, book: Book, drawn: Tensor, parts: Parts) -> AccountInfo:
    targets, chosen = attribution.targets, attribution.chosen
    assert parts.flows is not None
    found = find_boxes(attribution.words, attribution.frozen.n_layers)
    features = parts.flows.features
    groups = [Group(tuple(features[at] for at in one.members), one.word) for one in found]
    inputs = input_names(parts.flows.inputs, attribution.words.tokens)
    return AccountInfo(
        quantity=float(attribution.account.quantity),
        unit=_unit(attribution),
        swept=sum(map(len, attribution.layers)),
        flow=chosen.shares.flow,
        input_flow=chosen.shares.input_flow,
        bound_by=chosen.bound_by,
        links_hold=book.held(drawn),
        alternatives=targets.alternatives,
        entropy=targets.entropy,
        boxes=named_boxes(groups, Ledger(parts.flows, parts.pushes), inputs),
    )


def _unit(attribution: AccountGraph) -> str:
    if attribution.targets.feature is not None:
        return "activation"
    return "along it" if attribution.targets.question.kind == "direction" else "logits"


def _counts(attribution: AccountGraph, book: Book, asked: Sequence[Node]) -> Counts:
    links = int((book.weights != 0).sum())
    features = sum(map(len, attribution.layers))
    return Counts(
        active=attribution.active.count,
        candidates=features,
        nodes_before_pruning=features + len(book.inputs) + len(asked),
        links_before_pruning=links,
        links_before_limit=links,
    )
