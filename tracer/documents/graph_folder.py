"""`graphs/<slug>/<revision>.json`: where graphs lie and which revisions there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tracer.documents.graph import Graph, load_graph
from tracer.documents.references import check_slug

_REVISION = re.compile(r"([1-9][0-9]{0,8})\.json\Z")


@dataclass(frozen=True)
class GraphFolder:
    """A folder of graphs, kept in version control."""

    root: Path

    def slugs(self) -> list[str]:
        """Every slug that has at least one revision, sorted."""
        if not self.root.is_dir():
            return []
        return sorted(path.name for path in self.root.iterdir() if self.revisions(path.name))

    def revisions(self, slug: str) -> list[int]:
        """The revision numbers there are, lowest first."""
        folder = self.root / slug
        if not folder.is_dir():
            return []
        matches = (_REVISION.match(path.name) for path in folder.iterdir())
        return sorted(int(match[1]) for match in matches if match)

    def path(self, slug: str, revision: int) -> Path:
        """Raises ValueError for a slug that would leave the folder."""
        return self.root / check_slug(slug) / f"{revision}.json"

    def latest(self, slug: str) -> int | None:
        revisions = self.revisions(slug)
        return revisions[-1] if revisions else None

    def load(self, slug: str, revision: int) -> Graph:
        """Raises TracerError when the file is missing, cut short or not a graph."""
        return load_graph(self.path(slug, revision))
