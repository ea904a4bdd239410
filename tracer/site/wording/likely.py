"""A possible answer, and shares and probabilities as people say them.

Babel would bring 11 MB of other languages' conventions, and call 0.9996 100 %.
"""

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


def percent(share: float) -> str:
    """A share as people say it; small and near-whole ones keep what tells them apart.

    >>> percent(0.814), percent(0.004), percent(0.9996), percent(1)
    ('81\\xa0%', '0.4\\xa0%', '>99.9\\xa0%', '100\\xa0%')
    """
    if 0.9995 <= share < 1:
        return ">99.9\N{NO-BREAK SPACE}%"
    if share < 0.0005:
        return "<0.1\N{NO-BREAK SPACE}%" if share > 0 else "0\N{NO-BREAK SPACE}%"
    digits = 1 if share < 0.0095 or 0.995 <= share < 1 else 0
    return f"{share * 100:.{digits}f}\N{NO-BREAK SPACE}%"
