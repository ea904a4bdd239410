"""A possible answer, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.site.wording.tokens import visible


@dataclass(frozen=True)
class Likely:
    """A possible next token; `explained` marks the one that the graph is about. `spaced` marks a
    word that would run into the prompt's last one because its program left its space out. It has
    its `id` where another has the same text."""

    token: str
    probability: float | None
    explained: bool
    spaced: bool = False
    id: int | None = None

    @property
    def text(self) -> str:
        return visible(self.token) if self.id is None else f"{visible(self.token)} (id {self.id})"

    @property
    def space(self) -> str:
        """The space between the prompt and the answer."""
        own = self.token.startswith(" ") and self.token.strip(" ")
        return " " if own or self.spaced else ""
