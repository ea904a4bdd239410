"""Which of the files in `site_src/files/` the texts of a gallery show or link to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tracer.site.content.addresses import Here
from tracer.site.content.markdown_file import MarkdownFile
from tracer.site.prose.markdown import links

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.site.content.entry import Entry

Said = tuple[str, Path, Here]  # Markdown, its file, where it stands


def said_in(texts: Iterable[MarkdownFile]) -> Iterator[Said]:
    """The words of write-ups, pages and comparisons."""
    for text in texts:
        yield text.body, text.file, Here(text.file.parent.name, "", "")


def said_of(entries: Iterable[Entry]) -> Iterator[Said]:
    """The notes and counterpoints of annotations, and of labels that graphs share."""
    shared = {source: one for entry in entries for source, one in entry.labels.items()}
    for labels, source in shared.values():
        for label in labels.labels.values():
            if label.note:
                yield label.note, source.file, Here("write-ups", "", "")
    for entry in entries:
        said = entry.said
        notes = [one.note for one in said.labels.values()]
        notes += [one.note for one in said.groups.values()]
        notes += [one.note for one in said.claims] + [one.text for one in said.counterpoints]
        for note in filter(None, notes):
            yield note, entry.stored.file, Here("write-ups", "", "")


def files_used(said: Iterable[Said], files: Collection[str]) -> set[str]:
    """Those of `files`, addresses below the site's root, that the texts name in any way."""
    used: set[str] = set()
    names = {address: address.rpartition("/")[2] for address in files}
    for text, file, here in said:
        # Few texts name any file, and looking for a word is quicker than reading Markdown.
        plain = unquote(text)
        near = {address for address, name in names.items() if name in plain} - used
        if near:
            used |= {address for address in near if address in plain}
            named = {unquote(urlsplit(one).path) for one, _ in links(text, file, here=here)}
            used |= near & named
    return used
