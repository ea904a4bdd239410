"""Why one head looked where it did, asked of a graph's prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from tracer.attribution.look_score import LookedAt
from tracer.attribution.origin import FeatureName
from tracer.attribution.why import why_looked
from tracer.batch.found_why import why_document
from tracer.batch.report import table_of
from tracer.batch.subject import Subject
from tracer.documents.head_names import Head
from tracer.documents.parts.why import WhyLooked
from tracer.documents.prompt_words import spans
from tracer.documents.why_words import PieceWords
from tracer.errors import TracerError
from tracer.features.source import ActiveFeatures
from tracer.model.frozen_pass import FrozenPass


@dataclass(frozen=True)
class WhyAsked:
    """Head `head` looks at token `key`, from token `query`."""

    head: Head
    key: int
    query: int

    @staticmethod
    def of(head: str, key: int, query: int) -> WhyAsked:
        """Raises TracerError for what names no head."""
        try:
            return WhyAsked(Head.parse(head), key, query)
        except ValueError as error:
            raise TracerError(f"`{head}` names no head", hint=str(error)) from None

    def answered(self, subject: Subject, frozen: FrozenPass, active: ActiveFeatures) -> WhyLooked:
        """Raises TracerError for a look that there is not."""
        look = LookedAt(self.head.layer, self.head.head, self.query, self.key)
        ids = [one.node_id for one in subject.graph.nodes if one.kind == "feature"]
        listed = [FeatureName.parse(one, positions=frozen.n_positions) for one in ids]
        words = spans(subject.graph.metadata.prompt_tokens)
        (why,) = why_looked(frozen, active, [look], words, listed=listed)
        return why_document(why, frozen.token_ids, ids)


def why_report(subject: Subject, asked: WhyAsked, found: WhyLooked) -> Group:
    tokens = subject.graph.metadata.prompt_tokens
    words = PieceWords(subject.graph, subject.annotations)
    results = found.qk_tracing_results
    at_query, at_key = (f"“{tokens[at].strip()}” {at}" for at in (asked.query, asked.key))
    said = (
        f"From {at_query} head {asked.head} gives {at_key} a score of {found.score:+.2f}, the "
        f"other tokens {found.others:+.2f} in the mean, the start left out. What stands at both "
        f"makes up the difference, {found.lead:+.2f}:"
    )
    return Group(
        escape(said),
        "",
        _table("at the token it looks at", found, results.top_k_marginal_contributors, words),
        "",
        _table("at the token that looks", found, results.top_q_marginal_contributors, words),
        "",
        _pairs(found, words),
    )


def _table(
    title: str, found: WhyLooked, rows: Sequence[tuple[str, float]], words: PieceWords
) -> Table:
    table = table_of(title, "adds", wrap=(title,), right=("adds",))
    for piece, value in rows:
        table.add_row(escape(_named(found, piece, words)), f"{value:+.2f}")
    return table


def _pairs(found: WhyLooked, words: PieceWords) -> Table:
    names = ("strongest pairs: at the token that looks", "at the other", "adds")
    table = table_of(*names, wrap=names[:2], right=names[2:])
    for query, key, value in found.qk_tracing_results.pair_wise_contributors:
        ends = (escape(_named(found, one, words)) for one in (query, key))
        table.add_row(*ends, f"{value:+.2f}")
    return table


def _named(found: WhyLooked, piece_id: str, words: PieceWords) -> str:
    piece = found.piece(piece_id)
    return f"{words.of(piece)}{' (not in the graph)' if piece.qk_only else ''}"
