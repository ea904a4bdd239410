"""Error nodes of older circuit-tracer files, whose ids may be those of layer-0 features.

There, `0_5_3` is the error of layer 5 at position 3, and also feature 5 of layer 0. Where a file
has both, the error gets the id that newer files give it, `5_-1_3`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any


def told_apart(data: Any) -> tuple[Any, list[str]]:
    """The same graph with no id twice on this account, and what had to be assumed."""
    if not isinstance(data, dict) or not _all_dicts(data.get("nodes"), data.get("links")):
        return data, []
    renamed = _renamed(data["nodes"])
    if not renamed:
        return data, []
    nodes = [
        {**node, "node_id": renamed[node["node_id"]]}
        if node.get("node_id") in renamed and _is_error(node)
        else node
        for node in data["nodes"]
    ]
    links, unsure = _links(data["links"], renamed, nodes)
    notices = []
    if unsure:
        notices.append(
            "links that may come from an error or from a feature of the same id, read as the "
            f"feature's: {unsure}"
        )
    return {**data, "nodes": nodes, "links": links}, notices


def _all_dicts(*lists: Any) -> bool:
    return all(isinstance(one, list) and all(isinstance(x, dict) for x in one) for one in lists)


def _is_error(node: dict[str, Any]) -> bool:
    return "error" in str(node.get("feature_type"))


def _renamed(nodes: list[dict[str, Any]]) -> dict[str, str]:
    """Ids that one error and one other node share -> the error's new id."""
    homes: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for node in nodes:
        if isinstance(node.get("node_id"), str):
            homes[node["node_id"]].append(node)
    pairs = {one: two for one, two in homes.items() if sorted(map(_is_error, two)) == [False, True]}
    new = {}
    for one, two in pairs.items():
        error = next(filter(_is_error, two))
        name = f"{error.get('layer')}_-1_{error.get('ctx_idx')}"
        if name not in homes:
            new[one] = name
    return new


def _links(
    links: list[dict[str, Any]], renamed: dict[str, str], nodes: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], int]:
    """Nothing leads into an error, and an error leads only above its own layer; of two links
    between the same ends, files name the feature's first."""
    layer_of = {node.get("node_id"): _number(node.get("layer")) for node in nodes}
    ends = [(link.get("source"), link.get("target")) for link in links]
    twice = {end for end, count in Counter(ends).items() if end[0] in renamed and count > 1}
    seen, read, unsure = set(), [], 0
    for link, end in zip(links, ends, strict=True):
        source, target = end
        if end in twice and end in seen:
            link = {**link, "source": renamed[str(source)]}
        elif source in renamed and end not in twice:
            unsure += layer_of.get(target, 0) > layer_of[renamed[str(source)]]
        seen.add(end)
        read.append(link)
    return read, unsure


def _number(layer: Any) -> float:
    try:
        return float(layer)
    except (TypeError, ValueError):
        return -1.0
