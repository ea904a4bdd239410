"""All that a graph's page shows, worked out before the template sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.errors import TracerError
from tracer.site import viewer_data
from tracer.site.answers import Likely, asked_instead, explained_answer, likely_answers
from tracer.site.circuit import Circuit, summarise
from tracer.site.circuit_svg import describe, draw, draw_thumbnail
from tracer.site.content import Entry, FrontMatter
from tracer.site.facts import Fact, explained, facts, model_name, question
from tracer.site.markdown import LinkTarget, render, render_note
from tracer.site.node_links import node_link
from tracer.site.tokens import prompt_text


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
    def file(self) -> str:
        """The graph's own file, below the gallery and below the site's root alike."""
        return f"graphs/{self.slug}/{self.revision}.json"

    @property
    def meta(self) -> FrontMatter:
        return self.entry.meta

    @property
    def title(self) -> str:
        if self.meta.title:
            return self.meta.title
        asked = asked_instead(self.graph)
        answer = f" → {self.answer.text}" if self.answer else f" → {asked}" if asked else ""
        prompt = self.prompt.strip()
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
    def facts(self) -> list[Fact]:
        return facts(self.graph)

    @property
    def annotations(self) -> Annotations:
        return self.entry.annotations

    @cached_property
    def circuit(self) -> Circuit | None:
        return summarise(self.graph, self.annotations)

    @cached_property
    def picture(self) -> Markup:
        return draw(self.circuit, title=f"Circuit: {self.title}") if self.circuit else Markup("")

    @cached_property
    def thumbnail(self) -> Markup:
        return draw_thumbnail(self.circuit) if self.circuit else Markup("")

    @property
    def picture_in_words(self) -> list[str]:
        return describe(self.circuit) if self.circuit else []

    @cached_property
    def write_up(self) -> Markup:
        """Raises Problems for links to nodes that the newest graph has not."""
        if self.entry.write_up is None:
            return Markup("")
        text = self.entry.write_up
        return self._of_the_newest(lambda: render(text.body, text.file, self._target))

    @cached_property
    def groups(self) -> list[NamedGroup]:
        """The groups that this revision has nodes of. Raises Problems for bad links in notes."""
        members = self.annotations.group_members(self.graph.node_ids)
        return [
            NamedGroup(
                name=group.name,
                by=group.by,
                nodes=tuple(members[key]),
                note=self._note(group.note or "", "groups", key, "note"),
            )
            for key, group in self.annotations.groups.items()
            if members[key]
        ]

    @cached_property
    def counterpoints(self) -> list[Counterpoint]:
        """Raises Problems for bad links in their texts."""
        return [
            Counterpoint(
                name=one.name,
                date=one.date.isoformat(),
                html=self._note(one.text, "counterpoints", index, "text"),
            )
            for index, one in enumerate(self.annotations.counterpoints)
        ]

    @property
    def _target(self) -> LinkTarget:
        return LinkTarget(self.graph, self.annotations)

    def _note(self, text: str, *path: str | int) -> Markup:
        source = self.entry.annotation_source
        if source is None:
            return Markup("")
        place = source.place(path)
        return self._of_the_newest(lambda: render_note(text, place, self._target))

    def _of_the_newest(self, make: Callable[[], Markup]) -> Markup:
        """Texts are about the newest revision; an older one may lack the nodes they name."""
        try:
            return make()
        except TracerError:
            if self.newest:
                raise
            return Markup("")

    @cached_property
    def data(self) -> bytes:
        return viewer_data.encode(self.graph, self.annotations)

    @property
    def data_name(self) -> str:
        """Named by content, so that hosts may keep it for ever."""
        return f"data.{hashlib.sha256(self.data).hexdigest()[:8]}.json"
