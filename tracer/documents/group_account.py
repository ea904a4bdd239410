"""The account of any nodes of a graph: what runs through them, what they read and push."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from tracer.documents.account import Box
from tracer.documents.graph import Graph, load_graph
from tracer.documents.named_boxes import Group, named_boxes
from tracer.documents.parts.ledger import Ledger
from tracer.documents.parts.parts import Parts, flows_file, load_parts
from tracer.documents.prompt_words import input_names, word_of
from tracer.errors import Place, TracerError, did_you_mean


class Published(Protocol):
    """A graph and what is stored beside it."""

    @property
    def graph(self) -> Graph: ...

    @property
    def parts(self) -> Parts: ...


class Publishable(Protocol):
    """What `tracer.trace` gives."""

    def publish(self, *, slug: str = "untitled") -> Published: ...


def account(graph: Path | str | Publishable, nodes: Collection[str]) -> Box:
    """What runs through some features of a graph together, in units of its question, and the words
    that they read and push.

    `graph` is a file, beside which lie its flows, or what `tracer.trace` found; `nodes` are ids of
    features. Raises TracerError for ids that are no listed features, and for a graph without an
    account.
    """
    if isinstance(graph, Path | str):
        file = Path(graph)
        document = load_graph(file)
        info = document.metadata.tracer
        parts = Parts() if info is None else load_parts(file, info.graph_id)
        place = Place(flows_file(file))
    else:
        published = graph.publish()
        document, parts, place = published.graph, published.parts, None
    if parts.flows is None:
        what = "this graph has no account: its flows are not there"
        hint = "trace it again, with `remainder: transparent`"
        raise TracerError(what, hint=hint, place=place)
    listed = set(parts.flows.features)
    for one in nodes:
        if one not in listed:
            hint = did_you_mean(one, sorted(listed)) or "name features of this graph"
            raise TracerError(f"`{one}` is no listed feature", hint=hint)
    ledger = Ledger(parts.flows, parts.pushes)
    inputs = input_names(parts.flows.inputs, document.metadata.prompt_tokens)
    group = Group(tuple(nodes), _where(document, nodes))
    return named_boxes([group], ledger, inputs)[0]


def _where(graph: Graph, nodes: Collection[str]) -> str:
    """The word that most of them stand at, or the first of those."""
    words = word_of(graph.metadata.prompt_tokens)
    at = [words[node.ctx_idx] for node in graph.nodes if node.node_id in nodes]
    return max(dict.fromkeys(at), key=at.count) if at else ""
