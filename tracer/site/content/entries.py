"""Graphs, each with all that people say about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.evidence import StoredEvidence, evidence_file
from tracer.documents.feature_labels import load_feature_labels
from tracer.documents.feature_store import keys_in, record_files
from tracer.documents.graph_folder import StoredGraph
from tracer.documents.parts.parts import flows_file, heads_file, stability_file, words_file
from tracer.documents.prompts import Counterfactual, PromptList
from tracer.documents.references import check_slug
from tracer.documents.revisions import revision_numbers
from tracer.documents.stored_file import StoredFile
from tracer.errors import Place, TracerError, did_you_mean
from tracer.site.content.entry import Entry, Part, SharedLabels
from tracer.site.content.graph_parts import StoredParts
from tracer.site.content.markdown_file import MarkdownFile
from tracer.site.content.reading import Reading
from tracer.site.content.texts import load_markdown


@dataclass(frozen=True)
class Shared:
    """What all graphs have in common, by feature source: labels, and features with examples."""

    labels: Mapping[str, SharedLabels]
    files: Mapping[str, Mapping[str, Path]]
    keys: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class GraphFiles:
    """The files of one graph: its folder's, and those about it."""

    slug: str
    names: tuple[str, ...]
    write_up: Path | None
    annotations: Path | None
    listed_tags: tuple[str, ...] = ()
    counterfactual: Counterfactual | None = None
    listed: bool = False
    list_unread: bool = False  # there is a prompt list, and it could not be read


def read_shared(reading: Reading) -> Shared:
    """`site_src/labels/` and `features/`."""
    return reading.recall("shared", partial(_shared, reading))


def read_entries(
    reading: Reading,
    graphs: Mapping[str, tuple[str, ...]],
    prompts: PromptList | None,
    shared: Shared,
) -> list[Entry]:
    """Every graph that can be read, by slug; what cannot is among the reading's problems."""
    write_ups = reading.files("write-ups", ".md")
    annotations = reading.files("annotations", ".yaml")
    listed = {one.slug: one for one in (prompts.graphs if prompts else ())}
    tags = {slug: one.tags for slug, one in listed.items()}
    list_unread = reading.source / "prompts.yaml" in reading.unread
    if not list_unread:  # else nobody knows what is planned
        for files in (write_ups, annotations):
            _tell_orphans(reading, files, {*graphs, *tags})
    entries = []
    for slug, names in graphs.items():
        found = GraphFiles(
            slug,
            names,
            write_ups.get(slug),
            annotations.get(slug),
            tags.get(slug, ()),
            listed[slug].other_run if slug in listed else None,
            slug in listed,
            list_unread,
        )
        make = partial(_entry, reading, found, shared)
        if (entry := reading.recall(("graph", slug), make, found, shared)) is not None:
            entries.append(entry)
    known = {entry.slug: entry for entry in entries}
    return [_with_others(reading, entry, graphs, known) for entry in entries]


def _tell_orphans(reading: Reading, files: Mapping[str, Path], known: set[str]) -> None:
    """A slip in a name is a mistake; what is left of a graph that was taken away only odd."""
    for slug, file in files.items():
        if slug in known:
            continue
        what, place = f"there is no graph `{slug}`", Place(file)
        if near := did_you_mean(slug.lower(), sorted(known)):
            reading.problems.append(TracerError(what, hint=near, place=place))
        else:
            what, hint = f"{what}, so nobody sees this", f"trace it, or remove {file.name}"
            reading.warnings.append(TracerError(what, hint=hint, place=place))


def _shared(reading: Reading) -> Shared:
    labels = {
        source: reading.load(load_feature_labels, file)
        for source, file in reading.files("labels", ".yaml").items()
    }
    folder = reading.root / "features"
    files = {source: _holding(reading, folder / source) for source in reading.names(folder).folders}
    return Shared(
        labels={source: one for source, one in labels.items() if one is not None},
        files={source: found for source, found in files.items() if found},
        keys={source: tuple(found) for source, found in files.items()},
    )


def _holding(reading: Reading, folder: Path) -> dict[str, Path]:
    """The file that holds each feature's record, of one source."""
    files = record_files(folder, reading.names(folder))
    return {key: file for file in files for key in reading.load(keys_in, file) or ()}


def _entry(reading: Reading, found: GraphFiles, shared: Shared) -> Entry | None:
    folder = reading.root / "graphs" / found.slug
    try:
        check_slug(found.slug)
    except ValueError as error:
        reading.problems.append(TracerError(str(error), place=Place(folder)))
        return None
    numbers = revision_numbers(found.names)
    files = {number: folder / f"{number}.json" for number in numbers}
    stored = {number: reading.load(StoredGraph, file) for number, file in files.items()}
    write_up = _write_up(reading, found)
    said, source = Annotations(), None
    if found.annotations is not None:
        said, source = reading.load(load_annotations, found.annotations) or (said, source)
    evidence = {
        number: reading.load(StoredEvidence, evidence_file(file))
        for number, file in files.items()
        if evidence_file(file).name in found.names
    }
    known = {number: one for number, one in stored.items() if one is not None}
    if len(known) < len(stored):
        return None
    newest = max(known)
    tags = (*found.listed_tags, *(write_up.meta.tags if write_up else ()))
    return Entry(
        slug=found.slug,
        stored=known.pop(newest),
        revision=newest,
        older=known,
        said=said,
        annotation_source=source,
        labels=shared.labels,
        write_up=write_up,
        tags=tuple(dict.fromkeys(tags)),
        examples=shared.keys,
        evidence={number: one for number, one in evidence.items() if one is not None},
        parts={number: _parts(reading, found, files[number]) for number in (newest, *known)},
        counterfactual=found.counterfactual,
        listed=found.listed,
        unread=frozenset(_unread(reading, found, None in evidence.values())),
    )


def _parts(reading: Reading, found: GraphFiles, graph: Path) -> StoredParts:
    flows, words, heads, stability = (
        reading.load(StoredFile, file) if file.name in found.names else None
        for file in (
            flows_file(graph),
            words_file(graph),
            heads_file(graph),
            stability_file(graph),
        )
    )
    return StoredParts(graph, flows, words, heads, stability)


def _unread(reading: Reading, found: GraphFiles, evidence: bool) -> Iterator[Part]:
    if found.write_up in reading.unread:
        yield "write-up"
    if found.annotations in reading.unread:
        yield "annotations"
    if evidence:
        yield "evidence"
    if found.list_unread:
        yield "prompts"


def _write_up(reading: Reading, found: GraphFiles) -> MarkdownFile | None:
    return reading.load(load_markdown, found.write_up) if found.write_up else None


def _with_others(
    reading: Reading, entry: Entry, graphs: Collection[str], known: Mapping[str, Entry]
) -> Entry:
    """The entry with the graphs that its claims and its counterfactual name."""
    named = {claim.swap.with_.graph for claim in entry.said.claims if claim.swap is not None}
    if entry.other_model is not None:
        named.add(entry.other_model)
    if not named:
        return entry
    found = {slug: known.get(slug) for slug in sorted(named) if slug in graphs}
    others = {
        slug: (one.stored, one.said) if one and "annotations" not in one.unread else None
        for slug, one in found.items()
    }
    return reading.read_cache.same(entry.slug, replace(entry, others=others))
