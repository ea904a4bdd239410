"""A graph with what people say about it, as the one file that Neuronpedia takes."""

from __future__ import annotations

from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.documents.references import Reference
from tracer.documents.saved_view import QueryParameters


def for_upload(graph: Graph, annotations: Annotations) -> Graph:
    """Labels as the nodes' names, groups as supernodes, pins as pinned nodes.

    Where people gave no groups or no pins, those that came with the graph stay.
    """
    nodes = tuple(
        node.model_copy(update={"clerp": label.text}) if label else node
        for node in graph.nodes
        for label in [annotations.label_of(node.node_id)]
    )
    query = QueryParameters(
        pinned_ids=pinned(graph, annotations),
        supernodes=tuple((name, *ids) for name, ids in named_groups(graph, annotations)),
    )
    return graph.model_copy(update={"nodes": nodes, "query": query})


def named_groups(graph: Graph, annotations: Annotations) -> list[tuple[str, tuple[str, ...]]]:
    """Each group's name and its nodes; people's, else those that came with the graph."""
    if not annotations.groups:
        return [(name, tuple(ids)) for name, *ids in graph.query.supernodes]
    members = annotations.group_members(graph.node_ids)
    return [
        (group.name, tuple(members[key]))
        for key, group in annotations.groups.items()
        if members[key]
    ]


def pinned(graph: Graph, annotations: Annotations) -> tuple[str, ...]:
    """Pinned node ids; people's, else those that came with the graph."""
    if not annotations.pins:
        return graph.query.pinned_ids
    groups = {key: group.nodes for key, group in annotations.groups.items()}
    ids = graph.node_ids
    found = (one for pin in annotations.pins for one in Reference(pin).resolve(ids, groups))
    return tuple(dict.fromkeys(found))
