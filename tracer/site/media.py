"""`site_src/files/`: pictures and downloads of the authors, published as they are."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from tracer.documents.files import read_bytes
from tracer.errors import Place, TracerError
from tracer.site.memory import Memory

FOLDER = "files"
_ACTIVE = frozenset({".html", ".htm", ".xhtml", ".js", ".mjs", ".css"})
_SCRIPTED = re.compile(rb"<script|<foreignobject|\son\w+\s*=|javascript:", re.IGNORECASE)
MAX_BYTES = 25_000_000  # what every static host takes as one file


@dataclass(frozen=True)
class MediaFile:
    """A file, known by its content."""

    file: Path
    digest: str


def media_files(source: Path, memory: Memory) -> tuple[dict[str, MediaFile], list[TracerError]]:
    """Address below the site's root -> file; and what cannot be published."""
    folder = source / FOLDER
    found: dict[str, MediaFile] = {}
    problems: list[TracerError] = []
    seen: dict[str, Path] = {}
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = file.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")) or file.is_dir():
            continue
        try:
            _check_name(file, folder, seen.setdefault(name.casefold(), file))
            found[f"{FOLDER}/{name}"] = memory.load(_load, file)
        except TracerError as error:
            problems.append(error)
    return found, problems


def _check_name(file: Path, folder: Path, twin: Path) -> None:
    place = Place(file)
    if not file.resolve().is_relative_to(folder.resolve()):
        what = "this is a link to a file elsewhere, which the site must not publish"
        raise TracerError(what, hint="copy the file itself here", place=place)
    if twin != file:
        what = f"its name differs from {twin.name} only in capital letters"
        raise TracerError(what, hint="rename one: many hosts take them for one", place=place)
    if file.suffix.lower() in _ACTIVE:
        what = f"`{file.suffix}` files are not published from here"
        raise TracerError(what, hint="write a page in `pages/`", place=place)


def _load(file: Path) -> MediaFile:
    content = read_bytes(file, max_bytes=MAX_BYTES)
    if file.suffix.lower() == ".svg" and _SCRIPTED.search(content):
        what = "this drawing holds a script"
        raise TracerError(what, hint="save it as plain SVG", place=Place(file))
    return MediaFile(file, hashlib.sha256(content).hexdigest())
