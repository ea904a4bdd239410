"""Why a head looked: its score for one token, against the mean of the others', as a sum over what
stands at both. The lists have the shape that Neuronpedia's graphs have them in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tracer.documents.parts.short import short
from tracer.documents.records import Many, Strict

Number = Annotated[float, Field(allow_inf_nan=False)]
Place = Annotated[int, Field(ge=0, le=100_000)]
PieceId = Annotated[str, Field(min_length=1, max_length=80)]
Kind = Literal["embedding", "mlp", "heads", "feature", "constant", "rest"]


class WhyPiece(Strict):
    """Something that stands at the token that looks, or at the one it looks at. A feature has its
    node's id, an embedding its token's."""

    id: PieceId
    kind: Kind
    layers: tuple[Place, Place] | None = Field(None, description="the first and last that wrote it")
    word: tuple[Place, ...] | None = Field(
        None, description="the tokens that heads brought it from"
    )
    qk_only: bool | None = Field(None, description="a feature that the graph does not list")


class QkTracingResults(Strict):
    """Ids of pieces with what they add, the strongest first. Each of the marginals adds up."""

    pair_wise_contributors: Many[tuple[PieceId, PieceId, Number]] = Field(
        description="at the token that looks, and at the one it looks at"
    )
    top_q_marginal_contributors: Many[tuple[PieceId, Number]]
    top_k_marginal_contributors: Many[tuple[PieceId, Number]]


class WhyLooked(Strict):
    """`score` is what the softmax reads for the token `key`, `others` the mean of the other tokens
    that the head may look at, the start left out; the marginals add up to the difference."""

    key: Place
    score: Number
    others: Number
    pieces: Many[WhyPiece]
    qk_tracing_results: QkTracingResults

    def to_dict(self) -> dict[str, Any]:
        """Numbers to four digits; nothing of what there is not."""
        return short(self)

    @property
    def lead(self) -> float:
        return self.score - self.others

    def piece(self, piece_id: str) -> WhyPiece:
        """Raises KeyError for one that it does not describe."""
        for one in self.pieces:
            if one.id == piece_id:
                return one
        raise KeyError(piece_id)

    def undescribed(self) -> list[str]:
        """Ids that no piece has."""
        known, told = {one.id for one in self.pieces}, self.qk_tracing_results
        named = [one for first, second, _ in told.pair_wise_contributors for one in (first, second)]
        named += [one for one, _ in told.top_q_marginal_contributors]
        named += [one for one, _ in told.top_k_marginal_contributors]
        return [one for one in named if one not in known]
