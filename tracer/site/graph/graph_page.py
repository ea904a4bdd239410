"""All that a graph's page shows, worked out before the template sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markupsafe import Markup

from tracer.documents.annotations import Annotations, Label
from tracer.documents.evidence import Faithfulness
from tracer.documents.exchange.provenance import Provenance, is_foreign, provenance_of
from tracer.documents.feature_source import feature_source
from tracer.documents.front_matter import FrontMatter
from tracer.documents.graph import Graph
from tracer.documents.parts.parts import Parts
from tracer.documents.references import Reference
from tracer.documents.site_config import SiteConfig
from tracer.documents.yaml_source import KeyPath
from tracer.errors import Place, TracerError
from tracer.site.circuit import layout_data
from tracer.site.circuit.boxes import Circuit
from tracer.site.circuit.circuit import summarise
from tracer.site.circuit.in_words import describe
from tracer.site.circuit.layout import Layout, lay_out_pictures
from tracer.site.circuit.svg import draw
from tracer.site.circuit.thumbnail import draw_thumbnail
from tracer.site.content.addresses import write_up_here
from tracer.site.content.entry import Entry
from tracer.site.graph import edit_data, viewer_data
from tracer.site.graph.citation import bibtex
from tracer.site.graph.claims import ShownClaim, show_claim
from tracer.site.graph.facts import Fact, explained, facts, model_name, question
from tracer.site.graph.faithfulness import ShownFaithfulness, show_faithfulness
from tracer.site.prose.link_target import LinkTarget
from tracer.site.prose.markdown import render_note
from tracer.site.prose.node_links import node_link
from tracer.site.wording.answers import asked_instead, explained_answer, likely_answers
from tracer.site.wording.likely import Likely
from tracer.site.wording.tokens import one_line, prompt_text


@dataclass(frozen=True)
class Counterpoint:
    """A reviewed objection, ready to show."""

    name: str
    date: str
    html: Markup


@dataclass(frozen=True)
class NamedGroup:
    """A group with who named it, and why."""

    name: str
    by: str | None
    nodes: tuple[str, ...]
    note: Markup

    @property
    def link(self) -> dict[str, str]:
        return node_link(self.nodes)


@dataclass(frozen=True)
class NamedFeature:
    """A feature's name, with who gave it, how sure they are, and why."""

    key: str
    label: Label
    nodes: tuple[str, ...]
    note: Markup
    shared: bool  # by all graphs of the feature source

    @property
    def link(self) -> dict[str, str]:
        return node_link(self.nodes)


