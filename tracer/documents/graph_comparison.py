"""Whether two traces of one question say the same."""

from __future__ import annotations

from collections.abc import Mapping

from tracer.documents.graph import Graph

TOLERANCE = 1e-3
RANK_TOLERANCE = 0.01


def agree(left: Graph, right: Graph, tolerance: float = TOLERANCE) -> bool:
    """Same nodes, same links, and numbers within `tolerance`, relative to the larger of the two
    or to a thousandth of the largest of their kind; rank shares within RANK_TOLERANCE."""
    nodes = [{node.node_id: node for node in graph.nodes} for graph in (left, right)]
    links: list[dict[str, float | None]] = [
        {f"{link.source} {link.target}": link.weight for link in graph.links}
        for graph in (left, right)
    ]

    def column(name: str) -> list[dict[str, float | None]]:
        return [{key: getattr(node, name) for key, node in side.items()} for side in nodes]

    numbers = [links, column("activation"), column("effect"), column("token_prob")]
    same = all(_close(one, other, tolerance) for one, other in numbers)
    # `influence` is a rank: two nodes of nearly equal strength may change places.
    ranks, others = column("influence")
    return same and all(
        abs((ranks[key] or 0) - (others[key] or 0)) <= RANK_TOLERANCE for key in ranks
    )


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
