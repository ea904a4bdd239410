"""`<n>.flows.bin`: every flow of a graph's account, so that any group of nodes adds up.

A flow is what runs from one node through another to the answer, in units of the question. Sixteen
bits each, close to logarithmic: within 2e-4 of itself, or of a ten thousandth of the largest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tracer.documents.parts.packed import damaged, floats, pack, read_floats, unpack

NAME = "flows"
MOST_FEATURES, MOST_INPUTS = 4_000, 4_000
_LINEAR = 1e-4  # below this share of the largest flow, codes are evenly spaced
_STEPS = 32_767
_BEND = _STEPS / math.asinh(1 / _LINEAR)


@dataclass(frozen=True)
class Flows:
    """Of `k` features in the graph's order, and of the other `inputs`: tokens, start, biases,
    errors.

    `between[t]` holds what runs into feature `t` from features 0 to `t - 1`; `entering[t]` what
    runs into it from the inputs; `leaving` what runs from each feature straight to the question,
    `straight` from each input. In units of the question; `effects` are what each feature's flows
    add up to, on either side.
    """

    graph_id: str
    features: tuple[str, ...]
    inputs: tuple[str, ...]
    effects: Sequence[float]
    leaving: Sequence[float]
    straight: Sequence[float]
    between: Sequence[Sequence[float]]
    entering: Sequence[Sequence[float]]

    def packed(self) -> bytes:
        rows = [[*row, *given] for row, given in zip(self.between, self.entering, strict=True)]
        largest = max((abs(one) for row in rows for one in row), default=0.0)
        codes = [_code(one / largest) if largest else 0 for row in rows for one in row]
        head = {"features": self.features, "inputs": self.inputs, "largest": largest}
        plain = floats([*self.effects, *self.leaving, *self.straight])
        # High bytes apart from low ones: only the former repeat.
        high = bytes(code >> 8 & 0xFF for code in codes)
        low = bytes(code & 0xFF for code in codes)
        return pack(NAME, self.graph_id, head, plain + high + low)


def read_flows(file: Path, graph_id: str) -> Flows:
    """Raises TracerError where the file is missing, damaged or of another graph."""
    head, body = unpack(file, NAME, graph_id)
    features, inputs = _names(head.get("features")), _names(head.get("inputs"))
    largest = head.get("largest")
    if features is None or inputs is None or not isinstance(largest, int | float):
        raise damaged(file, "it does not say whose flows these are")
    k, m = len(features), len(inputs)
    plain = 4 * (2 * k + m)
    count = k * (k - 1) // 2 + k * m
    if k > MOST_FEATURES or m > MOST_INPUTS or len(body) != plain + 2 * count:
        raise damaged(file, "it does not hold as many flows as it says")
    numbers = read_floats(body[:plain])
    values = _values(float(largest))
    high, low = body[plain : plain + count], body[plain + count :]
    flows = [values[a << 8 | b] for a, b in zip(high, low, strict=True)]
    between, entering, at = [], [], 0
    for row in range(k):
        between.append(flows[at : at + row])
        entering.append(flows[at + row : at + row + m])
        at += row + m
    if not all(map(math.isfinite, (*numbers, float(largest)))):
        raise damaged(file, "it holds numbers that are not finite")
    return Flows(
        graph_id=graph_id,
        features=features,
        inputs=inputs,
        effects=numbers[:k],
        leaving=numbers[k : 2 * k],
        straight=numbers[2 * k :],
        between=between,
        entering=entering,
    )


def _code(share: float) -> int:
    return round(math.asinh(share / _LINEAR) * _BEND)


@lru_cache(maxsize=4)
def _values(largest: float) -> list[float]:
    """What each code of 16 bits means, negative ones as two's complement."""
    signed = [code - 65_536 if code > _STEPS else code for code in range(65_536)]
    return [math.sinh(code / _BEND) * _LINEAR * largest for code in signed]


def _names(found: object) -> tuple[str, ...] | None:
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return tuple(found)
    return None
