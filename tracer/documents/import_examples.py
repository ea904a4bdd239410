"""Records of features that other programs wrote, taken into a gallery."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tracer.documents.feature_examples import (
    FeatureExamples,
    feature_key,
    is_key,
    load_feature_examples,
)
from tracer.documents.feature_source import feature_source
from tracer.documents.feature_store import FeatureStore
from tracer.documents.graph import Graph
from tracer.errors import TracerError


def import_examples(files: Iterable[Path], graph: Graph, store: FeatureStore) -> list[str]:
    """Keep the examples of those features that the graph has; gives their keys.

    A document's `index` is the number that the graph's nodes carry as `feature`.
    Raises TracerError when a file is no such document, or when none fits the graph.
    """
    keys = {
        node.feature: feature_key(node.node_id)
        for node in graph.nodes
        if node.kind == "feature" and node.feature is not None
    }
    found: dict[str, FeatureExamples] = {}
    for file in files:
        examples = load_feature_examples(file)
        key = keys.get(examples.index)
        if key is not None and is_key(key):
            found[key] = examples
    if not found:
        what = "none of these files is about a feature of the graph"
        raise TracerError(what, hint="their `index` must be a node's `feature`")
    store.save(feature_source(graph), found)
    return list(found)
