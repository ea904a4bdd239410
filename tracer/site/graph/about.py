"""What a graph is about: the prompt, what is asked of it, and what it leaves unexplained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tracer.documents.graph import Graph
from tracer.documents.token_text import has_named_byte
from tracer.site.graph.facts import Fact, explained, facts, model_name, question
from tracer.site.wording.answers import asked_instead, explained_answer, likely_answers
from tracer.site.wording.direction import runs_left
from tracer.site.wording.likely import Likely
from tracer.site.wording.tokens import one_line, prompt_text

_LONGEST = 90  # of a prompt that is a title


@dataclass(frozen=True)
class About:
    """All of it is in the graph itself; people's words are in `Remarks`."""

    graph: Graph

    @property
    def title(self) -> str:
        """On one line: the prompt, as much as has room, and the answer."""
        end = self.answer.text if self.answer else asked_instead(self.graph)
        prompt = one_line(self.prompt)
        if len(prompt) > _LONGEST:
            prompt = prompt[: _LONGEST - 1].rstrip() + "…"
        # An arrow is not turned around where a line runs from right to left, as a bracket is.
        arrow = "←" if runs_left(prompt) else "→"
        return f"{prompt} {arrow} {end}" if end else prompt

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
    def in_bytes(self) -> bool:
        """Whether an answer is the beginning of a character, or a piece of one."""
        return any(has_named_byte(one.token) for one in self.answers)

    @property
    def subject(self) -> str:
        """What the graph explains, in a sentence."""
        return asked_instead(self.graph) or "the answer"

    @property
    def noun(self) -> str:
        """What its features are called."""
        info = self.graph.metadata.tracer
        return "neurons" if info and info.features.kind == "neurons" else "features"

    @property
    def question(self) -> str:
        return question(self.graph)

    @property
    def model(self) -> str:
        return model_name(self.graph)

    @property
    def explained(self) -> list[str]:
        return explained(self.graph)

    @property
    def attention_is_held(self) -> bool:
        """Some programs take attention apart as well (`lorsa`), and then it is not."""
        return not any(node.feature_type.startswith("lorsa") for node in self.graph.nodes)

    @property
    def facts(self) -> list[Fact]:
        return facts(self.graph)
