"""Where a text's front matter begins and ends, in whatever way people and programs write it.

What looks like front matter and cannot be read as such is a mistake, never a part of the text:
`draft: true` may stand in it. python-frontmatter takes `--- yaml`, and a dash put there by an
editor, for text, and so would publish the draft.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tracer.documents.front_matter import FrontMatter
from tracer.errors import Place, TracerError

_UNSEEN = "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f\u00ad"  # marks that no editor shows
_KEY = rf"[\"']?(?:{'|'.join(FrontMatter.model_fields)})[\"']?[ \t]*[:=]"
# `+++` for TOML, `;;;` and `{` for JSON, `----`, `--- yaml`, and a dash put there by an editor.
_ODD = re.compile(
    rf"(?:[-–—―−+;=_*.]{{2,}}|[—―]|\{{)[ \t]*(?:yaml|yml|toml|json)?\s*{_KEY}", re.IGNORECASE
)
_FOREIGN = re.compile(r"(?:\+{3,}|;{3,})\Z")
_OWN_KEY = re.compile(_KEY, re.IGNORECASE)
_DRAFT = re.compile(r"[\"']?draft[\"']?[ \t]*[:=]", re.IGNORECASE)
_ANY_KEY = re.compile(r"[ \t]|-[ \t]|[\"']?[\w-]+[\"']?[ \t]*[:=]")
_LATER = re.compile(rf"^[ ]{{0,3}}(?:-{{3,}}|\+{{3,}})[ \t]*\n[ \t]*{_KEY}", re.I | re.MULTILINE)
_CODE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HINT = "front matter is the first of a file, `key: value` lines between two lines `---`"


def front_matter_lines(lines: Sequence[str], file: Path) -> tuple[int, int] | None:
    """The numbers, from 0, of the lines `---` around a text's front matter; None without any.

    Empty lines, comments (`<!-- … -->`) and unseen marks may stand before it. Raises TracerError
    with file:line:col for what looks like front matter and is none.
    """
    first = _first_line(lines)
    if first is None:
        return None
    opening = _seen(lines[first])
    if opening != "---":
        _refuse_alike(lines, first, file)
        _refuse_later(lines, 0, file)
        return None
    closing = (n for n in range(first + 1, len(lines)) if lines[n].rstrip() in ("---", "..."))
    last = next(closing, None)
    if last is None:
        what, hint = "the front matter has no end", "close it with a line `---`"
        raise TracerError(what, hint=hint, place=_place(lines, first, file))
    _refuse_later(lines, last + 1, file)
    return first, last


def _first_line(lines: Sequence[str]) -> int | None:
    """The first line with something on it that is no comment."""
    number = 0
    while number < len(lines):
        line = _seen(lines[number])
        if line.startswith("<!--"):
            ends = (n for n in range(number, len(lines)) if "-->" in lines[n])
            if (number := next(ends, len(lines))) == len(lines):
                return None
            line = _seen(lines[number].rpartition("-->")[2])
        if line:
            return number
        number += 1
    return None


def _refuse_alike(lines: Sequence[str], first: int, file: Path) -> None:
    """Another format's front matter, or ours without its first line."""
    begin = _seen("\n".join(lines[first : first + 3]))
    opening = _seen(lines[first])
    if _FOREIGN.match(opening) or _ODD.match(begin):
        what = f"front matter cannot begin with `{opening[:20]}`"
        hint = "write it as `key: value` lines between two lines `---`"
        raise TracerError(what, hint=hint, place=_place(lines, first, file))
    if not _OWN_KEY.match(opening):
        return
    last = first
    while last < len(lines) and _seen(lines[last]) and not _closes(lines[last]):
        last += 1
    block = [_seen(lines[first]), *lines[first + 1 : last]]
    closed = last < len(lines) and _closes(lines[last])
    alike = len(block) > 1 and all(_ANY_KEY.match(line) for line in block)
    if closed or alike or any(_DRAFT.match(line) for line in block):
        what = "this looks like front matter, without the line `---` that begins it"
        hint = "write `---` on a line above, and on one below"
        raise TracerError(what, hint=hint, place=_place(lines, first, file))


def _refuse_later(lines: Sequence[str], start: int, file: Path) -> None:
    """Front matter farther down, where it would be shown as text; code may show what it likes."""
    if not _LATER.search("\n".join(lines[start:])):
        return
    fence = ""
    for number in range(start, len(lines) - 1):
        if code := _CODE.match(lines[number]):
            if not fence:
                fence = code[1]
            elif lines[number].strip().startswith(fence):
                fence = ""
        elif not fence and _LATER.match("\n".join(lines[number : number + 2])):
            ending = (_closes(line) for line in lines[number + 1 :])
            if any(ending):
                what = "front matter cannot stand here"
                raise TracerError(what, hint=_HINT, place=_place(lines, number, file))


def _closes(line: str) -> bool:
    return _seen(line) in ("---", "...", "+++")


def _seen(line: str) -> str:
    """What a reader sees of a line."""
    return line.strip().strip(_UNSEEN).strip()


def _place(lines: Sequence[str], number: int, file: Path) -> Place:
    line = lines[number]
    return Place(file, number + 1, line.find(_seen(line)) + 1)
