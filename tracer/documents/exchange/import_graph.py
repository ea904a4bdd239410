"""Graphs of circuit-tracer and Neuronpedia into a gallery."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tracer.documents.annotation_text import annotations_text
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.enclosure import is_there
from tracer.documents.exchange.error_ids import told_apart
from tracer.documents.exchange.saved_work import annotations_of
from tracer.documents.exchange.share_link import IncomingGraph
from tracer.documents.files import write_atomically
from tracer.documents.graph import Graph, graph_of
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.json_text import decode
from tracer.documents.other_formats import READ
from tracer.documents.references import check_slug, slug_from
from tracer.documents.schemas import schema_header, write_schemas
from tracer.documents.temporary_files import sweep_below
from tracer.documents.yaml_source import parse_yaml
from tracer.errors import Place, TracerError

_AGAIN = "get the file again, and import it whole"


@dataclass(frozen=True)
class Imported:
    """What one import did. A file that is None was not written: it was there already."""

    slug: str
    revision: int
    graph: Graph
    graph_file: Path | None
    annotations: Annotations
    annotation_file: Path | None
    notices: tuple[str, ...]


def counted(number: int, noun: str) -> str:
    """
    >>> counted(1, "pin"), counted(1200, "label")
    ('1 pin', '1,200 labels')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def import_graph(
    found: IncomingGraph, root: Path, *, slug: str | None = None, keep_annotations: bool = False
) -> Imported:
    """Write a foreign graph as a gallery's next revision, and what people saved with it as its
    annotations. Node ids stay as they are; the same graph again writes nothing.

    Raises TracerError, before anything is written, for a file that is no graph, a slug that
    another graph has, and an annotation file that lacks some of the work, unless it is to be kept.
    """
    data, notices = told_apart(decode(found.text, found.file, hint=_AGAIN))
    graph = graph_of(data, found.file, hint=_AGAIN, other=READ)
    slug = _slug(graph, slug, found.file)
    graph = graph.model_copy(update={"metadata": graph.metadata.model_copy(update={"slug": slug})})
    folder = GraphFolder(root / "graphs")
    file = root / "site_src" / "annotations" / f"{slug}.yaml"
    with folder.writing():
        sweep_below(folder.root)
        sweep_below(root / "site_src")
        revision, new = _revision(graph, folder, slug)
        work, left_out = annotations_of(
            graph, revision=revision, link=found.link.work if found.link else None
        )
        to_write = _annotations(work, file, keep=keep_annotations)
        if new:
            graph.save(folder.path(slug, revision))
        if to_write is not None:
            write_schemas(root)
            write_atomically(file, to_write)
    return Imported(
        slug=slug,
        revision=revision,
        graph=graph,
        graph_file=folder.path(slug, revision) if new else None,
        annotations=work,
        annotation_file=file if to_write is not None else None,
        notices=(*notices, *left_out),
    )


def _slug(graph: Graph, wanted: str | None, file: Path) -> str:
    if wanted is not None:
        try:
            return check_slug(wanted)
        except ValueError as error:
            raise TracerError(f"`{wanted}`: {error}", hint="choose another --slug") from None
    slug = slug_from(graph.metadata.slug) or slug_from(graph.metadata.prompt)
    if slug is None:
        raise TracerError(
            "the graph has no name that could be its address",
            hint="give it one with --slug",
            place=Place(file),
        )
    return slug


def _revision(graph: Graph, folder: GraphFolder, slug: str) -> tuple[int, bool]:
    """The number to write, and whether there is anything to write."""
    latest = folder.latest(slug)
    if latest is None:
        return 1, True
    there = folder.load(slug, latest)
    mine, theirs = graph.metadata, there.metadata
    if (mine.scan, mine.prompt_tokens) != (theirs.scan, theirs.prompt_tokens):
        raise TracerError(
            f"the slug `{slug}` is taken by another graph, of {theirs.scan} on {theirs.prompt!r}",
            hint="choose one with --slug",
            place=Place(folder.path(slug, latest)),
        )
    same = there.to_json() == graph.to_json()
    return (latest, False) if same else (latest + 1, True)


def _annotations(work: Annotations, file: Path, *, keep: bool) -> str | None:
    """The text of a new file; None where there is nothing to write, or a file that stays."""
    if not (work.labels or work.groups or work.pins) or (keep and is_there(file)):
        return None
    if not is_there(file):
        text = schema_header("annotations") + annotations_text(work)
        if parse_yaml(text, file).validate(Annotations) != work:
            what = "the names in this graph cannot be written as YAML"
            raise TracerError(what, place=Place(file))
        return text
    there, _ = load_annotations(file)
    sets = {frozenset(group.nodes) for group in there.groups.values()}
    labels = [key for key in work.labels if key not in there.labels]
    groups = [
        key
        for key, group in work.groups.items()
        if key not in there.groups and frozenset(group.nodes) not in sets
    ]
    pins = [one for one in work.pins if one not in there.pins]
    if labels or groups or pins:
        raise TracerError(
            f"is there already and is never overwritten; it lacks {counted(len(labels), 'label')}, "
            f"{counted(len(groups), 'group')} and {counted(len(pins), 'pin')} of this graph",
            hint="import under another --slug, or with --keep-annotations to leave it as it is",
            place=Place(file),
        )
    return None
