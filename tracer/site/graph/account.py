"""The answer as an exact sum over the prompt's words and what is there for every prompt."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tracer.documents.account import AccountInfo
from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph, Node
from tracer.documents.parts.ledger import Ledger
from tracer.documents.parts.parts import Parts
from tracer.documents.prompt_words import BIASES, ERRORS, START, spans
from tracer.documents.token_text import goes_on_within_letter, joined
from tracer.site.graph.shaded_prompt import Piece, Share, shaded, sign_of
from tracer.site.prose.node_links import node_link
from tracer.site.wording.amounts import signed
from tracer.site.wording.answers import asked_instead, target_node
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import start, visible

_SHOWN_ALTERNATIVES, _LEAST_WEIGHT = 5, 0.005


@dataclass(frozen=True)
class Row:
    """A line of the table: its number, and its part of the absolute sum."""

    name: str
    pieces: str
    amount: str
    part: str
    sign: str
    link: Mapping[str, str]


@dataclass(frozen=True)
class ShownAccount:
    """Everything that a page says of where the answer comes from."""

    graph: Graph
    info: AccountInfo
    annotations: Annotations
    parts: Parts

    @property
    def subject(self) -> str:
        return asked_instead(self.graph) or "the answer"

    @cached_property
    def words(self) -> tuple[Share, ...]:
        """In the prompt's order; sub-words of one word are one."""
        return tuple(one for _, one in self._spans if one is not None)

    @cached_property
    def constants(self) -> tuple[Share, ...]:
        """The start, biases, and what transcoders leave out, where there are such."""
        found: dict[str, list[Node]] = defaultdict(list)
        for node in self.graph.nodes:
            if node.effect is not None and (name := _constant(node)) is not None:
                found[name].append(node)
        return tuple(
            Share(name, sum(one.effect or 0.0 for one in nodes), tuple(n.node_id for n in nodes))
            for name, nodes in found.items()
        )

    @property
    def shares(self) -> tuple[Share, ...]:
        """All of them; they add up to the quantity."""
        return (*self.constants, *self.words)

    @property
    def prompt(self) -> Iterator[Piece]:
        """The whole prompt in pieces, as it is written."""
        return shaded(self._spans, self.gross, self.amount)

    @property
    def table(self) -> list[Row]:
        """The strongest first."""
        often = Counter(one.name for one in self.shares)
        return [
            Row(
                name=one.name,
                pieces=", ".join(f"{text} {self.amount(v)}" for text, v in one.pieces)
                or (f"token {one.position}" if often[one.name] > 1 else ""),
                amount=self.amount(one.value, digits=3),
                part=percent(abs(one.value) / self.gross) if self.gross else "–",
                sign=sign_of(one.value),
                link=node_link(one.nodes),
            )
            for one in sorted(self.shares, key=lambda one: -abs(one.value))
        ]

    @property
    def summed(self) -> list[tuple[str, str, str]]:
        """Words together, and each of the others: name, number, sign."""
        words = sum(one.value for one in self.words)
        told = [("the words", words), *((one.name, one.value) for one in self.constants)]
        return [(name, self.amount(value), sign_of(value)) for name, value in told]

    @property
    def total(self) -> str:
        return f"{self.amount(self.info.quantity)}{self.unit}"

    @property
    def unit(self) -> str:
        return " logits" if self.info.unit == "logits" else ""

    @property
    def meaning(self) -> str:
        """What the sum is the size of; only against named answers is it a lead."""
        tracer, node = self.graph.metadata.tracer, target_node(self.graph)
        assert tracer is not None
        question = tracer.question
        if question.kind == "feature" and node is not None:
            token = visible(self.graph.metadata.prompt_tokens[node.ctx_idx])
            return f"how active {self.subject} is at “{token}”"
        if question.kind == "direction":
            return f"how far the stream goes along {self.subject}"
        answer = f"“{visible(question.target)}”"
        if question.contrast:
            others = [f"“{visible(one)}”" for one in question.contrast]
            mean = "" if len(others) == 1 else ", on average"
            ahead = "leads by" if self.info.quantity >= 0 else "is behind by"
            size = self.amount(abs(self.info.quantity)).lstrip("+")
            return f"for {answer} rather than {_listed(others)}: it {ahead} {size}{mean}"
        if self.info.alternatives:
            return f"for {answer} rather than {self._alternatives}{self._odds}"
        return f"for {answer} rather than the mean of all tokens"

    @property
    def _alternatives(self) -> str:
        known = [one for one in self.info.alternatives if one.weight >= _LEAST_WEIGHT]
        shown = known[:_SHOWN_ALTERNATIVES] or list(self.info.alternatives[:1])
        told = ", ".join(
            f"“{visible(one.token)}” {f'{one.weight:.2f}'.lstrip('0')}" for one in shown
        )
        return told if len(shown) == len(self.info.alternatives) else f"{told} …"

    @property
    def _odds(self) -> str:
        """The quantity is log(p / (1 - p)) and the alternatives' entropy."""
        entropy = self.info.entropy
        if entropy is None or self.info.unit != "logits":
            return ""
        return f"; log-odds {signed(self.info.quantity - entropy, 1)}"

    @property
    def through_groups(self) -> str | None:
        """How much of the answer runs through all groups; None where that is not known."""
        ledger = self.ledger
        if ledger is None or not self.info.quantity:
            return None
        members = self.annotations.group_members(self.graph.node_ids)
        people = {one for ids in members.values() for one in ids} & ledger.place.keys()
        boxes = {one for box in self.info.boxes for one in box.nodes}
        grouped, named = (people, "the named groups") if people else (boxes, "the automatic boxes")
        if not grouped:
            return None
        lost = ledger.lost(grouped)
        share = lost / self.info.quantity
        through = f"Through {named}, taken together, runs {self.amount(lost)}"
        if 0 <= share <= 1:
            return f"{through} of the {self.total} ({percent(share)})."
        past = self.amount(self.info.quantity - lost)
        return f"{through} and past them {past}, which makes {self.total}."

    @cached_property
    def ledger(self) -> Ledger | None:
        """None where the file of all flows is missing or damaged."""
        return Ledger(self.parts.flows, self.parts.pushes) if self.parts.flows else None

    @cached_property
    def gross(self) -> float:
        """The absolute sum."""
        return sum(abs(one.value) for one in self.shares)

    def amount(self, value: float, digits: int = 2) -> str:
        """With its sign, and as many decimals as the whole sum needs."""
        finer = 2 if self.gross < 0.1 else 0
        return signed(value, digits + finer)

    @cached_property
    def _spans(self) -> list[tuple[str, Share | None]]:
        """The prompt's text from its beginning, word by word."""
        tokens = self.graph.metadata.prompt_tokens
        by_position = {
            node.ctx_idx: node
            for node in self.graph.nodes
            if node.kind == "embedding" and node.index is not None and node.ctx_idx > 0
        }
        found: list[tuple[str, Share | None]] = []
        for first, end in _whole_letters(tokens):
            if first < start(tokens):
                continue
            nodes = [by_position[at] for at in range(first, end) if at in by_position]
            found.append((joined(tokens[first:end]), _share(nodes, tokens, first, end)))
        return found


