"""The viewer's style sheet: a list of parts on disk, one file in a published site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from tracer.errors import Place, TracerError, did_you_mean

SHEET = "styles/viewer.css"
_FOLDER = "styles/viewer/"
_IMPORT = re.compile(rb"""^@import ["'](viewer/[^"'\n]+)["'];[ \t]*\r?\n""", re.MULTILINE)


def is_part(name: str) -> bool:
    """Whether a file below `assets/` is published in the sheet, never on its own."""
    return name.startswith(_FOLDER) and name.endswith(".css")


def parts_named(sheet: bytes) -> list[str]:
    """The parts that the sheet imports, in its order, as paths below `assets/`."""
    return [_below_assets(found) for found in _IMPORT.finditer(sheet)]


def joined(sheet: bytes, parts: Mapping[str, bytes], place: Place) -> bytes:
    """The sheet with each part where it is imported, so that a page asks for one file.

    A sheet that imports none stays as it is. `place` is the sheet's. Raises TracerError for a
    part that is not there.
    """
    return _IMPORT.sub(lambda found: _part(found, parts, place), sheet)


def _part(found: re.Match[bytes], parts: Mapping[str, bytes], place: Place) -> bytes:
    name = _below_assets(found)
    if name not in parts:
        line = found.string.count(b"\n", 0, found.start()) + 1
        near = did_you_mean(name, parts)
        raise TracerError(
            f"there is no style sheet `{name}`",
            hint=near or f"put it below `assets/{_FOLDER}`, or import it no longer",
            place=Place(place.file, line),
        )
    return parts[name]


def _below_assets(found: re.Match[bytes]) -> str:
    path = found[1].decode("utf-8", "replace")
    return posixpath.normpath(f"{posixpath.dirname(SHEET)}/{path}")
