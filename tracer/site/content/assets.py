"""Styles and scripts, in a folder named by their content so that hosts may keep them for ever."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from tracer.documents.enclosure import names_in
from tracer.documents.files import decode_text, read_bytes
from tracer.errors import Place
from tracer.site.content.media import MAX_BYTES
from tracer.site.content.read_cache import ReadCache
from tracer.site.content.resources import resource_files
from tracer.site.content.script_parts import imports, is_script, packed
from tracer.site.content.style_parts import SHEETS, joined, sheet_of

# For `tracer serve` and for those who work on the scripts; a published site has no use for them.
THEME = "styles/theme.css"
_DEVELOPMENT = re.compile(r"dev/|.*\.(?:mjs|d\.ts)\Z")
_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE)
_INDENT = re.compile(r"\n\s+")


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
            found += [one for one in dict.fromkeys(imports(name, text)) if one not in found]
        return sorted(found)


def load_assets(gallery: Path, *, theme: str = "", read_cache: ReadCache | None = None) -> Assets:
    """Read all assets; `theme` is a style sheet of the gallery's colours, made not read.

    `read_cache` holds what was read before. Raises TracerError when a file cannot be read, or a
    part of a style sheet is not there.
    """
    read_cache = read_cache or ReadCache()
    found = resource_files("assets", gallery, partial(read_cache.load, names_in))
    files = {
        name: read_cache.load(_content, file)
        for name, file in found.items()
        if not _DEVELOPMENT.match(name)
    }
    scripts = {
        name: _published(name, decode_text(files.pop(name), found[name]))
        for name in [*files]
        if is_script(name)
    }
    files |= {name: text.encode() for name, text in packed(scripts, found).items()}
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


def _published(name: str, script: str) -> str:
    """Ours without comments that have lines of their own, blank lines and indentation."""
    if not name.startswith(("viewer/", "site/")):
        return script
    code = _COMMENT.sub("", script)
    return code if _has_long_texts(code) else _INDENT.sub("\n", code)


def _has_long_texts(code: str) -> bool:
    """Whether a text between backticks may go on over lines, where blanks are part of it: one is
    open at a line's end, or stands in another."""
    for line in code.splitlines():
        pieces = line.split("`")
        if len(pieces) % 2 == 0 or any(p.count("{") != p.count("}") for p in pieces[1::2]):
            return True
    return False
