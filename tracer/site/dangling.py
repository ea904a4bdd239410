"""References of an annotation file that match nothing in the graph."""

from __future__ import annotations

from collections.abc import Iterator

from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.documents.references import Reference
from tracer.documents.yaml_source import KeyPath, YamlSource
from tracer.errors import TracerError, did_you_mean


def dangling_annotations(
    annotations: Annotations, source: YamlSource, graph: Graph, revision: int
) -> list[TracerError]:
    """One error, with its place and the nearest node, for each reference that matches nothing."""
    node_ids = graph.node_ids
    groups = {key: group.nodes for key, group in annotations.groups.items()}
    problems = []
    for path, text, is_key in _references(annotations):
        if not Reference(text).resolve(node_ids, groups):
            place = source.place(path, key=is_key)
            hint = nearest(text, graph, annotations) or _what_became(annotations, revision)
            problems.append(TracerError(f"no node matches `{text}`", hint=hint, place=place))
    return problems


def nearest(text: str, graph: Graph, annotations: Annotations) -> str | None:
    """A hint that names the node, or the group, most like a reference that matches nothing."""
    if text.startswith("group:"):
        return did_you_mean(text, [f"group:{key}" for key in annotations.groups])
    # A label of one position often survives a new revision at another one.
    elsewhere = text.rpartition("_")[0]
    if text.count("_") == 2 and Reference(elsewhere).resolve(graph.node_ids, {}):
        return f"the feature is there at another position; `{elsewhere}` means all of them"
    return did_you_mean(text, graph.node_ids)


def _references(annotations: Annotations) -> Iterator[tuple[KeyPath, str, bool]]:
    for text in annotations.labels:
        yield ("labels", text), text, True
    for key, group in annotations.groups.items():
        for index, text in enumerate(group.nodes):
            yield ("groups", key, "nodes", index), text, False
    for index, text in enumerate(annotations.pins):
        yield ("pins", index), text, False


def _what_became(annotations: Annotations, revision: int) -> str:
    if annotations.revision is not None and annotations.revision < revision:
        return (
            f"this was written for revision {annotations.revision}, "
            f"and revision {revision} has no such node"
        )
    return "node ids are in the graph's file and in the viewer's node panel"
