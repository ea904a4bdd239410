"""How to cite a page, as BibTeX."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

# LaTeX's special characters; a brace left alone would end the field.
_ESCAPES = {character: f"\\{character}" for character in "{}$&%#_"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def bibtex(
    key: str,
    *,
    title: str,
    authors: Sequence[str],
    date: datetime.date | None,
    url: str | None,
    note: str | None = None,
) -> str:
    """One `@misc` entry. Each author is kept as one name, however it is written; where nobody
    knows who that is, none is named."""
    fields = {
        "title": f"{{{_plain(title)}}}",
        "author": " and ".join(f"{{{_plain(author)}}}" for author in authors),
        "year": str(date.year) if date else None,
        "month": str(date.month) if date else None,
        "url": url,
        "note": _plain(note) if note else None,
    }
    lines = (f"  {name} = {{{value}}}," for name, value in fields.items() if value)
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _plain(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)
