"""`graphs/<slug>/<revision>.json`: where graphs lie and which revisions there are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tracer.documents.enclosure import enclose_folder, names_in
from tracer.documents.graph import Graph, load_graph, parse_graph
from tracer.documents.lock import held
from tracer.documents.references import check_slug
from tracer.documents.revisions import revision_numbers
from tracer.documents.stored_file import StoredFile
from tracer.documents.temporary_files import sweep_below


class StoredGraph(StoredFile):
    """A graph's file, parsed when the graph is asked for."""

    @property
    def graph(self) -> Graph:
        """Raises TracerError when the file is cut short or not a graph."""
        return _parsed(self)


@dataclass(frozen=True)
class GraphFolder:
    """A folder of graphs, kept in version control."""

    root: Path

    def __post_init__(self) -> None:
        enclose_folder(self.root)

    def slugs(self) -> list[str]:
        """Every slug that has at least one revision, sorted."""
        return list(self.listing())

    def listing(self) -> dict[str, list[int]]:
        """Every slug that has at least one revision, sorted, with its revisions, lowest first."""
        names = names_in(self.root).folders
        return {name: found for name in names if (found := self.revisions(name))}

    def revisions(self, slug: str) -> list[int]:
        """The revision numbers there are, lowest first."""
        found = names_in(self.root / slug)
        return revision_numbers([*found.files, *found.folders])

    def path(self, slug: str, revision: int) -> Path:
        """Raises ValueError for a slug that would leave the folder."""
        return self.root / check_slug(slug) / f"{revision}.json"

    def latest(self, slug: str) -> int | None:
        revisions = self.revisions(slug)
        return revisions[-1] if revisions else None

    def load(self, slug: str, revision: int) -> Graph:
        """Raises TracerError when the file is missing, cut short or not a graph."""
        return load_graph(self.path(slug, revision))

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody else gives a number to a graph meanwhile.

        Raises TracerError where somebody does for long.
        """
        with held(self.root / ".revisions.lock", "writes graphs here"):
            yield

    def sweep(self) -> None:
        """Remove what killed runs left unfinished, their lock too."""
        with self.writing():
            sweep_below(self.root)

    def next(self, slug: str) -> int:
        """The number of the revision to write, as long as only this process writes."""
        return (self.latest(slug) or 0) + 1

    def stored(self, slug: str, revision: int) -> StoredGraph:
        """Raises TracerError when the file is missing or unreadable."""
        return StoredGraph(self.path(slug, revision))


@lru_cache(maxsize=64)  # a gallery may have more graphs than there is memory
def _parsed(stored: StoredGraph) -> Graph:
    return parse_graph(stored.content(), stored.file)
