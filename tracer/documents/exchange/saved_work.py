"""What people saved with a graph in another viewer, as annotations of ours."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from tracer.documents.annotation_text import can_be_written, one_line
from tracer.documents.annotations import Annotations, Group, Label
from tracer.documents.exchange.node_names import NodeNames
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
    saved, known = graph.query, NodeNames(graph)
    pins = link.pinned_ids or saved.pinned_ids
    supernodes = link.supernodes or saved.supernodes
    given = [*saved.clerps, *link.clerps]
    names = _names(graph, known, given, {supernode_name(row[0]) for row in supernodes})
    annotations = Annotations(
        revision=revision,
        labels=_by_feature(graph, {one: names[one] for one in _writable(names)}),
        groups=_groups(supernodes, known),
        pins=_writable(known.all_of(pins)),
    )
    written = (*pins, *(one for row in supernodes for one in row[1:]), *(key for key, _ in given))
    gone = sorted({one for one in written if not known.nodes_of(one)})
    few = ", ".join(gone[:3]) + (" …" if len(gone) > 3 else "")
    left_out = [f"left out, as the graph has no such node: {few}"] if gone else []
    if odd := {*names, *known.all_of(written)} - {*_writable(graph.node_ids)}:
        nodes = "a node whose id" if len(odd) == 1 else f"{len(odd):,} nodes whose ids"
        left_out.append(f"left out what is said of {nodes} no YAML file can hold")
    return annotations, left_out


def name_in(node: Node, supernodes: Collection[str]) -> str:
    """What a feature's own label calls it; viewers write its supernode in front of that."""
    text = one_line(node.clerp)
    group, _, rest = text.removeprefix("[").partition("] ")
    return rest if text.startswith("[") and group in supernodes else text


def supernode_name(label: str) -> str:
    return one_line(label)[:LONGEST_NAME].strip() or "a group"


def text_of_name(text: str) -> str:
    """A name as a label says it; the whole of a longer one goes into its note."""
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1].rstrip() + "…"


def _names(
    graph: Graph, known: NodeNames, given: Iterable[tuple[str, str]], supernodes: Collection[str]
) -> dict[str, str]:
    """Node id -> name; those that people gave come before the graph's own."""
    features = (node for node in graph.nodes if node.kind == "feature")
    named = ((node.node_id, name_in(node, supernodes)) for node in features)
    names = {one: text for one, text in named if text}
    for key, text in given:
        if one_line(text):
            names |= dict.fromkeys(known.nodes_of(key), one_line(text))
    return names


def _writable(ids: Iterable[str]) -> tuple[str, ...]:
    """Other programs may call a node anything; annotations are a file."""
    return tuple(one for one in ids if can_be_written(one))


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
    return Label(text=text_of_name(text), note=_MARKUP.sub(r"\\\1", text[:2000]))


def _groups(supernodes: tuple[tuple[str, ...], ...], known: NodeNames) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for label, *members in supernodes:
        if present := _writable(known.all_of(members)):
            name = supernode_name(label)
            groups[_free_key(name, groups)] = Group(name=name, nodes=present)
    return groups


def _free_key(name: str, taken: Mapping[str, Group]) -> str:
    base = (slug_from(name) or "group")[: LONGEST_KEY - 4].strip("-")
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key
