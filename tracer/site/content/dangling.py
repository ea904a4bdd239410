"""References of an annotation file that match nothing in the graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracer.documents.annotations import Annotations
from tracer.documents.exchange.node_names import NodeNames
from tracer.documents.graph import Graph
from tracer.documents.head_names import PREFIX, Head
from tracer.documents.references import Reference
from tracer.documents.yaml_source import KeyPath, YamlSource
from tracer.errors import TracerError, did_you_mean
from tracer.site.content.what_became import what_became

Revisions = Mapping[int, Graph]


def dangling_annotations(
    annotations: Annotations, source: YamlSource, graph: Graph, revision: int, older: Revisions
) -> list[TracerError]:
    """One error, with its place and what became of the node, for each that matches nothing."""
    node_ids = graph.node_ids
    groups = {key: group.nodes for key, group in annotations.groups.items()}
    problems = []
    for path, text, is_key in _references(annotations):
        if is_key and text.startswith(PREFIX):
            if (wrong := _no_head(text, graph)) is not None:
                problems.append(TracerError(wrong, place=source.place(path, key=True)))
            continue
        if not Reference(text).resolve(node_ids, groups):
            place = source.place(path, key=is_key)
            hint = nearest(text, graph, annotations, revision, older)
            hint = hint or "node ids are in the graph's file and in the viewer's node panel"
            problems.append(TracerError(f"no node matches `{text}`", hint=hint, place=place))
    return problems


def _no_head(text: str, graph: Graph) -> str | None:
    """What is wrong with a head's name; how many heads a layer has, only the model says."""
    try:
        head = Head.parse(text)
    except ValueError as error:
        return f"`{text}`: {error}"
    info = graph.metadata.tracer
    if info is not None and head.layer >= info.model.layers:
        return f"there is no head {head}: layers are 0 to {info.model.layers - 1}"
    return None


def nearest(
    text: str, graph: Graph, annotations: Annotations, revision: int, older: Revisions
) -> str | None:
    """A hint for a reference that matches nothing: what became of it, else the most like it."""
    if text.startswith("group:"):
        return did_you_mean(text, [f"group:{key}" for key in annotations.groups])
    if elsewhere := NodeNames(graph).nodes_of(text):
        return f"other viewers call {', '.join(elsewhere[:3])} so; write that"
    became = what_became(text, graph, revision, older)
    return became or did_you_mean(text, graph.node_ids)


def _references(annotations: Annotations) -> Iterator[tuple[KeyPath, str, bool]]:
    for text in annotations.labels:
        yield ("labels", text), text, True
    for key, group in annotations.groups.items():
        for index, text in enumerate(group.nodes):
            yield ("groups", key, "nodes", index), text, False
    for index, text in enumerate(annotations.pins):
        yield ("pins", index), text, False
