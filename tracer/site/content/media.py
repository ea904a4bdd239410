"""`site_src/files/`: pictures and downloads of the authors, of types that cannot run."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from tracer.documents.files import read_bytes
from tracer.documents.stored_file import StoredFile
from tracer.errors import Place, TracerError
from tracer.site.content.drawing import safe_drawing
from tracer.site.content.reading import Reading, files_below

FOLDER = "files"
_SMALLER = "many hosts take no more: make it smaller, or link to it elsewhere"
# What each type may begin with; text may begin with anything but markup.
_BINARY: dict[str, tuple[bytes, ...]] = {
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".gif": (b"GIF87a", b"GIF89a"),
    ".webp": (b"RIFF",),
    ".avif": (b"\0\0\0",),
    ".pdf": (b"%PDF-",),
    ".mp4": (b"\0\0\0",),
    ".webm": (b"\x1aE\xdf\xa3",),
    ".mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
    ".ogg": (b"OggS",),
    ".wav": (b"RIFF",),
    ".woff2": (b"wOF2",),
    ".woff": (b"wOFF",),
    ".ttf": (b"\0\1\0\0", b"true"),
    ".otf": (b"OTTO",),
    ".zip": (b"PK\3\4", b"PK\5\6"),
    ".gz": (b"\x1f\x8b",),
    ".npy": (b"\x93NUMPY",),
    ".npz": (b"PK\3\4", b"PK\5\6"),
    ".parquet": (b"PAR1",),
}
_TEXT = frozenset(
    [
        *(".txt", ".md", ".csv", ".tsv", ".json", ".jsonl", ".bib", ".tex", ".vtt"),
        *(".ipynb", ".py", ".r", ".toml", ".yaml", ".yml"),
    ]
)
_DRAWING = ".svg"
MAX_BYTES = 25_000_000  # what every static host takes as one file


def media_files(reading: Reading) -> dict[str, Path]:
    """Address below the site's root -> file; what cannot be published is among the problems."""
    return reading.recall("media", partial(_media_files, reading))


def stored_media(file: Path) -> StoredFile:
    """A file to publish. Raises TracerError when it cannot be read."""
    return StoredFile(file, max_bytes=MAX_BYTES)


def published_media(stored: StoredFile) -> bytes:
    """The file's content; a drawing is written anew. Raises TracerError where it cannot be."""
    content = stored.content()
    if stored.file.suffix.lower() == _DRAWING:
        return safe_drawing(content, stored.file)
    return content


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
    kind = file.suffix.lower()
    if kind not in _BINARY and kind not in _TEXT and kind != _DRAWING:
        what = f"`{kind}` files are not published from here" if kind else "it has no type"
        return TracerError(what, hint=_instead(kind), place=place)
    try:
        content = read_bytes(file, max_bytes=MAX_BYTES, hint=_SMALLER)
    except TracerError as error:
        return error
    if kind == _DRAWING:
        return _drawing_refusal(content, file)
    return _mislabelled(content, file)


def _instead(kind: str) -> str:
    if kind in (".html", ".htm", ".xhtml"):
        return "write a page in `pages/`"
    known = ", ".join(sorted(one[1:] for one in (*_BINARY, *_TEXT, _DRAWING)))
    return f"put it into a .zip, or choose one of: {known}"


def _drawing_refusal(content: bytes, file: Path) -> TracerError | None:
    try:
        safe_drawing(content, file)
    except TracerError as error:
        return error
    return None


def _mislabelled(content: bytes, file: Path) -> TracerError | None:
    """Whether the content is of another type than the name says, as far as that could matter."""
    kind = file.suffix.lower()
    if kind in _BINARY:
        if content and not content.startswith(_BINARY[kind]):
            what, hint = f"this is no `{kind}` file, whatever its name says", "save it anew"
            return TracerError(what, hint=hint, place=Place(file))
    elif kind not in (".txt", ".md") and _text_start(content).startswith("<"):
        what, hint = f"this is markup, not `{kind}`", "name it .txt to show it as text"
        return TracerError(what, hint=hint, place=Place(file))
    return None


def _text_start(content: bytes) -> str:
    """The first letter that counts, as a browser that guesses the type would look for it."""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content[:4096].decode("utf-16" if wide else "utf-8-sig", errors="replace")
    return text.lstrip("\0\t\n\f\r \ufeff")[:1]
