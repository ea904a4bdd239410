"""The packed files beside a graph, known by their content and read when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tracer.documents.graph import Graph
from tracer.documents.parts.flows import Flows, read_flows
from tracer.documents.parts.heads import Heads, read_heads
from tracer.documents.parts.parts import (
    Parts,
    flows_file,
    heads_file,
    stability_file,
    words_file,
)
from tracer.documents.parts.stability import Stability, read_stability
from tracer.documents.parts.words import Pushes, read_pushes
from tracer.documents.stored_file import StoredFile
from tracer.errors import Place, TracerError

_LOST = "its page says less without; run `tracer build-graphs` again, or restore it"


@dataclass(frozen=True)
class StoredParts:
    """What lies beside a graph's file; None where there is no such file."""

    graph_file: Path
    flows: StoredFile | None = None
    words: StoredFile | None = None
    heads: StoredFile | None = None
    stability: StoredFile | None = None

    @property
    def files(self) -> list[StoredFile]:
        every = (self.flows, self.words, self.heads, self.stability)
        return [one for one in every if one is not None]


@dataclass(frozen=True)
class FoundParts:
    """What could be read of a graph's parts, and what is wrong with the others: nothing of it keeps
    a page from being built."""

    parts: Parts
    faults: tuple[TracerError, ...] = ()


def find_parts(stored: StoredParts | None, graph: Graph) -> FoundParts:
    """The parts of a graph that keeps an account; others have none but heads."""
    info = graph.metadata.tracer
    if stored is None or info is None:
        return FoundParts(Parts())
    features = tuple(node.node_id for node in graph.nodes if node.kind == "feature")
    account = info.account is not None
    return _found(stored, info.graph_id, features, len(graph.metadata.prompt_tokens), account)


@lru_cache(maxsize=8)  # each holds up to 80,000 numbers
def _found(
    stored: StoredParts, graph_id: str, features: tuple[str, ...], tokens: int, account: bool
) -> FoundParts:
    faults: list[TracerError] = []
    flows: Flows | None = None
    pushes: Pushes | None = None
    heads: Heads | None = None
    stability: Stability | None = None
    try:
        heads = _heads(stored, graph_id, features, tokens)
    except TracerError as error:
        faults += error.problems
    if not account:
        return FoundParts(Parts(heads=heads), tuple(faults))
    try:
        flows = _flows(stored, graph_id, features)
    except TracerError as error:
        faults += error.problems
    try:
        pushes = _pushes(stored, graph_id, features)
    except TracerError as error:
        faults += error.problems
    try:
        stability = _stability(stored, graph_id, features)
    except TracerError as error:
        faults += error.problems
    return FoundParts(Parts(flows, pushes, heads, stability), tuple(faults))


def _flows(stored: StoredParts, graph_id: str, features: tuple[str, ...]) -> Flows:
    file = flows_file(stored.graph_file)
    if stored.flows is None:
        raise _missing(file, "every flow of its account")
    flows = read_flows(file, graph_id)
    # A feature that the graph explains is a target, and none of those that flow into it.
    if flows.features != features[: len(flows.features)] or len(features) - len(flows.features) > 1:
        raise _other_features(file)
    return flows


def _pushes(stored: StoredParts, graph_id: str, features: tuple[str, ...]) -> Pushes:
    file = words_file(stored.graph_file)
    if stored.words is None:
        raise _missing(file, "what its features push")
    pushes = read_pushes(file, graph_id)
    if len(features) - len(pushes.rows) not in (0, 1):
        raise _other_features(file)
    return pushes


def _heads(
    stored: StoredParts, graph_id: str, features: tuple[str, ...], tokens: int
) -> Heads | None:
    """Graphs need not have this part: older ones do not."""
    if stored.heads is None:
        return None
    file = heads_file(stored.graph_file)
    heads = read_heads(file, graph_id)
    places = [at for one in heads.looks for at in (one.to, *one.keys)]
    places += [at for word in heads.words for at in word]
    whys = (one.why for one in heads.looks if one.why)
    places += [at for one in whys for piece in one.pieces for at in piece.word or ()]
    if max(places, default=0) >= tokens or {len(one.rows) for one in heads.patterns} - {tokens}:
        raise TracerError(
            "it tells of tokens that the prompt has not", hint=_LOST, place=Place(file)
        )
    if {one for group in heads.groups for one in group} - set(features):
        raise _other_features(file)
    return heads


def _stability(stored: StoredParts, graph_id: str, features: tuple[str, ...]) -> Stability | None:
    """Of graphs that somebody asked it of."""
    if stored.stability is None:
        return None
    file = stability_file(stored.graph_file)
    found = read_stability(file, graph_id)
    if found.nodes.keys() - set(features):
        raise _other_features(file)
    return found


def _missing(file: Path, what: str) -> TracerError:
    return TracerError(f"missing: {what}", hint=_LOST, place=Place(file))


def _other_features(file: Path) -> TracerError:
    what = "it tells of other features than the graph lists"
    return TracerError(what, hint=_LOST, place=Place(file))
