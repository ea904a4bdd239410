"""What people saved with a graph in another viewer, as annotations of ours."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from tracer.documents.annotation_text import one_line
from tracer.documents.annotations import Annotations, Group, Label
from tracer.documents.graph import Graph, Node
from tracer.documents.references import slug_from
from tracer.documents.saved_view import QueryParameters

LONGEST_NAME, LONGEST_KEY = 200, 60
_FEATURE_AND_POSITION = re.compile(r"(\d+_\d+)_\d+\Z")
_MARKUP = re.compile(r"([\\`*_\[\]<>#&|~])")


def annotations_of(
    graph: Graph, *, revision: int, link: QueryParameters | None = None
) -> tuple[Annotations, list[str]]:
    """Names of features, supernodes and pins; a share link's come before the file's own.

    Also says what was left out because the graph has no such node.
    """
    link = link or QueryParameters()
    saved = graph.query
    ids = set(graph.node_ids)
    pins = link.pinned_ids or saved.pinned_ids
    supernodes = link.supernodes or saved.supernodes
    names, unknown = _names(graph, [*saved.clerps, *link.clerps], supernodes)
    absent = {one for one in (*pins, *(m for s in supernodes for m in s[1:])) if one not in ids}
    annotations = Annotations(
        revision=revision,
        labels=_by_feature(graph, names),
        groups=_groups(supernodes, ids),
        pins=tuple(dict.fromkeys(one for one in pins if one in ids)),
    )
    gone = sorted(absent | unknown)
    few = ", ".join(gone[:3]) + (" …" if len(gone) > 3 else "")
    return annotations, [f"left out, as the graph has no such node: {few}"] if gone else []


def _names(
    graph: Graph, given: list[tuple[str, str]], supernodes: tuple[tuple[str, ...], ...]
) -> tuple[dict[str, str], set[str]]:
    """Node id -> name, and the keys that mean no node of this graph."""
    groups = {one_line(row[0]) for row in supernodes}
    names = {}
    for node in graph.nodes:
        text = one_line(node.clerp)
        group, _, rest = text.removeprefix("[").partition("] ")
        if text.startswith("[") and group in groups:
            text = rest  # viewers write a node's supernode in front of its name
        if node.kind == "feature" and text:
            names[node.node_id] = text
    by_key = _keys(graph)
    unknown = set()
    for key, text in given:
        if key not in by_key:
            unknown.add(key)
        elif one_line(text):
            names |= dict.fromkeys(by_key[key], one_line(text))
    return names, unknown


def _keys(graph: Graph) -> Mapping[str, list[str]]:
    """What links call nodes: an id; or a feature, by its packed number, its `jsNodeId` or its
    layer and index; those mean it at every position. An id wins over all of them."""
    found: dict[str, list[str]] = defaultdict(list)
    for node in graph.nodes:
        if node.kind == "feature":
            keys = {node.js_node_id, node.js_node_id.partition("-")[0], str(node.feature)}
            for key in keys | {f"{node.layer}-{node.index}", f"{node.layer}_{node.index}"}:
                found[key].append(node.node_id)
    return {**found, **{one: [one] for one in graph.node_ids}}


def _by_feature(graph: Graph, names: Mapping[str, str]) -> dict[str, Label]:
    """One entry for a feature that is called the same wherever it stands."""
    together: dict[str, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        match = _FEATURE_AND_POSITION.match(node.node_id)
        together[match[1] if match else node.node_id].append(node)
    labels = {}
    for key, nodes in together.items():
        texts = {names.get(node.node_id) for node in nodes}
        alike = len(texts) == 1 and all(node.kind == "feature" for node in nodes)
        for node in nodes:
            if node.node_id in names:
                labels[key if alike else node.node_id] = _label(names[node.node_id])
    return labels


def _label(text: str) -> Label:
    if len(text) <= LONGEST_NAME:
        return Label(text=text)
    whole = _MARKUP.sub(r"\\\1", text[:2000])
    return Label(text=text[: LONGEST_NAME - 1].rstrip() + "…", note=whole)


def _groups(supernodes: tuple[tuple[str, ...], ...], ids: set[str]) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for label, *members in supernodes:
        present = tuple(dict.fromkeys(one for one in members if one in ids))
        if present:
            name = one_line(label)[:LONGEST_NAME].strip() or "a group"
            groups[_free_key(name, groups)] = Group(name=name, nodes=present)
    return groups


def _free_key(name: str, taken: Mapping[str, Group]) -> str:
    base = (slug_from(name) or "group")[: LONGEST_KEY - 4].strip("-")
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key