@dataclass(frozen=True)
class GraphPage:
    """One revision of one graph, as its page and its card show it."""

    entry: Entry
    revision: int

    @cached_property
    def graph(self) -> Graph:
        newest = self.revision == self.entry.revision
        return (self.entry.stored if newest else self.entry.older[self.revision]).graph

    @property
    def newest(self) -> bool:
        return self.revision == self.entry.revision

    @property
    def slug(self) -> str:
        return self.entry.slug

    @property
    def folder(self) -> str:
        """Below the site's root, with a slash at its end."""
        base = f"graphs/{self.slug}/"
        return base if self.newest else f"{base}{self.revision}/"

    @property
    def root(self) -> str:
        """The way from this page up to the site's root."""
        return "../" * self.folder.count("/")

    @property
    def file(self) -> str:
        """The graph's own file, below the gallery and below the site's root alike."""
        return f"graphs/{self.slug}/{self.revision}.json"

    @property
    def meta(self) -> FrontMatter:
        return self.entry.meta

    @property
    def title(self) -> str:
        return self.meta.title or self.own_title

    @property
    def own_title(self) -> str:
        """On one line: the prompt, as much as has room, and the answer."""
        asked = asked_instead(self.graph)
        answer = f" → {self.answer.text}" if self.answer else f" → {asked}" if asked else ""
        prompt = one_line(self.prompt)
        return f"{prompt if len(prompt) <= 90 else prompt[:89].rstrip() + '…'}{answer}"

    @property
    def prompt(self) -> str:
        return prompt_text(self.graph)

    @cached_property
    def answer(self) -> Likely | None:
        return explained_answer(self.graph)

    @property
    def subject(self) -> str:
        """What the graph explains, in a sentence."""
        return asked_instead(self.graph) or "the answer"

    @property
    def answers(self) -> tuple[Likely, ...]:
        return likely_answers(self.graph)

    @property
    def model(self) -> str:
        return model_name(self.graph)

    @property
    def question(self) -> str:
        return question(self.graph)

    @property
    def explained(self) -> list[str]:
        return explained(self.graph)

    @property
    def noun(self) -> str:
        """What its features are called."""
        info = self.graph.metadata.tracer
        return "neurons" if info and info.features.kind == "neurons" else "features"

    @property
    def attention_is_held(self) -> bool:
        """Some programs take attention apart as well (`lorsa`), and then it is not."""
        return not any(node.feature_type.startswith("lorsa") for node in self.graph.nodes)

    @property
    def facts(self) -> list[Fact]:
        return facts(self.graph)

    def citation(self, site: SiteConfig, path: str) -> str:
        """BibTeX for this revision; `path` is the page's, below the site's root.

        A graph of somebody else is theirs: whoever writes about it here gave it no title, and is
        not its author.
        """
        base, made = site.base_url, self.made
        title = self.own_title if made else self.title
        return bibtex(
            f"{self.slug}-{self.revision}",
            title=f"{title} (attribution graph, revision {self.revision})",
            authors=made.authors if made else self.meta.authors or (site.title,),
            date=made.created if made else self.meta.date,
            url=f"{base.rstrip('/')}/{path}?revision={self.revision}" if base else None,
            note=made.note(site.title) if made else None,
        )

    @cached_property
    def made(self) -> Provenance | None:
        """Who made a graph of somebody else, and how; None for a gallery's own."""
        return provenance_of(self.graph) if is_foreign(self.graph) else None

    @property
    def annotations(self) -> Annotations:
        return self.entry.annotations

    @cached_property
    def circuit(self) -> Circuit | None:
        return summarise(self.graph, self.annotations, self.parts)

    @cached_property
    def picture(self) -> Markup:
        return draw(self._layouts, title=f"Circuit: {self.title}") if self.circuit else Markup("")

    @property
    def layout(self) -> Markup:
        """The picture's layout, which the viewer starts from."""
        if self.circuit is None:
            return Markup("")
        return layout_data.encode(self.circuit, self._layouts, self.graph.node_ids)

    @cached_property
    def _layouts(self) -> dict[str, Layout]:
        return lay_out_pictures(self.circuit) if self.circuit else {}

    @cached_property
    def thumbnail(self) -> Markup:
        return draw_thumbnail(self.circuit) if self.circuit else Markup("")

    @property
    def picture_in_words(self) -> list[str]:
        return describe(self.circuit) if self.circuit else []

    @cached_property
    def groups(self) -> list[NamedGroup]:
        """The groups that this revision has nodes of. Raises Problems for bad links in notes."""
        members = self.annotations.group_members(self.graph.node_ids)
        return [
            NamedGroup(
                name=group.name,
                by=group.by,
                nodes=tuple(members[key]),
                note=self._note(group.note, ("groups", key, "note")),
            )
            for key, group in self.annotations.groups.items()
            if members[key]
        ]

    @cached_property
    def named_features(self) -> list[NamedFeature]:
        """The labels that this revision has nodes of. Raises Problems for bad links in notes."""
        ids = self.graph.node_ids
        return [
            NamedFeature(
                key=key,
                label=label,
                nodes=tuple(nodes),
                note=self._note(label.note, ("labels", key, "note")),
                shared=self._is_shared(key),
            )
            for key, label in self.annotations.labels.items()
            if (nodes := Reference(key).resolve(ids, {}))
        ]

    @cached_property
    def counterpoints(self) -> list[Counterpoint]:
        """Raises Problems for bad links in their texts."""
        return [
            Counterpoint(
                name=one.name,
                date=one.date.isoformat(),
                html=self._note(one.text, ("counterpoints", index, "text")),
            )
            for index, one in enumerate(self.annotations.counterpoints)
        ]

    @cached_property
    def claims(self) -> list[ShownClaim]:
        """The claims that this revision has the nodes for, each with its evidence if there is
        any. Raises Problems for bad links in notes."""
        evidence, shown = self.entry.evidence_of(self.revision), []
        for number, claim in enumerate(self.entry.said.claims):
            try:
                resolved = self.entry.resolve(number, self.graph)
            except TracerError:
                if self.newest:
                    raise
                continue
            found = evidence.of(resolved.hash) if evidence else None
            note = self._note(claim.note, ("claims", number, "note"))
            shown.append(show_claim(resolved, self.annotations, found, note))
        return shown

    @property
    def parts(self) -> Parts:
        """What can be read of the packed files beside the graph."""
        return self.entry.parts_of(self.revision).parts

    @property
    def part_files(self) -> list[str]:
        """Those packed files, below the site's root."""
        stored = self.entry.parts.get(self.revision)
        return [f"graphs/{self.slug}/{one.file.name}" for one in stored.files] if stored else []

    @cached_property
    def faithfulness(self) -> ShownFaithfulness | None:
        return show_faithfulness(self._measured) if self._measured else None

    @cached_property
    def _measured(self) -> Faithfulness | None:
        evidence = self.entry.evidence_of(self.revision)
        return evidence.faithfulness if evidence else None

    @property
    def target(self) -> LinkTarget:
        entry = self.entry
        return LinkTarget(
            self.graph,
            self.annotations,
            self.revision,
            entry.earlier,
            groups_known="annotations" not in entry.unread,
            annotated=entry.annotation_source is not None,
        )

    @property
    def notes(self) -> list[tuple[str, Place]]:
        """Every note and counterpoint of the annotations, with the place of its text."""
        said = self.annotations
        found: list[tuple[str | None, KeyPath]] = []
        found += [(one.note, ("labels", key, "note")) for key, one in said.labels.items()]
        found += [(one.note, ("groups", key, "note")) for key, one in said.groups.items()]
        found += [(one.note, ("claims", n, "note")) for n, one in enumerate(said.claims)]
        points = enumerate(said.counterpoints)
        found += [(one.text, ("counterpoints", n, "text")) for n, one in points]
        return [(text, self._place(path)) for text, path in found if text]

    def _is_shared(self, key: str) -> bool:
        source = self.entry.annotation_source
        return source is None or ("labels", key) not in source.keys

    def _place(self, path: KeyPath) -> Place:
        """Where annotations, or else the labels shared by all graphs, say something."""
        entry = self.entry
        shared = path[0] == "labels" and self._is_shared(str(path[1]))
        source = entry.shared_source if shared else entry.annotation_source
        return source.place(path) if source else Place(Path(self.file))

    def _note(self, text: str | None, path: KeyPath) -> Markup:
        if not text:
            return Markup("")
        place, here = self._place(path), write_up_here(self.slug, self.root)
        # What all graphs of a feature source share cannot link into one of them.
        shared = path[0] == "labels" and self._is_shared(str(path[1]))
        target = None if shared else self.target
        return self.of_the_newest(lambda: render_note(text, place, target, here=here))

    def of_the_newest(self, make: Callable[[], Markup]) -> Markup:
        """Texts are about the newest revision; an older one may lack the nodes they name."""
        try:
            return make()
        except TracerError:
            if self.newest:
                raise
            return Markup("")

    @cached_property
    def data(self) -> bytes:
        return viewer_data.encode(
            self.graph,
            self.annotations,
            measured=self._measured,
            slug=self.slug,
            features=f"{self.root}features/",
            examples=self.entry.examples.get(feature_source(self.graph), ()),
        )

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
    """A file name that changes with the content, so that hosts may keep the file for ever."""
    return f"{name}.{hashlib.sha256(content).hexdigest()[:8]}.json"
