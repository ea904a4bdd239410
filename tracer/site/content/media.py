"""`site_src/files/`: pictures and downloads of the authors, published as they are."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path

from tracer.documents.files import read_bytes
from tracer.documents.stored_file import StoredFile
from tracer.errors import Place, TracerError
from tracer.site.content.reading import Reading, files_below

FOLDER = "files"
_ACTIVE = frozenset({".html", ".htm", ".xhtml", ".js", ".mjs", ".css"})
_SCRIPTED = re.compile(rb"<script|<foreignobject|\son\w+\s*=|javascript:", re.IGNORECASE)
_SMALLER = "many hosts take no more: make it smaller, or link to it elsewhere"
MAX_BYTES = 25_000_000  # what every static host takes as one file


def media_files(reading: Reading) -> dict[str, Path]:
    """Address below the site's root -> file; what cannot be published is among the problems."""
    return reading.recall("media", partial(_media_files, reading))


def stored_media(file: Path) -> StoredFile:
    """A file to publish. Raises TracerError when it cannot be read."""
    return StoredFile(file, max_bytes=MAX_BYTES)


def _media_files(reading: Reading) -> dict[str, Path]:
    folder = reading.source / FOLDER
    found: dict[str, Path] = {}
    seen: dict[str, Path] = {}
    for name in sorted(files_below(folder, reading.names)):
        file = folder / name
        twin = seen.setdefault(name.casefold(), file)
        problem = _misplaced(file, folder, twin) or reading.read_cache.load(_refusal, file)
        if problem is None:
            found[f"{FOLDER}/{name}"] = file
        else:
            reading.problems.append(problem)
    return found


def _misplaced(file: Path, folder: Path, twin: Path) -> TracerError | None:
    place = Place(file)
    if not Path(os.path.realpath(file)).is_relative_to(folder.resolve()):  # a loop stays
        what = "this is a link to a file elsewhere, which the site must not publish"
        return TracerError(what, hint="copy the file itself here", place=place)
    if twin != file:
        what = f"its name differs from {twin.name} only in capital letters"
        return TracerError(what, hint="rename one: many hosts take them for one", place=place)
    return None


def _refusal(file: Path) -> TracerError | None:
    place = Place(file)
    if file.suffix.lower() in _ACTIVE:
        what = f"`{file.suffix}` files are not published from here"
        return TracerError(what, hint="write a page in `pages/`", place=place)
    try:
        content = read_bytes(file, max_bytes=MAX_BYTES, hint=_SMALLER)
    except TracerError as error:
        return error
    if file.suffix.lower() == ".svg" and _SCRIPTED.search(content):
        what = "this drawing holds a script"
        return TracerError(what, hint="save it as plain SVG", place=place)
    return None
