"""What other viewers call a graph's nodes, for the data file.

`assets/viewer/graph/node_names.js` is its one reader. A `jsNodeId` ends in the position, as here,
or in 0, as circuit-tracer writes it; a feature's number packs layer and index as Cantor paired
them, or as digits (19 and 7477: 1907477). Only what follows from neither is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.documents.graph import Graph, Node

_Style = Callable[[Node], str | None]
_SAFE = 2**53  # what a browser can count to


def other_names(graph: Graph, asked: Node | None) -> dict[str, Any]:
    """The style of each kind of name, and [node, name] for those that are written otherwise.

    `asked` is the feature that stands where answers do; the viewer does not see what it is, so its
    names are always listed.
    """
    nodes = list(enumerate(graph.nodes))
    features = [(i, node) for i, node in nodes if node.kind == "feature"]
    js, odd = _styled(nodes, asked, _JS, lambda node: node.js_node_id)
    number, other = _styled(features, asked, _NUMBERS, _number)
    return {"js": js, "jsOdd": odd, "number": number, "numberOdd": other}


def _styled(
    nodes: list[tuple[int, Node]], asked: Node | None, styles: dict[str, _Style], name: _Style
) -> tuple[str, list[list[Any]]]:
    """The style that leaves least to be listed, and that."""
    left = {
        style: [[i, name(one)] for i, one in nodes if one is asked or name(one) != regular(one)]
        for style, regular in styles.items()
    }
    return min(left.items(), key=lambda item: len(item[1]))


def _number(node: Node) -> str:
    return "" if node.feature is None else str(node.feature)


def _index(node: Node) -> int:
    return -1 if node.index is None else node.index


def _by_position(node: Node) -> str:
    floor = {"embedding": "E", "logit": "L"}.get(node.kind, str(node.layer_number))
    return f"{floor}_{_index(node)}-{node.ctx_idx}"


def _by_zero(node: Node) -> str:
    if node.kind == "error":
        return f"{node.layer_number}_{node.ctx_idx}-0"
    if node.kind == "feature":
        return f"{node.layer_number}_{_index(node)}-0"
    return _by_position(node)


def _cantor(node: Node) -> str | None:
    both = node.layer_number + _index(node)
    number = both * (both + 1) // 2 + _index(node)
    return None if node.index is None or number > _SAFE else str(number)


def _digits(node: Node) -> str | None:
    if node.index is None:
        return None
    number = int(f"{node.layer_number}{node.index:05}")
    return None if number > _SAFE else str(number)


_JS: dict[str, _Style] = {"position": _by_position, "zero": _by_zero}
_NUMBERS: dict[str, _Style] = {"cantor": _cantor, "digits": _digits}
