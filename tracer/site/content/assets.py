"""Styles and scripts, in a folder named by their content so that hosts may keep them for ever."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from tracer.documents.enclosure import names_in
from tracer.documents.files import read_bytes
from tracer.errors import Place
from tracer.site.content.media import MAX_BYTES
from tracer.site.content.read_cache import ReadCache
from tracer.site.content.resources import resource_files
from tracer.site.content.style_parts import SHEETS, joined, sheet_of

# For `tracer serve` and for those who work on the scripts; a published site has no use for them.
THEME = "styles/theme.css"
_DEVELOPMENT = re.compile(r"dev/|.*\.(?:mjs|d\.ts)\Z")
_COMMENT = re.compile(rb"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE)
_INDENT = re.compile(rb"\n\s+")
_IMPORT = re.compile(r"""^(?:import|export|\}) ?[^;()"']*?from "(\.[^"]+)";""", re.MULTILINE)


@dataclass(frozen=True)
class Assets:
    """The files to publish; `folder` is below the site's root and ends in a slash."""

    folder: str
    files: Mapping[str, bytes]

    @cached_property
    def viewer_modules(self) -> list[str]:
        """What the viewer imports before it starts, for `modulepreload`."""
        return self.imported_by("viewer/main.js")

    def imported_by(self, *modules: str) -> list[str]:
        """These and all that they import before they start."""
        found = [*modules]
        for name in found:
            text = self.files[name].decode() if name in self.files else ""
            folder = posixpath.dirname(name)
            imported = [posixpath.normpath(f"{folder}/{path}") for path in _IMPORT.findall(text)]
            found += [one for one in dict.fromkeys(imported) if one not in found]
        return sorted(found)


def load_assets(gallery: Path, *, theme: str = "", read_cache: ReadCache | None = None) -> Assets:
    """Read all assets; `theme` is a style sheet of the gallery's colours, made not read.

    `read_cache` holds what was read before. Raises TracerError when a file cannot be read, or a
    part of a style sheet is not there.
    """
    read_cache = read_cache or ReadCache()
    found = resource_files("assets", gallery, partial(read_cache.load, names_in))
    files = {
        name: _published(name, read_cache.load(_content, file))
        for name, file in found.items()
        if not _DEVELOPMENT.match(name)
    }
    parts = {name: files.pop(name) for name in list(files) if sheet_of(name)}
    for sheet in SHEETS:
        if sheet in files:
            files[sheet] = joined(files[sheet], parts, Place(found[sheet]))
    if theme:
        files[THEME] = theme.encode()
    tree = hashlib.sha256()
    for name, content in files.items():
        tree.update(f"{name}\0{len(content)}\0".encode() + content)
    return Assets(f"assets/{tree.hexdigest()[:8]}/", files)


def _content(file: Path) -> bytes:
    return read_bytes(file, max_bytes=MAX_BYTES)


def _published(name: str, content: bytes) -> bytes:
    """Our scripts without comments that have lines of their own, blank lines and indentation."""
    if not (name.startswith(("viewer/", "site/")) and name.endswith(".js")):
        return content
    code = _COMMENT.sub(b"", content)
    return code if _has_long_texts(code) else _INDENT.sub(b"\n", code)


def _has_long_texts(code: bytes) -> bool:
    """Whether a text between backticks may go on over lines, where blanks are part of it: one is
    open at a line's end, or stands in another."""
    for line in code.splitlines():
        pieces = line.split(b"`")
        if len(pieces) % 2 == 0 or any(p.count(b"{") != p.count(b"}") for p in pieces[1::2]):
            return True
    return False
