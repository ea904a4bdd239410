"""`theme:` in `site.yaml`: the site's colours, as custom properties of a style sheet."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from tracer.documents.records import Strict

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")

_BY_DAY = "print, (prefers-color-scheme: light)"
_IN_THE_DARK = "screen and (prefers-color-scheme: dark)"


def _colour(text: str) -> str:
    if not _HEX.match(text):
        raise ValueError('write a colour as "#1d4f91", in quotes, since `#` begins a comment')
    return text


Colour = Annotated[str, AfterValidator(_colour)]


def _for(what: str) -> str | None:
    colour: str | None = Field(None, description=what)
    return colour


class Palette(Strict):
    """The colours of assets/styles/tokens.css; what is left out keeps its own."""

    bg: Colour | None = _for("the page")
    surface: Colour | None = _for("cards and frames")
    sunken: Colour | None = _for("what lies deeper: code, boxes of words")
    text: Colour | None = _for("writing")
    muted: Colour | None = _for("writing that matters less")
    line: Colour | None = _for("thin lines between things")
    accent: Colour | None = _for("links")
    positive: Colour | None = _for("what works for the answer")
    negative: Colour | None = _for("what works against it")
    neutral: Colour | None = _for("borders of controls, bars")
    feature: Colour | None = _for("the outline of a group")
    error: Colour | None = _for("error nodes")
    embedding: Colour | None = _for("words of the prompt")
    logit: Colour | None = _for("the answer")
    select: Colour | None = _for("what is selected")
    good: Colour | None = _for("what went well")
    bad: Colour | None = _for("what went wrong")


class Theme(Strict):
    """Colours in daylight and in the dark."""

    light: Palette = Field(default_factory=Palette)
    dark: Palette = Field(default_factory=Palette)

    def stylesheet(self) -> str:
        """CSS that belongs between `tokens.css` and `site.css`; empty without colours."""
        return "".join(
            f"@media {where} {{\n  :root {{\n{lines}  }}\n}}\n"
            for where, palette in ((_BY_DAY, self.light), (_IN_THE_DARK, self.dark))
            if (lines := _properties(palette))
        )


def _properties(palette: Palette) -> str:
    given = palette.model_dump(exclude_none=True)
    return "".join(f"    --{name}: {colour};\n" for name, colour in given.items())
