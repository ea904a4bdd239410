"""A gallery without its drafts, and without the files and feature examples that only they use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from tracer.errors import TracerError
from tracer.site.content.gallery import Gallery
from tracer.site.survey.file_uses import Said, files_used, said_in, said_of
from tracer.site.survey.unused import written_elsewhere

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.site.content.entry import Entry


def without_drafts(gallery: Gallery) -> Gallery:
    """What is published of a gallery: no draft, and nothing that is there for drafts alone."""
    shown = _shown(gallery)
    if len(shown.texts) == len(gallery.texts):
        return shown
    there = {id(text) for text in shown.texts}
    texts = [text for text in gallery.texts if id(text) not in there]
    slugs = {entry.slug for entry in shown.entries}
    entries = [entry for entry in gallery.entries if entry.slug not in slugs]
    media = _media_of_drafts([*said_in(texts), *said_of(entries)], shown)
    sources = _sources_of_drafts(entries, shown)
    return replace(
        shown,
        media={one: file for one, file in gallery.media.items() if one not in media},
        features={one: found for one, found in gallery.features.items() if one not in sources},
    )


def _shown(gallery: Gallery) -> Gallery:
    entries = tuple(one for one in gallery.entries if not one.meta.draft)
    drafts = {one.slug for one in gallery.entries if one.meta.draft}
    return replace(
        gallery,
        entries=entries,
        pages={name: page for name, page in gallery.pages.items() if not page.meta.draft},
        comparisons={
            pair: text
            for pair, text in gallery.comparisons.items()
            if not text.meta.draft and drafts.isdisjoint(pair.split("/"))
        },
    )


def _media_of_drafts(drafts: Sequence[Said], shown: Gallery) -> set[str]:
    """Files that a draft shows or links to, and nothing else does."""
    wanted = files_used(drafts, shown.media)
    if not wanted:
        return set()
    said = chain(said_in(shown.texts), said_of(shown.entries))
    kept, written = files_used(said, wanted), written_elsewhere(shown.root)
    return {one for one in wanted - kept if one not in written}


def _sources_of_drafts(drafts: Sequence[Entry], shown: Gallery) -> set[str]:
    """Feature sources that only graphs of drafts have."""
    wanted = _sources(drafts, shown.features)
    return wanted - _sources(shown.entries, wanted)


def _sources(entries: Sequence[Entry], wanted: Collection[str]) -> set[str]:
    """Those of the wanted sources that are found; of graphs, as few are read as need be."""
    found: set[str] = set()
    for entry in entries if wanted else ():
        if len(found) == len(wanted):
            break
        from tracer.documents.feature_source import feature_source

        try:
            found |= {feature_source(entry.graph)} & set(wanted)
        except TracerError:  # told where graphs are judged
            continue
    return found
