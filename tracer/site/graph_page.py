"""All that a graph's page shows, worked out before the template sees it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markupsafe import Markup

from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.errors import TracerError
from tracer.site import viewer_data
from tracer.site.answers import Likely, explained_answer, likely_answers
from tracer.site.circuit import Circuit, summarise
from tracer.site.circuit_svg import describe, draw, draw_thumbnail
from tracer.site.content import Entry, FrontMatter
from tracer.site.facts import Fact, explained, facts, model_name, question
from tracer.site.markdown import LinkTarget, render, render_note
from tracer.site.tokens import prompt_text


@dataclass(frozen=True)
class Counterpoint:
    name: str
    date: str
    html: Markup


@dataclass(frozen=True)
class GraphPage:
    """One revision of one graph, as its page and its card show it."""

    entry: Entry
    revision: int

    @cached_property
    def graph(self) -> Graph:
        newest = self.revision == self.entry.revision
        return self.entry.graph if newest else self.entry.older[self.revision]

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
        answer = f" → {self.answer.text}" if self.answer else ""
        prompt = self.prompt.strip()
        return f"{prompt if len(prompt) <= 90 else prompt[:89].rstrip() + '…'}{answer}"

    @property
    def prompt(self) -> str:
        return prompt_text(self.graph)

    @cached_property
    def answer(self) -> Likely | None:
        return explained_answer(self.graph)

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
        target = LinkTarget(self.graph, self.annotations)
        file = self.entry.write_up.file
        try:
            return render(self.entry.write_up.body, file, target)
        except TracerError:
            if self.newest:
                raise
            # The text is about the newest revision; an older one may lack what it names.
            return Markup("")

    @cached_property
    def counterpoints(self) -> list[Counterpoint]:
        file = Path("site_src", "annotations", f"{self.slug}.yaml")
        return [
            Counterpoint(one.name, one.date.isoformat(), render_note(one.text, file))
            for one in self.annotations.counterpoints
        ]

    @cached_property
    def data(self) -> bytes:
        return viewer_data.encode(self.graph, self.annotations)

    @property
    def data_name(self) -> str:
        """Named by content, so that hosts may keep it for ever."""
        return f"data.{hashlib.sha256(self.data).hexdigest()[:8]}.json"
