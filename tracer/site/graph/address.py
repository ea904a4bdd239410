"""Where a revision of a graph stands in a gallery and in its site."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GraphAddress:
    """The newest revision has the graph's own address; an older one stands below it."""

    slug: str
    revision: int
    newest: bool

    @property
    def folder(self) -> str:
        """Below the site's root, with a slash at its end."""
        base = f"graphs/{self.slug}/"
        return base if self.newest else f"{base}{self.revision}/"

    @property
    def root(self) -> str:
        """The way from the graph's page up to the site's root."""
        return "../" * self.folder.count("/")

    @property
    def file(self) -> str:
        """The graph's own file, below the gallery and below the site's root alike."""
        return f"graphs/{self.slug}/{self.revision}.json"
