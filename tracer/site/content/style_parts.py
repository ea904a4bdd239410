"""Style sheets that are a list of parts on disk, and one file in a published site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from tracer.errors import Place, TracerError, did_you_mean

SHEETS = ("styles/site.css", "styles/viewer.css")  # each with its parts in a folder of its name
_IMPORT = re.compile(rb"""^@import ["']((?:site|viewer)/[^"'\n]+)["'];[ \t]*\r?\n""", re.MULTILINE)


def sheet_of(name: str) -> str | None:
    """The sheet that a file below `assets/` is published in, never on its own; None for others."""
    part = name.endswith(".css")
    return next((one for one in SHEETS if part and name.startswith(_folder(one))), None)


def parts_named(sheet: bytes) -> list[str]:
    """The parts that a sheet imports, in its order, as paths below `assets/`."""
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
            hint=near or f"put it at `assets/{name}`, or import it no longer",
            place=Place(place.file, line),
        )
    return parts[name]


def _below_assets(found: re.Match[bytes]) -> str:
    path = found[1].decode("utf-8", "replace")
    return posixpath.normpath(f"styles/{path}")


def _folder(sheet: str) -> str:
    return sheet.removesuffix(".css") + "/"
