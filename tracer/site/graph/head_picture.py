"""Where a head looks, drawn: a row for each token that looks, a column for each looked at."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tracer.documents.parts.heads import HeadPattern, TriedLook
from tracer.site.circuit.rows import spread
from tracer.site.graph.claims import tokens_named
from tracer.site.wording.tokens import visible

CELL, SMALL_CELL, MANY = 15, 7, 22
LEAST = 3  # percent: what is less is not drawn
LONGEST = 9  # letters of a token
GAP, LETTER, LINE = 6, 7.2, 14

_ROW = '<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>'
_COLUMN = '<text transform="translate({:.1f} {:.1f}) rotate(-90)" text-anchor="end">{}</text>'


def head_picture(pattern: HeadPattern, tokens: Sequence[str], looks: Sequence[TriedLook]) -> Markup:
    """The looks that were tried are framed, and their tokens named; of short prompts all are."""
    n = len(tokens)
    cell = CELL if n <= MANY else SMALL_CELL
    named = {at for one in looks for at in (one.to, *one.keys)}
    names = {at: _short(tokens[at]) for at in range(n) if n <= MANY or at in named}
    left = GAP + LETTER * max(map(len, names.values()))
    size = n * cell
    label = f"Where head {pattern.head} looks: " + "; ".join(
        f"from {tokens_named([one.to], tokens)} at {tokens_named(one.keys, tokens)}"
        for one in looks
    )
    parts = [
        Markup(
            '<svg class="head-picture" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">'
        ).format(left + size + 2, size + left, label),
        Markup('<path class="frame" d="M{0:.1f} 0V{1}H{2:.1f}Z"/>').format(left, size, left + size),
    ]
    for q, row in enumerate(pattern.rows):
        for k, weight in enumerate(row):
            if weight >= LEAST:
                square = '<rect x="{:.1f}" y="{}" width="{}" height="{}" fill-opacity="{:.2f}"/>'
                place = (left + k * cell, q * cell, cell - 1, cell - 1)
                parts.append(Markup(square).format(*place, max(0.1, weight / 100)))
    for one in looks:
        begin, wide = left + min(one.keys) * cell, (max(one.keys) - min(one.keys) + 1) * cell
        frame = '<rect class="look" x="{:.1f}" y="{}" width="{}" height="{}"/>'
        parts.append(Markup(frame).format(begin - 1, one.to * cell - 1, wide + 1, cell + 1))
    wanted = [(at + 0.5) * cell for at in names]
    middles = spread(wanted, [min(LINE, size / len(names))] * len(names), 0, size)
    for centre, name in zip(middles, names.values(), strict=True):
        middle = centre + 4
        parts.append(Markup(_ROW).format(left - GAP, middle, name))
        parts.append(Markup(_COLUMN).format(left + middle, size + GAP, name))
    return Markup("").join([*parts, Markup("</svg>")])


def _short(token: str) -> str:
    text = visible(token)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
