"""All that the page of a curated comparison shows, worked out before the template sees it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tracer.site.content.markdown_file import MarkdownFile
from tracer.site.graph.alignment import Alignment, Annotated, align
from tracer.site.graph.graph_page import GraphPage


@dataclass(frozen=True)
class ComparePage:
    """Two graphs in their newest revisions, and what was written about the pair."""

    left: GraphPage
    right: GraphPage
    text: MarkdownFile

    @property
    def pair(self) -> str:
        return f"{self.left.slug}/{self.right.slug}"

    @property
    def folder(self) -> str:
        """Below the site's root, with a slash at its end."""
        return f"compare/{self.pair}/"

    @property
    def title(self) -> str:
        return self.text.meta.title or f"{self.left.title} · {self.right.title}"

    @property
    def sides(self) -> tuple[GraphPage, GraphPage]:
        return (self.left, self.right)

    @cached_property
    def alignment(self) -> Alignment:
        sides = (Annotated(side.graph, side.annotations) for side in self.sides)
        return align(*sides)
