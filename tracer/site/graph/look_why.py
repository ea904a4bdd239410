"""Why a head looked at a token, as a graph's page says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.documents.parts.heads import TriedLook
from tracer.documents.parts.why import WhyLooked
from tracer.documents.why_words import PieceWords
from tracer.site.graph.claims import tokens_named
from tracer.site.prose.node_links import node_link
from tracer.site.wording.amounts import amount

LEAST = 0.02  # of all that is told at one end: what is less is not shown
PAIRS = 3


@dataclass(frozen=True)
class ShownPiece:
    """`link` selects its node, if it is one; `qk_only` nodes are not in the graph."""

    name: str
    adds: str
    link: dict[str, str]
    qk_only: bool


@dataclass(frozen=True)
class ShownWhy:
    """`key` and `query` name the tokens."""

    sentence: str
    key: str
    query: str
    at_key: tuple[ShownPiece, ...]
    at_query: tuple[ShownPiece, ...]
    pairs: tuple[tuple[str, str, str], ...]


class Whys:
    """Of one graph."""

    def __init__(self, graph: Graph, annotations: Annotations) -> None:
        self.tokens = graph.metadata.prompt_tokens
        self.words = PieceWords(graph, annotations)

    def of(self, look: TriedLook) -> ShownWhy | None:
        """None where nobody asked why."""
        why = look.why
        if why is None:
            return None
        results = why.qk_tracing_results
        key, query = (tokens_named([at], self.tokens) for at in (why.key, look.to))
        return ShownWhy(
            sentence=self._sentence(why, key, query),
            key=key,
            query=query,
            at_key=self._pieces(why, results.top_k_marginal_contributors),
            at_query=self._pieces(why, results.top_q_marginal_contributors),
            pairs=tuple(
                (self._name(why, first), self._name(why, second), amount(value))
                for first, second, value in results.pair_wise_contributors[:PAIRS]
            ),
        )

    def _sentence(self, why: WhyLooked, key: str, query: str) -> str:
        """What helped most at both ends."""
        results = why.qk_tracing_results
        ends = (
            (results.top_k_marginal_contributors, key),
            (results.top_q_marginal_contributors, query),
        )
        helped = []
        for rows, token in ends:
            told = [row for row in rows if why.piece(row[0]).kind != "rest"]
            name, value = max(told, key=lambda row: row[1])
            if value > 0:
                helped.append(f"{self._name(why, name)} at {token} ({amount(value)})")
        because = (
            f"It looked there because of {' and '.join(helped)}" if helped else "It looked there"
        )
        return (
            f"{because}: its score there is {amount(why.score)}, where the other tokens have "
            f"{amount(why.others)} in the mean, the start left out."
        )

    def _pieces(self, why: WhyLooked, rows: Sequence[tuple[str, float]]) -> tuple[ShownPiece, ...]:
        least = LEAST * sum(abs(value) for _, value in rows)
        return tuple(
            ShownPiece(
                self._name(why, piece_id),
                amount(value),
                node_link([piece_id]) if piece_id in self.words.names else {},
                bool(why.piece(piece_id).qk_only),
            )
            for piece_id, value in rows
            if abs(value) >= least
        )

    def _name(self, why: WhyLooked, piece_id: str) -> str:
        return self.words.of(why.piece(piece_id))
