"""One graph's page: what its template asks for, each part in a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from tracer.documents.annotations import Annotations
from tracer.documents.evidence import Exchange, Faithfulness
from tracer.documents.exchange.provenance import Provenance, is_foreign, provenance_of
from tracer.documents.front_matter import FrontMatter
from tracer.documents.graph import Graph
from tracer.documents.parts.parts import Parts
from tracer.documents.site_config import SiteConfig
from tracer.site.content.entry import Entry
from tracer.site.content.read_cache import Keeps, keep_nothing
from tracer.site.graph.about import About
from tracer.site.graph.account import ShownAccount, show_account
from tracer.site.graph.address import GraphAddress
from tracer.site.graph.again import again, listed_again
from tracer.site.graph.citation import bibtex
from tracer.site.graph.exchange import ShownExchange, show_exchange
from tracer.site.graph.facts import Fact, measured_with
from tracer.site.graph.faithfulness import ShownFaithfulness, show_faithfulness
from tracer.site.graph.heads import ShownHeads, show_heads
from tracer.site.graph.pictures import Pictures
from tracer.site.graph.remarks import Remarks
from tracer.site.graph.size_curve import ShownSizeCurve, show_size_curve
from tracer.site.graph.trial import ShownTrial, show_trial
from tracer.site.graph.tried import ShownTried, groups_tried, show_tried, steer_command
from tracer.site.graph.viewer_files import ViewerFiles

Value = TypeVar("Value")


@dataclass(frozen=True)
class GraphPage:
    """One revision of one graph, as its page and its card show it.

    `keeps` gives again what an earlier page made of the same: an edit changes little of one.
    """

    entry: Entry
    revision: int
    keeps: Keeps = field(default=keep_nothing, repr=False, compare=False)

    @cached_property
    def graph(self) -> Graph:
        return (self.entry.stored if self.newest else self.entry.older[self.revision]).graph

    @property
    def newest(self) -> bool:
        return self.revision == self.entry.revision

    @property
    def slug(self) -> str:
        return self.entry.slug

    @property
    def meta(self) -> FrontMatter:
        return self.entry.meta

    @property
    def annotations(self) -> Annotations:
        return self.entry.annotations

    @property
    def title(self) -> str:
        return self.meta.title or self.about.title

    @property
    def address(self) -> GraphAddress:
        return GraphAddress(self.slug, self.revision, self.newest)

    @cached_property
    def about(self) -> About:
        return About(self.graph)

    @cached_property
    def pictures(self) -> Pictures:
        evidence = self.entry.evidence_of(self.revision)
        silenced = evidence.groups if evidence else None

        def make() -> Pictures:
            return Pictures(self.graph, self.annotations, self.title, self.parts, silenced)

        return self._kept("pictures", make, self.title, *self.entry.read_of(self.revision))

    @cached_property
    def remarks(self) -> Remarks:
        return Remarks(self.entry, self.graph, self.address)

    @cached_property
    def viewer(self) -> ViewerFiles:
        circuit = self.pictures.circuit
        flows = self.parts.flows
        groups = groups_tried(self.graph, self.annotations, self.remarks.became)
        return ViewerFiles(
            self.entry,
            self.graph,
            self.address,
            circuit,
            self._measured,
            flows,
            groups,
            self._kept,
        )

    def _kept(self, name: str, make: Callable[[], Value], *given: object) -> Value:
        return self.keeps(f"{self.slug} {self.revision} {name}", make, *given)

    @cached_property
    def made(self) -> Provenance | None:
        """Who made a graph of somebody else, and how; None for a gallery's own."""
        return provenance_of(self.graph) if is_foreign(self.graph) else None

    @cached_property
    def exchange(self) -> ShownExchange | None:
        return show_exchange(self.exchanged, self.graph) if self.exchanged else None

    @property
    def exchanged(self) -> Exchange | None:
        """What was measured against a counterfactual."""
        evidence = self.entry.evidence_of(self.revision)
        return evidence.exchange if evidence else None

    @cached_property
    def size_curve(self) -> ShownSizeCurve | None:
        evidence = self.entry.evidence_of(self.revision)
        found = evidence.curve if evidence else None
        return show_size_curve(found, self.graph) if found and found.points else None

    @cached_property
    def account(self) -> ShownAccount | None:
        """Where the answer comes from, of graphs that add up."""
        return show_account(self.graph, self.annotations, self.parts)

    @property
    def parts(self) -> Parts:
        """What can be read of the packed files beside the graph."""
        return self.entry.parts_of(self.revision).parts

    @property
    def part_files(self) -> list[str]:
        """Those packed files, below the site's root."""
        stored = self.entry.parts.get(self.revision)
        return [f"graphs/{self.slug}/{one.file.name}" for one in stored.files] if stored else []

    @property
    def facts(self) -> list[Fact]:
        """What one needs to know to cite the graph or to make it again."""
        evidence = self.entry.evidence_of(self.revision)
        measured = [measured_with(evidence.versions)] if evidence else []
        return [*self.about.facts, *measured, *self._again()]

    def _again(self) -> Iterator[Fact]:
        own = self.graph.metadata.tracer is not None
        command = again(self.graph)
        if command is None and own and self.entry.listed and self.newest:
            command = listed_again(self.slug)
        if command:
            yield Fact("Trace it again", command, code=True)

    @property
    def trial(self) -> ShownTrial | None:
        return show_trial(self.graph)

    @cached_property
    def heads(self) -> ShownHeads | None:
        return show_heads(self.graph, self.parts.heads, self.pictures.circuit, self.annotations)

    @cached_property
    def tried(self) -> ShownTried | None:
        """What became of the answer when one thing was taken away; None of somebody else's graph,
        whose model is not known."""
        if is_foreign(self.graph):
            return None
        steer = steer_command(self.slug, None if self.newest else self.revision)
        became, heads = self.remarks.became, self.parts.heads
        found = show_tried(self.graph, self.annotations, self._measured, became, heads, steer)
        return found or None

    @cached_property
    def faithfulness(self) -> ShownFaithfulness | None:
        return show_faithfulness(self._measured) if self._measured else None

    @cached_property
    def _measured(self) -> Faithfulness | None:
        evidence = self.entry.evidence_of(self.revision)
        return evidence.faithfulness if evidence else None

    def citation(self, site: SiteConfig, path: str) -> str:
        """BibTeX for this revision; `path` is the page's, below the site's root.

        A graph of somebody else is theirs: whoever writes about it here gave it no title, and is
        not its author.
        """
        base, made = site.base_url, self.made
        title = self.about.title if made else self.title
        return bibtex(
            f"{self.slug}-{self.revision}",
            title=f"{title} (attribution graph, revision {self.revision})",
            authors=made.authors if made else self.meta.authors or (site.title,),
            date=made.created if made else self.meta.date,
            url=f"{base.rstrip('/')}/{path}?revision={self.revision}" if base else None,
            note=made.note(site.title) if made else None,
        )
