"""All that the page of a curated comparison shows, worked out before the template sees it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tracer.site.content.markdown_file import MarkdownFile
from tracer.site.graph.alignment import Alignment, Annotated, align
from tracer.site.graph.flow_difference import FlowDifference
from tracer.site.graph.graph_page import GraphPage
from tracer.site.graph.layer_changes import LayerChanges, Measured, layer_changes


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
    def layer_changes(self) -> LayerChanges | None:
        """What changed layer by layer, where both ask the same."""
        sides = (Measured(side.slug, side.graph, side.exchanged) for side in self.sides)
        return layer_changes(*sides)

    @property
    def merged(self) -> str | None:
        """In words, what makes the one model out of the other, where that is known."""
        infos = [side.graph.metadata.tracer for side in self.sides]
        left, right = (one.model if one else None for one in infos)
        if left is None or right is None or left.name != right.name:
            return None
        for one, other, words in ((left, right, "right"), (right, left, "left")):
            there = [adapter.identity for adapter in one.adapters or ()]
            more = list(other.adapters or ())
            if len(more) > len(there) and [a.identity for a in more[: len(there)]] == there:
                names = " and ".join(adapter.name for adapter in more[len(there) :])
                return f"The model on the {words} is the other one with the adapter {names}."
        return None

    @cached_property
    def flows(self) -> FlowDifference | None:
        """What flows otherwise, as a circuit, where both keep their flows and ask of one kind."""
        infos = [side.graph.metadata.tracer for side in self.sides]
        units = {one.account.unit for one in infos if one and one.account}
        if len(units) != 1:
            return None
        graphs = (self.left.graph, self.right.graph)
        return FlowDifference.of(graphs, (self.left.parts, self.right.parts))

    @cached_property
    def alignment(self) -> Alignment:
        sides = (Annotated(side.graph, side.annotations) for side in self.sides)
        return align(*sides)
