"""`graphs/<slug>/<revision>.json`: where graphs lie and which revisions there are."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tracer.documents.files import read_bytes
from tracer.documents.graph import MAX_GRAPH_BYTES, Graph, load_graph, parse_graph
from tracer.documents.references import check_slug
from tracer.errors import Place, TracerError

_REVISION = re.compile(r"([1-9][0-9]{0,8})\.json\Z")


class StoredFile:
    """A file, known by its content at once and read again when it is needed."""

    def __init__(self, file: Path, *, max_bytes: int = MAX_GRAPH_BYTES):
        """Raises TracerError when the file cannot be read."""
        self.file = file
        self._max_bytes = max_bytes
        self.digest = _digest(read_bytes(file, max_bytes=max_bytes))

    def content(self) -> bytes:
        """The file as it was found. Raises TracerError when it has changed since."""
        content = read_bytes(self.file, max_bytes=self._max_bytes)
        if _digest(content) != self.digest:
            what = "changed while it was being read"
            raise TracerError(what, hint="run the command again", place=Place(self.file))
        return content


class StoredGraph(StoredFile):
    """A graph's file, parsed when the graph is first asked for."""

    @cached_property
    def graph(self) -> Graph:
        """Raises TracerError when the file is cut short or not a graph."""
        return parse_graph(self.content(), self.file)


@dataclass(frozen=True)
class GraphFolder:
    """A folder of graphs, kept in version control."""

    root: Path

    def slugs(self) -> list[str]:
        """Every slug that has at least one revision, sorted."""
        return list(self.listing())

    def listing(self) -> dict[str, list[int]]:
        """Every slug that has at least one revision, sorted, with its revisions, lowest first."""
        if not self.root.is_dir():
            return {}
        names = sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir())
        return {name: found for name in names if (found := self.revisions(name))}

    def revisions(self, slug: str) -> list[int]:
        """The revision numbers there are, lowest first."""
        folder = self.root / slug
        if not folder.is_dir():
            return []
        return revision_numbers(os.listdir(folder))  # noqa: PTH208

    def path(self, slug: str, revision: int) -> Path:
        """Raises ValueError for a slug that would leave the folder."""
        return self.root / check_slug(slug) / f"{revision}.json"

    def latest(self, slug: str) -> int | None:
        revisions = self.revisions(slug)
        return revisions[-1] if revisions else None

    def load(self, slug: str, revision: int) -> Graph:
        """Raises TracerError when the file is missing, cut short or not a graph."""
        return load_graph(self.path(slug, revision))

    def stored(self, slug: str, revision: int) -> StoredGraph:
        """Raises TracerError when the file is missing or unreadable."""
        return StoredGraph(self.path(slug, revision))


def revision_numbers(names: Iterable[str]) -> list[int]:
    """The revisions among the names of a folder's files, lowest first."""
    matches = (_REVISION.match(name) for name in names)
    return sorted(int(match[1]) for match in matches if match)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