def show_account(graph: Graph, annotations: Annotations, parts: Parts) -> ShownAccount | None:
    """None for a graph that keeps no account."""
    info = graph.metadata.tracer
    if info is None or info.account is None:
        return None
    return ShownAccount(graph, info.account, annotations, parts)


def _share(nodes: Sequence[Node], tokens: Sequence[str], first: int, end: int) -> Share | None:
    if not nodes:
        return None
    name = visible(joined(tokens[first:end]))
    pieces = [(visible(tokens[node.ctx_idx]), node.effect or 0.0) for node in nodes]
    value = sum(one for _, one in pieces)
    ids = tuple(node.node_id for node in nodes)
    return Share(name, value, ids, first, tuple(pieces) if len(pieces) > 1 else ())


def _constant(node: Node) -> str | None:
    """What is not of the prompt's words; None for these and for what stands above them."""
    if node.node_id == BIASES:
        return "biases"
    if node.kind == "error":
        return ERRORS
    first = node.kind == "embedding" and node.index is not None and node.ctx_idx == 0
    return START if first else None


def _whole_letters(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Where words begin and end; none ends within a letter that is spread over tokens."""
    found: list[tuple[int, int]] = []
    for first, end in spans(tokens):
        if first > 1 and goes_on_within_letter(tokens[first - 1], tokens[first]):
            found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
    return found


def _listed(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
