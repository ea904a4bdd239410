"""Whether two traces of one question say the same."""

from __future__ import annotations

from collections.abc import Mapping

from tracer.documents.graph import Graph

TOLERANCE = 1e-3


def agree(left: Graph, right: Graph, tolerance: float = TOLERANCE) -> bool:
    """Same nodes, same links, and numbers within `tolerance`, relative to the larger of the two
    or to a thousandth of the largest of their kind."""
    nodes = [{node.node_id: node for node in graph.nodes} for graph in (left, right)]
    links = [
        {f"{link.source} {link.target}": link.weight for link in graph.links}
        for graph in (left, right)
    ]
    columns = [links]
    for name in ("influence", "activation", "effect", "token_prob"):
        columns.append([{key: getattr(node, name) for key, node in side.items()} for side in nodes])
    return all(_close(one, other, tolerance) for one, other in columns)


def _close(
    left: Mapping[str, float | None], right: Mapping[str, float | None], tolerance: float
) -> bool:
    if left.keys() != right.keys():
        return False
    floor = 1e-3 * max((abs(value) for value in left.values() if value is not None), default=0.0)
    for key, one in left.items():
        other = right[key]
        if one is None or other is None:
            if one is not other:
                return False
        elif abs(one - other) > tolerance * max(abs(one), abs(other), floor):
            return False
    return True
