"""What an account adds up besides the nodes that it lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["start", "biases", "word", "other words", "error"]


@dataclass(frozen=True)
class Source:
    """`start` is everything at position 0, the same for every prompt; `biases` are what the model
    adds whatever it reads; an `error` is what a transcoder leaves out of one MLP's output."""

    kind: Kind
    position: int | None = None  # of a word or an error
    layer: int | None = None  # of an error


def sources_of(
    n_positions: int, words: Sequence[int] | None, errors: Sequence[tuple[int, int]]
) -> tuple[Source, ...]:
    """In the order of an account's columns. `words` are the positions that get a row of their own,
    by default all; the others share one. `errors` are (layer, position)."""
    kept = range(1, n_positions) if words is None else sorted(words)
    rest = [Source("other words")] if len(kept) < n_positions - 1 else []
    return (
        Source("start"),
        Source("biases"),
        *rest,
        *(Source("word", position) for position in kept),
        *(Source("error", position, layer) for layer, position in errors),
    )
