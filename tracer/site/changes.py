"""Circuits of a gallery before and after a change, in pictures and in words."""

from __future__ import annotations

import difflib
from pathlib import Path

from tracer.documents.files import write_atomically
from tracer.errors import TracerError
from tracer.site.building.fingerprint import fingerprint
from tracer.site.content.colours import packaged_colours
from tracer.site.content.entry import Entry
from tracer.site.graph.graph_page import GraphPage
from tracer.site.graph.social_card import draw_card
from tracer.site.survey.survey import survey


def changes(before: Path, after: Path, out: Path) -> str:
    """What differs between two states of one gallery, as Markdown, compared by content.

    Writes a picture of each side of each changed circuit into `out`, and the text as `summary.md`.
    Raises TracerError where nothing can be written.
    """
    old, new = _entries(before), _entries(after)
    colours = packaged_colours(after)["light"]
    lines = ["## Circuits that this changes", ""]
    for slug in sorted(old.keys() | new.keys()):
        one, other = old.get(slug), new.get(slug)
        if fingerprint(one) == fingerprint(other):
            continue
        for side, entry in (("before", one), ("after", other)):
            if entry is not None:
                page = GraphPage(entry, entry.revision)
                picture = draw_card(page, site=f"{slug}, {side}", colours=colours)
                write_atomically(out / f"{slug}.{side}.png", picture)
        lines += _told(slug, one, other)
    if len(lines) == 2:
        lines.append("None.")
    else:
        lines += ["Pictures of both sides: `circuits-before-and-after`.", ""]
    text = "\n".join(lines) + "\n"
    write_atomically(out / "summary.md", text)
    return text


def _entries(root: Path) -> dict[str, Entry]:
    try:
        found = survey(root, drafts=True)
    except TracerError:  # no gallery was there yet
        return {}
    return {entry.slug: entry for entry in found.gallery.entries}


def _told(slug: str, before: Entry | None, after: Entry | None) -> list[str]:
    if before is None or after is None:
        return [f"- `{slug}` is {'new' if before is None else 'gone'}", ""]
    changes = difflib.unified_diff(_words(before), _words(after), lineterm="", n=0)
    shown = [line for line in changes if not line.startswith(("---", "+++", "@@"))]
    # A fence longer than any in the text keeps what people wrote from being read as markup.
    body = ["`````diff", *shown, "`````"] if shown else ["Its picture says the same in words."]
    return [f"- `{slug}`", "", *body, ""]


def _words(entry: Entry) -> list[str]:
    page = GraphPage(entry, entry.revision)
    labels = (f"{key}: {label.text}" for key, label in entry.annotations.labels.items())
    return [one.replace("`````", "") for one in (page.title, *labels, *page.pictures.in_words)]
