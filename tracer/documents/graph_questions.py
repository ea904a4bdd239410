"""Questions to the files of one graph, answered without a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tracer.documents.account import Box
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.claims import Claim, reference
from tracer.documents.enclosure import is_there
from tracer.documents.evidence import ClaimEvidence, Evidence, evidence_file, load_evidence
from tracer.documents.graph import Graph, Node
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.group_account import account
from tracer.documents.parts.flows import Flows
from tracer.documents.parts.parts import load_parts
from tracer.documents.prompt_words import input_names, word_of
from tracer.errors import TracerError, did_you_mean

ANSWER = "the answer"


@dataclass(frozen=True)
class Flow:
    """What runs from one end to another, in units of the question."""

    source: str
    target: str
    value: float


@dataclass(frozen=True)
class Way:
    """A way through the graph; it is as strong as its weakest flow."""

    nodes: tuple[str, ...]
    weakest: float


@dataclass(frozen=True)
class GraphQuestions:
    """What can be asked of one graph. Nodes are named by their ids."""

    root: Path
    slug: str
    revision: int

    @cached_property
    def file(self) -> Path:
        return GraphFolder(self.root / "graphs").path(self.slug, self.revision)

    @cached_property
    def document(self) -> Graph:
        return GraphFolder(self.root / "graphs").load(self.slug, self.revision)

    def answer(self) -> tuple[str, float | None]:
        """The token that is explained, and its probability."""
        info = self.document.metadata.tracer
        if info is None:
            raise TracerError(f"`{self.slug}` does not say what it explains")
        found = (one for one in info.answers if one.token_id == info.question.target_id)
        return info.question.target, next((one.probability for one in found), None)

    def strongest(self, most: int = 10) -> list[Node]:
        """Features by the size of their effect."""
        features = [one for one in self.document.nodes if one.kind == "feature"]
        return sorted(features, key=lambda one: -abs(one.effect or 0.0))[:most]

    def strongest_against(self, most: int = 10) -> list[Node]:
        """Features that oppose the answer most."""
        features = [one for one in self.document.nodes if (one.effect or 0.0) < 0]
        found = (one for one in features if one.kind == "feature")
        return sorted(found, key=lambda one: one.effect or 0.0)[:most]

    def at_word(self, word: str) -> list[Node]:
        """The features at a word of the prompt, strongest first."""
        words = word_of(self.document.metadata.prompt_tokens)
        return [one for one in self.strongest(10**6) if words[one.ctx_idx] == word]

    def words(self) -> list[Flow]:
        """What each word, the start and biases add to the answer over all paths."""
        flows = self.flows
        names = input_names(flows.inputs, self.document.metadata.prompt_tokens)
        effects = {one.node_id: one.effect or 0.0 for one in self.document.nodes}
        return [
            Flow(name, ANSWER, effects.get(one, 0.0))
            for name, one in zip(names, flows.inputs, strict=True)
        ]

    def feeds(self, node: str, most: int = 10) -> list[Flow]:
        """What runs into a feature: from other features and from words."""
        return _most((one for one in self._edges if one.target == self._known(node)), most)

    def fed_by(self, node: str, most: int = 10) -> list[Flow]:
        """Where what runs through a feature, or comes from a word, goes on to."""
        return _most((one for one in self._edges if one.source == node), most)

    def flow(self, source: str, target: str) -> float:
        """What runs from one node straight to another."""
        return sum(
            one.value for one in self._edges if one.source == source and one.target == target
        )

    def paths(self, source: str, target: str = ANSWER, most: int = 3) -> list[Way]:
        """The strongest ways from one node to another, each by its weakest flow; no two share a
        node between the ends."""
        found: list[Way] = []
        closed: set[str] = set()
        edges = [one for one in self._edges if one.value]
        while len(found) < most:
            path = _widest(
                [one for one in edges if not closed & {one.source, one.target}], source, target
            )
            if path is None:
                break
            found.append(path)
            closed |= set(path.nodes[1:-1])
            if len(path.nodes) == 2:  # the straight way, which no node closes
                edges = [one for one in edges if (one.source, one.target) != (source, target)]
        return found

    def through(self, nodes: Sequence[str]) -> Box:
        """What runs through some features together, and what they read and push."""
        return account(self.file, nodes)

    def group(self, key: str) -> Box:
        """The same of a group that people made."""
        groups = self.said.group_members(self.document.node_ids)
        if key not in groups:
            hint = did_you_mean(key, list(groups)) or f"known: {', '.join(groups) or 'none'}"
            raise TracerError(f"nobody named a group `{key}` of `{self.slug}`", hint=hint)
        return self.through(groups[key])

    def boxes(self) -> tuple[Box, ...]:
        """Groups that nobody made, as pages draw them."""
        info = self.document.metadata.tracer
        return () if info is None or info.account is None else info.account.boxes

    def claims_of(self, group: str) -> list[Claim]:
        """The claims that name a group."""
        wanted = f"group:{group}"
        return [
            one
            for one in self.said.claims
            if any(reference(target).text == wanted for _, target in one.targets())
        ]

    def tried(self) -> tuple[ClaimEvidence, ...]:
        """What became of claims."""
        return () if self.evidence is None else self.evidence.claims

    def predicts(self) -> float | None:
        """How well predicted effects of single features correlate with real ones."""
        measured = None if self.evidence is None else self.evidence.faithfulness
        return None if measured is None else measured.correlation

    def exchanged(self) -> tuple[float, float] | None:
        """How much of the lead the strongest supporters bring along, and how much is lost without
        them, against the counterfactual."""
        found = None if self.evidence is None else self.evidence.exchange
        return (found.curve[-1].enough, found.curve[-1].needed) if found and found.curve else None

    @cached_property
    def said(self) -> Annotations:
        file = self.root / "site_src" / "annotations" / f"{self.slug}.yaml"
        return load_annotations(file)[0] if is_there(file) else Annotations()

    @cached_property
    def evidence(self) -> Evidence | None:
        file, info = evidence_file(self.file), self.document.metadata.tracer
        found = load_evidence(file) if is_there(file) else None
        return found if found and info and found.graph_id == info.graph_id else None

    @cached_property
    def flows(self) -> Flows:
        """All flows. Raises TracerError for a graph without an account."""
        info = self.document.metadata.tracer
        found = None if info is None else load_parts(self.file, info.graph_id).flows
        if found is None:
            what = f"`{self.slug}` has no account: its flows are not there"
            raise TracerError(what, hint="trace it again, with `remainder: transparent`")
        return found

    @cached_property
    def _edges(self) -> tuple[Flow, ...]:
        return tuple(_edges_of(self.flows))

    def _known(self, node: str) -> str:
        if node != ANSWER and node not in self.flows.features:
            hint = did_you_mean(node, sorted(self.flows.features)) or "name a listed feature"
            raise TracerError(f"`{node}` is no listed feature of `{self.slug}`", hint=hint)
        return node


def _edges_of(flows: Flows) -> Iterator[Flow]:
    names = flows.features
    for at, target in enumerate(names):
        for source, value in zip(names, flows.between[at], strict=False):
            yield Flow(source, target, value)
        for source, value in zip(flows.inputs, flows.entering[at], strict=True):
            yield Flow(source, target, value)
    for source, value in zip(names, flows.leaving, strict=True):
        yield Flow(source, ANSWER, value)
    for source, value in zip(flows.inputs, flows.straight, strict=True):
        yield Flow(source, ANSWER, value)


def _most(flows: Iterator[Flow], most: int) -> list[Flow]:
    return sorted((one for one in flows if one.value), key=lambda one: -abs(one.value))[:most]


def _widest(edges: Sequence[Flow], source: str, target: str) -> Way | None:
    """The path whose weakest flow, by size, is the largest: edges are in ascending order of their
    targets, so one look at each suffices."""
    width: dict[str, float] = {source: float("inf")}
    before: dict[str, str] = {}
    for one in edges:
        reach = min(width.get(one.source, 0.0), abs(one.value))
        if reach > width.get(one.target, 0.0):
            width[one.target], before[one.target] = reach, one.source
    if target not in before:
        return None
    nodes = [target]
    while nodes[-1] != source:
        nodes.append(before[nodes[-1]])
    return Way(tuple(reversed(nodes)), width[target])
