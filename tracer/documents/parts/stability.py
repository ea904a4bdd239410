"""`<n>.stability.bin`: how much of a graph survives when little about its question changes.

JSON, deflated, as heads are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Annotated

from pydantic import Field

from tracer.documents.parts.json_part import pack_record, read_record
from tracer.documents.records import Many, Strict

NAME = "stability"
SOLID = 0.5  # of the changes that a feature survives, at least
Share = Annotated[float, Field(ge=0, le=1)]


class Change(Strict):
    """One change, and the share of the graph's effects, by size, that survives it."""

    change: str
    survives: Share


class Stability(Strict):
    """Of one graph. `nodes` are its features, each with the share of the changes it survives."""

    graph_id: str
    changes: Many[Change] = Field(min_length=1)
    nodes: Mapping[str, Share]

    @property
    def stable(self) -> float:
        """The mean over changes: one number."""
        return fmean(one.survives for one in self.changes)

    def of(self, nodes: Iterable[str], effects: Mapping[str, float]) -> float | None:
        """The share of changes that features survive, weighted by the size of their effects; None
        where none of them is told of."""
        known = [
            (self.nodes[one], abs(effects.get(one, 0.0))) for one in nodes if one in self.nodes
        ]
        whole = sum(weight for _, weight in known)
        if not known:
            return None
        if not whole:
            return fmean(share for share, _ in known)
        return sum(share * weight for share, weight in known) / whole

    def packed(self) -> bytes:
        return pack_record(NAME, self.graph_id, self)


def read_stability(file: Path, graph_id: str) -> Stability:
    """Raises TracerError where the file is missing, damaged or of another graph."""
    return read_record(file, NAME, graph_id, Stability)
