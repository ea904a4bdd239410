"""`<n>.words.bin`: what each feature of a graph pushes, over the likeliest words.

Six bits a word, with a scale of its own for each feature.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer.documents.parts.packed import damaged, floats, pack, read_floats, unpack

NAME = "words"
WORDS = 448  # at 400 features, with all their flows, less than 300 KB
_MOST = 31
MOST_FEATURES, MOST_WORDS = 4_000, 4_000


@dataclass(frozen=True)
class Pushes:
    """`rows` (features, words): what each feature in the graph's order adds to the logits of
    `words`, whose token ids are `ids`, over all paths, less the mean by `weights`: the words'
    probabilities to the power of a quarter, which add up to 1."""

    graph_id: str
    words: tuple[str, ...]
    ids: tuple[int, ...]
    weights: Sequence[float]
    rows: Sequence[Sequence[float]]

    def packed(self) -> bytes:
        scales = [max(map(abs, row), default=0.0) / _MOST for row in self.rows]
        codes = bytes(
            _MOST + (round(one / scale) if scale else 0)
            for row, scale in zip(self.rows, scales, strict=True)
            for one in row
        )
        body = floats([*self.weights, *scales]) + codes
        head = {"words": self.words, "ids": self.ids, "features": len(scales)}
        return pack(NAME, self.graph_id, head, body)


def read_pushes(file: Path, graph_id: str) -> Pushes:
    """Raises TracerError where the file is missing, damaged or of another graph."""
    head, body = unpack(file, NAME, graph_id)
    words, ids = _all_are(head.get("words"), str), _all_are(head.get("ids"), int)
    k = head.get("features")
    if words is None or ids is None or len(words) != len(ids):
        raise damaged(file, "it does not say which words these are")
    n = len(words)
    fits = isinstance(k, int) and 0 <= k <= MOST_FEATURES and n <= MOST_WORDS
    if not isinstance(k, int) or not fits or len(body) != 4 * (n + k) + n * k:
        raise damaged(file, "it does not hold as many words as it says")
    numbers = read_floats(body[: 4 * (n + k)])
    if not all(map(math.isfinite, numbers)):
        raise damaged(file, "it holds numbers that are not finite")
    codes = body[4 * (n + k) :]
    rows = [
        [(code - _MOST) * scale for code in codes[at * n : (at + 1) * n]]
        for at, scale in enumerate(numbers[n:])
    ]
    return Pushes(graph_id, tuple(words), tuple(ids), numbers[:n], rows)


def _all_are(found: Any, kind: type) -> list[Any] | None:
    fits = isinstance(found, list) and all(isinstance(one, kind) for one in found)
    return found if fits else None
