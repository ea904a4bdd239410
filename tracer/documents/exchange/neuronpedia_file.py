"""A graph with what people say about it, as the one file that Neuronpedia takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tracer.documents.annotations import Annotations, Label
from tracer.documents.exchange.answer_label import without_supernode
from tracer.documents.exchange.node_names import NodeNames
from tracer.documents.exchange.saved_work import name_in, supernode_name, text_of_name
from tracer.documents.graph import Graph, Node
from tracer.documents.references import Reference

Named = tuple[str, tuple[str, ...]]  # a group's name and its node ids


def for_neuronpedia(graph: Graph, annotations: Annotations) -> Graph:
    """Labels as the nodes' names, groups as supernodes, pins as pinned nodes.

    Where people gave no groups or no pins, those that came with the graph stay. So does everything
    that annotations do not say: the clicked node, where supernodes stand, and how a name that
    nobody changed was written.
    """
    groups, saved = named_groups(graph, annotations), saved_groups(graph)
    shown = {name for name, _ in groups}
    nodes = tuple(
        node.model_copy(update={"clerp": _clerp(node, label, shown)}) if label else node
        for node in graph.nodes
        for label in [annotations.label_of(node.node_id)]
    )
    clicked = NodeNames(graph).nodes_of(graph.query.clicked_id)
    query = graph.query.model_copy(
        update={
            "pinned_ids": pinned(graph, annotations),
            "supernodes": tuple((_written(saved, *one), *one[1]) for one in groups),
            "clicked_id": clicked[0] if clicked else graph.query.clicked_id,
            "clerps": () if annotations.labels else graph.query.clerps,
        }
    )
    return graph.model_copy(update={"nodes": nodes, "query": query})


def named_groups(graph: Graph, annotations: Annotations) -> list[Named]:
    """Each group's name and its nodes, as in `keyed_groups`."""
    return list(keyed_groups(graph, annotations).values())


def keyed_groups(graph: Graph, annotations: Annotations) -> dict[str, Named]:
    """Key -> the group's name and its nodes, as they were listed; people's groups, else those that
    came with the graph. What shows groups shows none that is empty in this graph."""
    if not annotations.groups:
        saved = enumerate(saved_groups(graph), start=1)
        return {f"supernode-{number}": group for number, group in saved}
    members = listed_members(graph, annotations)
    groups = {key: (group.name, members[key]) for key, group in annotations.groups.items()}
    return {key: (name, ids) for key, (name, ids) in groups.items() if ids}


def listed_members(graph: Graph, annotations: Annotations) -> dict[str, tuple[str, ...]]:
    """Group key -> the node ids it holds in this graph, as people listed them."""
    ids = graph.node_ids
    found = {}
    for key, group in annotations.groups.items():
        nodes = (one for member in group.nodes for one in Reference(member).resolve(ids, {}))
        found[key] = tuple(dict.fromkeys(nodes))
    return found


def saved_groups(graph: Graph) -> list[Named]:
    """The supernodes that came with the graph, those that it has nodes of."""
    names = NodeNames(graph)
    saved = ((name, names.all_of(members)) for name, *members in graph.query.supernodes)
    return [(name, members) for name, members in saved if members]


def pinned(graph: Graph, annotations: Annotations) -> tuple[str, ...]:
    """Pinned node ids; people's, else those that came with the graph."""
    if not annotations.pins:
        return NodeNames(graph).all_of(graph.query.pinned_ids)
    groups = {key: group.nodes for key, group in annotations.groups.items()}
    ids = graph.node_ids
    found = (one for pin in annotations.pins for one in Reference(pin).resolve(ids, groups))
    return tuple(dict.fromkeys(found))


def _clerp(node: Node, label: Label, groups: Collection[str]) -> str:
    """A name as it came, with its spaces and whole, where the label says the same. An answer's
    name stands in front of what tells its token."""
    if node.kind == "logit":
        return f"[{label.text}] {without_supernode(node.clerp)}"
    return node.clerp if text_of_name(name_in(node, groups)) == label.text else label.text


def _written(saved: Sequence[Named], name: str, members: tuple[str, ...]) -> str:
    """A supernode's name as it came, where it still has this name and these nodes."""
    came = (one for one, ids in saved if set(ids) == set(members))
    return next((one for one in came if supernode_name(one) == name), name)
