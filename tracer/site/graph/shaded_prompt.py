"""The prompt as it is written, each word shaded by what it adds to the answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracer.site.circuit.lettering import least_width, text_width
from tracer.site.prose.node_links import node_link
from tracer.site.wording.tokens import readable, visible

LEVELS = 8  # of shade
_TOLD, _LINKED = 0.05, 0.01  # of the absolute sum: its number is in sight; it leads to its nodes
# In pixels, by assets/styles/site: the prompt on a phone, its numbers and what they keep clear.
_LETTERS, _NUMBERS, _CLEAR = 21.6, 12.0, 8.0


@dataclass(frozen=True)
class Share:
    """What one word, or something that is there for every prompt, adds to the answer. `pieces`
    are its tokens, where it has several; it begins at `position`."""

    name: str
    value: float
    nodes: tuple[str, ...]
    position: int = 0
    pieces: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Piece:
    """A word of the prompt as it is written, with the white space around it; no share where the
    words of a long prompt are not told apart. The end of a line is no text that anything could
    stand beneath: it stands after its `sign`."""

    before: str
    text: str
    after: str
    share: Share | None = None
    tone: str = ""  # classes: its sign, its shade, and whether its number is in sight
    amount: str = ""
    link: Mapping[str, str] | None = None
    sign: str = ""


class _Number(NamedTuple):
    """What stands beneath a word: in which of the prompt's own lines, where its middle is at least,
    and the room it takes."""

    share: Share
    line: int
    middle: float
    width: float

    def meets(self, other: _Number) -> bool:
        apart = abs(self.middle - other.middle)
        return self.line == other.line and apart < (self.width + other.width) / 2


def shaded(
    spans: Sequence[tuple[str, Share | None]], gross: float, amount: Callable[[float], str]
) -> Iterator[Piece]:
    """The words with what is known of each; `gross` is the absolute sum of all shares."""
    most = max((abs(share.value) for _, share in spans if share), default=0.0)
    in_sight = _in_sight(spans, gross, amount)
    for text, share in spans:
        core = text.strip()
        at = text.find(core)
        edges = (text[:at], core, text[at + len(core) :]) if core else ("", text, "")
        sign = visible(text) if share and _ends_line(text) else ""
        before, shown, after = map(readable, ("", "", text) if sign else edges)
        if share is None:
            yield Piece(before, shown, after)
            continue
        part = abs(share.value) / gross if gross else 0.0
        linked = part >= _LINKED
        level = math.ceil(LEVELS * abs(share.value) / most) if linked and most else 0
        told = " told" if share in in_sight else ""
        yield Piece(
            before,
            shown,
            after,
            share,
            tone=f"share {sign_of(share.value)} shade-{level}{told}",
            amount=amount(share.value),
            link=node_link(share.nodes) | _said(text) if linked else None,
            sign=sign,
        )


def sign_of(value: float) -> str:
    return "supports" if value >= 0 else "opposes"


def _in_sight(
    spans: Sequence[tuple[str, Share | None]], gross: float, amount: Callable[[float], str]
) -> list[Share]:
    """Whose numbers are told: the strongest first, none where a stronger one's stands."""
    found: list[_Number] = []
    numbers = _numbers(spans, _TOLD * gross, amount)
    for one in sorted(numbers, key=lambda number: -abs(number.share.value)):
        if not any(one.meets(other) for other in found):
            found.append(one)
    return [one.share for one in found]


def _numbers(
    spans: Sequence[tuple[str, Share | None]], least: float, amount: Callable[[float], str]
) -> Iterator[_Number]:
    """Of the strong words, each in the middle beneath its word if that were set narrowly."""
    line, end = 0, 0.0
    for text, share in spans:
        core = text.strip()
        begin = end + least_width(text[: text.find(core)], _LETTERS)
        if share is not None and abs(share.value) >= least > 0:
            width = text_width(amount(share.value), _NUMBERS) + _CLEAR
            middle = begin + least_width(core or visible(text), _LETTERS) / 2
            yield _Number(share, line, middle, width)
        end += least_width(text, _LETTERS)
        line += text.count("\n")


def _said(text: str) -> dict[str, str]:
    """What a link is called aloud whose text cannot be seen."""
    return {} if text.strip() else {"aria-label": visible(text)}


def _ends_line(text: str) -> bool:
    return "\n" in text and not text.strip()
