"""Where a head looks, drawn: a row for each token that looks, a column for each looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from tracer.documents.parts.heads import HeadPattern, TriedLook
from tracer.documents.token_text import goes_on_within_letter, joined
from tracer.site.circuit.lettering import clip, text_width
from tracer.site.circuit.rows import spread
from tracer.site.graph.claims import tokens_named
from tracer.site.wording.tokens import visible

# CSS pixels: no wider than a phone's column, so that letters have their size on every screen.
WIDTH, LARGEST_CELL = 320, 24
LETTER, LINE, GAP = 12, 14, 6
LONGEST = 58  # of a name
LEAST = 3  # percent: what is less is not drawn

_SVG = (
    '<svg class="head-picture" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" height="{1:.0f}"'
    ' role="img" aria-label="{2}">'
)
_ROW = '<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>'
_COLUMN = '<text transform="translate({:.1f} {:.1f}) rotate(-90)" text-anchor="end">{}</text>'
_SQUARE = '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill-opacity="{:.2f}"/>'
_LOOK = '<rect class="look" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'


@dataclass(frozen=True)
class _Name:
    """Of one token, or of those that are one letter together."""

    first: int
    last: int
    text: str

    @property
    def middle(self) -> float:
        return (self.first + self.last + 1) / 2


def head_picture(pattern: HeadPattern, tokens: Sequence[str], looks: Sequence[TriedLook]) -> Markup:
    """The looks that were tried are framed, and their tokens named; where there is room all are."""
    names = _names(tokens, looks)
    left, size = _left(names), _size(names, len(tokens))
    cell = size / len(tokens)
    label = f"Where head {pattern.head} looks: " + "; ".join(
        f"from {tokens_named([one.to], tokens)} at {tokens_named(one.keys, tokens)}"
        for one in looks
    )
    parts = [
        Markup(_SVG).format(left + size + 2, size + left, label),
        Markup('<path class="frame" d="M{0:.1f} 0V{1:.1f}H{2:.1f}Z"/>').format(
            left, size, left + size
        ),
    ]
    drawn = cell - min(1, cell / 7)
    for q, row in enumerate(pattern.rows):
        for k, weight in enumerate(row):
            if weight >= LEAST:
                place = (left + k * cell, q * cell, drawn, drawn)
                parts.append(Markup(_SQUARE).format(*place, max(0.1, weight / 100)))
    for one in looks:
        begin, wide = left + min(one.keys) * cell, (max(one.keys) - min(one.keys) + 1) * cell
        parts.append(Markup(_LOOK).format(begin - 1, one.to * cell - 1, wide + 1, cell + 1))
    middles = spread([one.middle * cell for one in names], [LINE] * len(names), 0, size)
    for centre, name in zip(middles, names, strict=True):
        middle = centre + LETTER / 3
        parts.append(Markup(_ROW).format(left - GAP, middle, name.text))
        parts.append(Markup(_COLUMN).format(left + middle, size + GAP, name.text))
    return Markup("").join([*parts, Markup("</svg>")])


def _names(tokens: Sequence[str], looks: Sequence[TriedLook]) -> list[_Name]:
    """Of all tokens, where each has room at its row; else of those that were looked from and at,
    the last first."""
    every = list(_letters(tokens))
    nearest = min((after.middle - one.middle for one, after in pairwise(every)), default=1)
    if nearest * _size(every, len(tokens)) >= LINE * len(tokens):
        return every
    tried = {at for one in looks for at in (one.to, *one.keys)}
    names = [one for one in every if not tried.isdisjoint(range(one.first, one.last + 1))]
    while len(names) > 1 and not _fit(names, len(tokens)):
        del names[0]
    return names or every[-1:]


def _fit(names: Sequence[_Name], tokens: int) -> bool:
    return len(names) * LINE <= _size(names, tokens)


def _size(names: Sequence[_Name], tokens: int) -> float:
    return min(tokens * LARGEST_CELL, WIDTH - _left(names) - 2)


def _left(names: Sequence[_Name]) -> float:
    return GAP + max(text_width(one.text, LETTER) for one in names)


def _letters(tokens: Sequence[str]) -> Iterator[_Name]:
    first = 0
    for at in range(1, len(tokens) + 1):
        if at == len(tokens) or not goes_on_within_letter(tokens[at - 1], tokens[at]):
            text = clip(visible(joined(tokens[first:at])), LETTER, LONGEST)
            yield _Name(first, at - 1, text)
            first = at
