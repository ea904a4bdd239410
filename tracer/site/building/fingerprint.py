"""One short name for the content of a value: equal content, equal name, on every machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tracer.documents.stored_file import StoredFile
from tracer.documents.yaml_source import YamlSource
from tracer.site.content.markdown_file import MarkdownFile

# What the bytes of a page depend on besides this package.
_LIBRARIES = (
    "jinja2",
    "math-core",
    "markdown-it-py",
    "markupsafe",
    "mdit-py-plugins",
    "pagefind",
    "py-svg-hush",
    "pygments",
    "resvg",
)


def fingerprint(value: Any) -> str:
    """Raises TypeError for a value of a kind that is not known, so that nothing is overlooked."""
    digest = hashlib.sha256()
    for piece in _pieces(value):
        digest.update(f"{len(piece)}:{piece}".encode())
    return digest.hexdigest()[:32]


def code_fingerprint() -> str:
    """Changes with this package's own code and fonts, and with the libraries that make pages."""
    package = Path(__file__).parents[2]
    files = ["errors.py", *_files_of(package, "site"), *_files_of(package, "documents")]
    sources = [
        f"{name} {hashlib.sha256((package / name).read_bytes()).hexdigest()}"
        for name in sorted(files)
    ]
    return fingerprint([sources, [_version(name) for name in _LIBRARIES]])


def _files_of(package: Path, part: str) -> Iterator[str]:
    """Below the package, with slashes. Every build asks, so it is asked of the system itself."""
    for folder, _, names in os.walk(package / part):
        below = folder[len(str(package)) + 1 :].replace(os.sep, "/")
        yield from (f"{below}/{name}" for name in names if name.endswith((".py", ".ttf")))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _pieces(value: Any) -> Iterable[str]:
    if value is None or isinstance(value, str | int | float | bool):
        yield f"{type(value).__name__} {value}"
    elif isinstance(value, BaseModel):
        yield f"{type(value).__name__} {value.model_dump_json()}"
    elif isinstance(value, StoredFile):
        yield f"file {value.digest}"
    elif isinstance(value, YamlSource):
        yield f"yaml {value.written}"
    elif isinstance(value, MarkdownFile):
        front = value.front.written if value.front else None
        yield f"markdown {value.file.name} {front!r} {value.body}"
    elif isinstance(value, Path):
        yield f"path {value.name}"
    elif is_dataclass(value):
        yield type(value).__name__
        for field in fields(value):
            yield from _pieces(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield f"mapping {len(value)}"
        for key, item in value.items():
            yield from _pieces(key)
            yield from _pieces(item)
    elif isinstance(value, frozenset):
        yield from _pieces(sorted(value))
    elif isinstance(value, list | tuple):
        yield f"sequence {len(value)}"
        for item in value:
            yield from _pieces(item)
    else:
        raise TypeError(f"no fingerprint for {type(value)}")
