"""The graph that links of a text point into."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.documents.references import Reference
from tracer.site.content.dangling import Revisions, nearest


@dataclass(frozen=True)
class LinkTarget:
    """The graph that `node:`, `group:`, `claim:` and `head:` links of a text point into."""

    graph: Graph
    annotations: Annotations
    revision: int = 1
    older: Revisions = field(default_factory=dict)
    groups_known: bool = True  # unless annotations are there and could not be read
    annotated: bool = True  # whether there is a file to name groups in
    claims: Collection[str] = ()  # that the page tells of
    heads: Collection[str] | None = None  # that the page tells of; None where it is not known

    def resolve(self, text: str) -> list[str]:
        groups = {key: group.nodes for key, group in self.annotations.groups.items()}
        return Reference(text).resolve(self.graph.node_ids, groups)

    def knows(self, text: str) -> bool:
        """Whether it can be said that a reference matches nothing."""
        return self.groups_known or Reference(text).group is None

    def nearest(self, text: str) -> str:
        """What to do about a reference that matches nothing."""
        found = nearest(text, self.graph, self.annotations, self.revision, self.older)
        return found or "node ids are in the graph's file and in the viewer"
