"""Why heads looked, as it is stored and printed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tracer.attribution.standing import Piece
from tracer.attribution.why import Why
from tracer.documents.parts.why import QkTracingResults, WhyLooked, WhyPiece

PAIRS = 6


def why_document(why: Why, token_ids: Sequence[int], listed: Collection[str]) -> WhyLooked:
    """`listed` are the ids of a graph's nodes: a feature that is none of them is `qk_only`."""
    queries = [_piece(one, why.look.query, token_ids, listed) for one in why.at_query]
    keys = [_piece(one, why.look.key, token_ids, listed) for one in why.at_key]
    pairs = [
        (query.id, key.id, value)
        for query, row in zip(queries, why.pairs.tolist(), strict=True)
        for key, value in zip(keys, row, strict=True)
        if "rest" not in (query.kind, key.kind)
    ]
    return WhyLooked(
        key=why.look.key,
        score=why.score,
        others=why.others,
        pieces=(*queries, *keys),
        qk_tracing_results=QkTracingResults(
            pair_wise_contributors=sorted(pairs, key=lambda one: -abs(one[2]))[:PAIRS],
            top_q_marginal_contributors=_sorted(queries, why.by_query),
            top_k_marginal_contributors=_sorted(keys, why.by_key),
        ),
    )


def _sorted(pieces: Sequence[WhyPiece], values: Sequence[float]) -> tuple[tuple[str, float], ...]:
    """What was not told by itself stands last."""
    found = sorted(
        zip(pieces, values, strict=True), key=lambda one: (one[0].kind == "rest", -abs(one[1]))
    )
    return tuple((piece.id, value) for piece, value in found)


def _piece(one: Piece, at: int, token_ids: Sequence[int], listed: Collection[str]) -> WhyPiece:
    if one.feature is not None:
        name = str(one.feature)
        return WhyPiece(id=name, kind=one.kind, qk_only=None if name in listed else True)
    if one.kind == "embedding":
        return WhyPiece(id=f"E_{token_ids[at]}_{at}", kind=one.kind)
    name = {"constant": "biases"}.get(one.kind, one.kind)
    if one.layers is not None:
        name += "_{}-{}".format(*one.layers)
    name += f"_{at}"
    if one.word is not None:
        name += f"_from_{one.word[0]}"
    return WhyPiece(id=name, kind=one.kind, layers=one.layers, word=one.word)
