"""The files beside a graph's page that its viewer loads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from tracer.documents.evidence import Faithfulness
from tracer.documents.feature_source import feature_source, names_its_source
from tracer.documents.graph import Graph
from tracer.documents.parts.flows import Flows
from tracer.site.circuit.boxes import Circuit
from tracer.site.content.entry import Entry
from tracer.site.content.read_cache import Keeps, keep_nothing
from tracer.site.graph import edit_data, viewer_data
from tracer.site.graph.address import GraphAddress
from tracer.site.graph.tried import GroupTried
from tracer.site.graph.viewer_data import columns_of


@dataclass(frozen=True)
class ViewerFiles:
    """Their content and their names, which change with the content, so that hosts may keep them
    for ever."""

    entry: Entry
    graph: Graph
    address: GraphAddress
    circuit: Circuit | None
    measured: Faithfulness | None
    flows: Flows | None = None  # all of a graph that keeps an account
    tried: Mapping[str, GroupTried] = field(default_factory=dict)  # groups, by key
    keeps: Keeps = field(default=keep_nothing, repr=False, compare=False)

    @cached_property
    def data(self) -> bytes:
        examples = self.entry.examples.get(feature_source(self.graph), ())
        read = self.entry.read_of(self.address.revision)

        def make() -> bytes:
            return viewer_data.encode(
                self.graph,
                self.entry.annotations,
                columns=self.keeps("columns", partial(columns_of, self.graph), read[0]),
                measured=self.measured,
                flows=self.flows,
                tried=self.tried,
                slug=self.address.slug,
                features=f"{self.address.root}features/",
                examples=examples,
                pages=self.address.newest and names_its_source(self.graph),
            )

        return self.keeps("data", make, self.address, self.tried, examples, *read)

    @property
    def data_name(self) -> str:
        return _named_by_content("data", self.data)

    @cached_property
    def edits(self) -> bytes:
        """What the viewer needs so that people can change the annotations."""
        return edit_data.encode(self.entry, self.circuit)

    @property
    def edits_name(self) -> str:
        return _named_by_content("edit", self.edits)


def _named_by_content(name: str, content: bytes) -> str:
    return f"{name}.{hashlib.sha256(content).hexdigest()[:8]}.json"
