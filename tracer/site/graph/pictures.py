"""The pictures of one graph's circuit, and the same in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from tracer.documents.annotations import Annotations
from tracer.documents.evidence import SilencedGroups
from tracer.documents.graph import Graph
from tracer.documents.parts.parts import Parts
from tracer.site.circuit import layout_data
from tracer.site.circuit.boxes import Circuit
from tracer.site.circuit.circuit import summarise
from tracer.site.circuit.in_words import describe
from tracer.site.circuit.layout import Layout, lay_out_pictures
from tracer.site.circuit.svg import draw
from tracer.site.circuit.thumbnail import draw_thumbnail
from tracer.site.circuit.way import Way, strongest_way
from tracer.site.graph.stability import ShownStability


@dataclass(frozen=True)
class Pictures:
    """Empty where the graph has no circuit, as a file without an answer node."""

    graph: Graph
    annotations: Annotations
    title: str
    parts: Parts
    silenced: SilencedGroups | None = None  # what became of people's groups

    @cached_property
    def circuit(self) -> Circuit | None:
        return summarise(self.graph, self.annotations, self.parts, self.silenced)

    @cached_property
    def full(self) -> Markup:
        """For wide and for narrow screens."""
        return draw(self._layouts, title=f"Circuit: {self.title}") if self.circuit else Markup("")

    @property
    def layout(self) -> Markup:
        """The full picture's layout, which the viewer starts from."""
        if self.circuit is None:
            return Markup("")
        return layout_data.encode(self.circuit, self._layouts, self.graph.node_ids)

    @cached_property
    def thumbnail(self) -> Markup:
        return draw_thumbnail(self.circuit) if self.circuit else Markup("")

    @property
    def in_words(self) -> list[str]:
        return describe(self.circuit) if self.circuit else []

    @cached_property
    def stability(self) -> ShownStability | None:
        """How much survives small changes; None where nobody asked, or nothing is drawn."""
        found = self.parts.stability
        return ShownStability.of(found, self.circuit) if found and self.circuit else None

    @cached_property
    def way(self) -> Way | None:
        """The strongest way from a word to the answer."""
        return strongest_way(self.circuit) if self.circuit else None

    @cached_property
    def _layouts(self) -> dict[str, Layout]:
        return lay_out_pictures(self.circuit) if self.circuit else {}
