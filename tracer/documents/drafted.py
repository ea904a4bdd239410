"""A draft of annotations from what a gallery knows of a graph, written where nothing is yet."""

from __future__ import annotations

from pathlib import Path

from tracer.documents.annotations import load_annotations
from tracer.documents.draft_annotations import draft_annotations
from tracer.documents.enclosure import is_there
from tracer.documents.exchange.answer_label import own_label
from tracer.documents.feature_examples import Suggestion, feature_key
from tracer.documents.feature_labels import load_feature_labels
from tracer.documents.feature_source import feature_source
from tracer.documents.feature_store import FeatureStore
from tracer.documents.files import write_atomically
from tracer.documents.graph import Graph, Node
from tracer.documents.graph_folder import GraphFolder
from tracer.errors import Place, TracerError, did_you_mean


def write_draft(root: Path, slug: str, out: Path | None, revision: int | None) -> Path:
    """Gives the file. Raises TracerError for an unknown graph, and where something is already."""
    graphs = GraphFolder(root / "graphs")
    number = revision if revision is not None else graphs.latest(slug)
    if number is None:
        what, near = f"there is no graph `{slug}`", did_you_mean(slug, graphs.slugs())
        raise TracerError(what, hint=near, place=Place(graphs.root))
    file = free_place(root, slug, out)
    graph = graphs.load(slug, number)
    named = named_features(root, slug, graph)
    text = draft_annotations(graph, number, _suggested(root, graph), named)
    write_atomically(file, text)
    return file


def free_place(root: Path, slug: str, out: Path | None) -> Path:
    """Where a draft goes. Raises TracerError where something is already."""
    file = out or root / "site_src" / "annotations" / f"{slug}.yaml"
    if file.exists() or file.is_symlink():
        hint = "name another file with --out, and take over from it what you want"
        raise TracerError("it is there already", hint=hint, place=Place(file))
    return file


def _suggested(root: Path, graph: Graph) -> dict[str, Suggestion]:
    store, source = FeatureStore(root / "features"), feature_source(graph)
    keys = {feature_key(node.node_id) for node in graph.nodes if node.kind == "feature"}
    found = {key: store.load(source, key) for key in sorted(keys)}
    return {key: one.suggestion for key, one in found.items() if one is not None and one.suggestion}


def named_features(root: Path, slug: str, graph: Graph) -> list[str]:
    """Features and nodes that people have named: here, for all graphs, or in the graph's file."""
    own = root / "site_src" / "annotations" / f"{slug}.yaml"
    shared = root / "site_src" / "labels" / f"{feature_source(graph)}.yaml"
    said = [node.node_id for node in graph.nodes if _brings_name(node)]
    said += [*load_annotations(own)[0].labels] if is_there(own) else []
    return said + ([*load_feature_labels(shared)[0].labels] if is_there(shared) else [])


def _brings_name(node: Node) -> bool:
    name = own_label(node)
    return bool(name) and name != node.automatic_name
