"""What the last build made, and from what: kept in the gallery's `.tracer/`, never needed."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from pydantic import Field, ValidationError

from tracer.documents.files import MAX_GRAPH_BYTES, read_bytes, write_atomically
from tracer.documents.records import Plain
from tracer.errors import TracerError
from tracer.site.building.building import Signature
from tracer.site.building.links import PageLinks
from tracer.site.graph.summary import Summary

FOLDER = ".tracer"


class MadeFile(Plain):
    """A file of the site: what it was when written, and the name of its content."""

    signature: Signature
    digest: str
    links: PageLinks | None = None


class Record(Plain):
    """How one unit was made: it is made again when `key` or an answer in `asked` has changed."""

    key: str
    asked: dict[str, str]
    files: dict[str, MadeFile]
    summary: Summary | None = None


class Manifest(Plain):
    """The records of a whole site, by unit."""

    units: dict[str, Record] = Field(default_factory=dict)


def manifest_file(gallery: Path, out: Path) -> Path:
    """One for each output folder of a gallery."""
    name = hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:16]
    return gallery / FOLDER / "builds" / f"{name}.json"


def load_manifest(file: Path) -> Manifest:
    """What is known; nothing, where the file is missing, damaged or another version's."""
    try:
        return Manifest.model_validate_json(read_bytes(file, max_bytes=MAX_GRAPH_BYTES))
    except (TracerError, ValidationError):
        return Manifest()


def save_manifest(file: Path, manifest: Manifest) -> None:
    """Without it the next build makes everything anew, so a gallery may well be read-only."""
    with contextlib.suppress(TracerError):
        ignore = file.parents[1] / ".gitignore"
        if not ignore.exists():
            write_atomically(ignore, "*\n")
        write_atomically(file, manifest.model_dump_json().encode())
