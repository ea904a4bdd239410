"""Graphs that were traced twice: alike as the format says, never to the last bit."""

from __future__ import annotations

from tracer.documents.graph import Graph
from tracer.documents.graph_comparison import TOLERANCE, agree

EXACT = 1e-6  # of what was computed in float64


def assert_same_graph(one: Graph, other: Graph, tolerance: float = TOLERANCE) -> None:
    """The same nodes and links in the same order, their numbers by tolerance."""
    assert one.node_ids == other.node_ids
    ends = [[(link.source, link.target) for link in graph.links] for graph in (one, other)]
    assert ends[0] == ends[1]
    assert agree(one, other, tolerance)
