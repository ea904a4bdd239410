"""A gallery folder, read: graphs with what people write about them, and pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.documents.enclosure import PARTS, Names, enclose, is_there, names_in
from tracer.documents.revisions import revision_numbers
from tracer.documents.site_config import SiteConfig, load_site_config
from tracer.errors import Place, Problems, TracerError
from tracer.site.content.gallery import Gallery
from tracer.site.content.markdown_file import MarkdownFile
from tracer.site.content.media import media_files
from tracer.site.content.read_cache import ReadCache
from tracer.site.content.reading import Reading
from tracer.site.content.tags import tags_written_differently
from tracer.site.content.texts import read_comparisons, read_pages

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.documents.prompt_set import PromptSet
    from tracer.documents.prompts import PromptEntry, PromptList
    from tracer.site.content.entry import Entry
    from tracer.site.content.set_entries import SetEntry
from tracer.site.survey.card_order import card_order


@dataclass(frozen=True)
class Survey:
    """What could be read of a gallery, what is wrong with the rest, and what is only odd."""

    gallery: Gallery
    problems: tuple[TracerError, ...]
    notes: tuple[TracerError, ...]
    warnings: tuple[TracerError, ...] = ()
    prompts: PromptList | None = None
    drafts: int = 0  # left out
    unread: frozenset[Path] = frozenset()  # files that are there and could not be read


def load_gallery(root: Path, *, drafts: bool = False) -> Gallery:
    """Read a gallery folder. Raises Problems with every mistake, each at its place."""
    found = survey(root, drafts=drafts)
    if found.problems:
        raise Problems(found.problems)
    return found.gallery


def survey(
    root: Path, *, drafts: bool = False, graphs: bool = True, read_cache: ReadCache | None = None
) -> Survey:
    """Read as much of a gallery as can be read, and collect what is wrong with the rest.

    With `graphs=False` graphs are not opened; `entry_faults` does that later, one by one.
    `read_cache` holds what was read before. Raises TracerError only where `root` is no gallery at
    all.
    """
    if not (root / "graphs").is_dir() and not (root / "site_src").is_dir():
        raise TracerError(
            "this folder is no gallery: it has neither `graphs/` nor `site_src/`",
            hint="go to a gallery's folder or name it with --root",
            place=Place(root),
        )
    enclose(root)
    read_cache = read_cache or ReadCache()
    for part in PARTS:  # nothing can be told about a gallery that lies elsewhere
        read_cache.load(names_in, root / part)
    found = _read(Reading(root, read_cache), drafts)
    if not graphs:
        return found
    from tracer.site.content.faults import entry_faults, file_faults

    faults = [one for entry in found.gallery.entries for one in entry_faults(entry)]
    sound = tuple(one for one in found.gallery.entries if not file_faults(one))
    unsound = {one.slug for one in found.gallery.entries} - {one.slug for one in sound}
    gallery = _without(replace(found.gallery, entries=sound), unsound)
    return replace(found, gallery=gallery, problems=(*found.problems, *faults))


def _without(gallery: Gallery, unread: Collection[str]) -> Gallery:
    """The gallery where these graphs are unknown, and so what hangs on them."""
    unknown = gallery.unread.union(unread)
    comparisons = {
        pair: text
        for pair, text in gallery.comparisons.items()
        if unknown.isdisjoint(pair.split("/"))
    }
    return replace(gallery, comparisons=comparisons, unread=unknown)


def _read(reading: Reading, drafts: bool) -> Survey:
    known = reading.load(load_site_config, reading.source / "site.yaml")
    config, source = known or (SiteConfig(), None)
    graphs = reading.recall("graphs", partial(_graph_files, reading))
    prompts = _prompts(reading)
    entries, features = _entries(reading, graphs, prompts)
    pages, comparisons = read_pages(reading), read_comparisons(reading, graphs)
    texts = [*(entry.write_up for entry in entries), *pages.values(), *comparisons.values()]
    reading.problems += tags_written_differently(_tags(texts, prompts))
    gallery = Gallery(
        root=reading.root,
        config=config,
        config_source=source,
        entries=tuple(sorted(entries, key=card_order)),
        pages=pages,
        comparisons=comparisons,
        features=features,
        media=media_files(reading),
        sets=_sets(reading, prompts),
    )
    gallery = _without(gallery, graphs.keys() - {entry.slug for entry in entries})
    notes = _off_the_list(reading.root / "graphs", list(graphs), prompts)
    left_out = 0 if drafts else sum(text.meta.draft for text in gallery.texts)
    if left_out:
        from tracer.site.survey.drafts import without_drafts

        gallery = without_drafts(gallery)
    # A folder is asked for what it holds by all who need it.
    problems = {str(one): one for one in reading.problems}
    return Survey(
        gallery=gallery,
        problems=tuple(problems.values()),
        notes=tuple(notes),
        warnings=tuple(reading.warnings),
        prompts=prompts,
        drafts=left_out,
        unread=frozenset(reading.unread),
    )


def _graph_files(reading: Reading) -> dict[str, tuple[str, ...]]:
    """The names of the files of every graph that has at least one revision, by slug, sorted."""
    folder = reading.root / "graphs"
    slugs = reading.names(folder).folders
    found = {slug: tuple(reading.called(folder / slug, ".json")) for slug in slugs}
    return {slug: names for slug, names in found.items() if revision_numbers(names)}


def _prompts(reading: Reading) -> PromptList | None:
    file = reading.source / "prompts.yaml"
    if not is_there(file):
        return None
    from tracer.documents.prompts import load_planned

    return reading.load(load_planned, file)


def _sets(reading: Reading, prompts: PromptList | None) -> tuple[SetEntry, ...]:
    if not is_there(reading.root / "sets") and not is_there(reading.source / "sets"):
        return ()
    from tracer.site.content.set_entries import read_sets

    return read_sets(reading, prompts)


def _entries(
    reading: Reading, graphs: Mapping[str, tuple[str, ...]], prompts: PromptList | None
) -> tuple[list[Entry], Mapping[str, Mapping[str, Path]]]:
    """All graphs; and the examples of features that there are, by source."""
    if not graphs and not any(reading.names(folder) != Names() for folder in _about(reading)):
        return [], {}
    # What reads graphs takes as long to import as everything that a site of texts needs.
    from tracer.site.content.entries import read_entries, read_shared

    shared = read_shared(reading)
    return read_entries(reading, graphs, prompts, shared), shared.files


def _about(reading: Reading) -> list[Path]:
    """The folders of what is said about graphs."""
    parts = ("write-ups", "annotations", "labels")
    return [reading.root / "features", *(reading.source / part for part in parts)]


def _off_the_list(
    folder: Path, slugs: list[str], prompts: PromptList | None
) -> Iterator[TracerError]:
    """Graphs that are not on the prompt list, and what is there without a graph."""
    if prompts is None:
        return
    listed = {entry.slug for entry in prompts.graphs}
    for slug in slugs:
        if slug not in listed:
            what, hint = "this graph is not on the prompt list", "it stays as it is"
            yield TracerError(what, hint=hint, place=Place(folder / slug))
    for entry in prompts.graphs:
        if entry.slug not in slugs:
            what, hint = f"`{entry.slug}` has no graph yet", "run `tracer build-graphs`"
            yield TracerError(what, hint=hint, place=prompts.where(entry.slug))


def _tags(
    texts: Iterable[MarkdownFile | None], prompts: PromptList | None
) -> Iterator[tuple[str, Callable[[], Place]]]:
    """Each tag, and what tells where it stands."""
    if prompts is not None:
        entries: tuple[PromptEntry | PromptSet, ...] = (*prompts.graphs, *prompts.sets)
        for listed in entries:
            where = partial(prompts.where, listed.slug, "tags")
            yield from ((tag, where) for tag in listed.tags)
    for text in texts:
        if text is not None and text.front is not None:
            for number, tag in enumerate(text.meta.tags):
                yield tag, partial(text.front.place, ("tags", number))
