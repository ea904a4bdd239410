"""One graph of a gallery, in a format that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.enclosure import is_there
from tracer.documents.exchange.csv_tables import tables
from tracer.documents.exchange.neuronpedia_file import for_neuronpedia
from tracer.documents.feature_labels import labels_file, load_feature_labels
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.parts.heads import Heads, read_heads
from tracer.documents.parts.parts import heads_file
from tracer.errors import Place, TracerError, did_you_mean

Format = Literal["neuronpedia", "csv"]
ENDINGS: dict[Format, str] = {"neuronpedia": "neuronpedia.json", "csv": "csv.zip"}


def export(root: Path, slug: str, form: Format, *, revision: int | None = None) -> bytes:
    """A graph's newest revision, or the one named, with its annotations put in.

    Raises TracerError for a slug or revision that the gallery has not.
    """
    folder = GraphFolder(root / "graphs")
    known = folder.slugs()
    if slug not in known:
        hint = did_you_mean(slug, known) or f"known: {', '.join(known) or 'none'}"
        what = f"there is no graph `{slug}`"
        raise TracerError(what, hint=hint, place=Place(folder.root))
    revisions = folder.revisions(slug)
    if revision is not None and revision not in revisions:
        hint = f"there is {', '.join(map(str, revisions))}"
        what = f"the graph has no revision {revision}"
        raise TracerError(what, hint=hint, place=Place(folder.root / slug))
    graph_revision = revision or revisions[-1]
    graph = folder.load(slug, graph_revision)
    file = root / "site_src" / "annotations" / f"{slug}.yaml"
    annotations = load_annotations(file)[0] if is_there(file) else Annotations()
    shared = labels_file(root / "site_src", graph)
    if shared is not None and is_there(shared):
        annotations = load_feature_labels(shared)[0].added_to(annotations, graph)
    if form == "csv":
        return tables(graph, annotations, _heads(folder.path(slug, graph_revision), graph))
    return for_neuronpedia(graph, annotations).to_json().encode()


def _heads(graph_file: Path, graph: Graph) -> Heads | None:
    """Raises TracerError where the part is damaged or of another graph."""
    info, file = graph.metadata.tracer, heads_file(graph_file)
    return read_heads(file, info.graph_id) if info and is_there(file) else None
