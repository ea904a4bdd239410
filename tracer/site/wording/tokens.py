"""Tokens as readers see them: visible, and joined to words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.documents.prompt_words import continues
from tracer.documents.token_text import joined

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.documents.graph import Graph

_SPECIAL = re.compile(r"<\|?[A-Za-z_][A-Za-z0-9_ ]*\|?>\Z|\[[A-Z]+\]\Z")
_SIGNS = {"\n": "↵", "\r": "␍", "\t": "⇥"}
# They join or part the letters beside them, in Persian and in emoji: alone they show nothing.
_JOINERS = "\u200c\u200d"
# Of Unicode's format characters those that are seen: they stand before or around numbers.
_SEEN = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)


@dataclass(frozen=True)
class Word:
    """A word of the prompt and the positions of its tokens."""

    text: str
    positions: tuple[int, ...]


def visible(token: str) -> str:
    """The token without the space around it; white space alone and control signs get a sign.

    >>> visible(" Paris"), visible("\\n"), visible(" ")
    ('Paris', '↵', '␣')
    """
    if token.strip(" "):
        token = token.strip(" ")
    text = written_out(token)
    return text if text.strip(" ") else "␣"


def written_out(token: str) -> str:
    """What cannot be seen, or would turn the text around it, as a sign or a number; by the same
    rule as `showToken` in `assets/viewer/graph/text.js`.

    >>> written_out("a\\u202eb"), written_out("\\n"), written_out("\\u200d"), written_out("\\xa0")
    ('a\\\\u{202e}b', '↵', '\\\\u{200d}', '\\\\u{a0}')
    """
    if token.isprintable():  # as almost every token is
        return token
    if all(unicodedata.category(c) == "Zs" for c in token):  # no one sees which space it is
        return "".join(c if c == " " else f"\\u{{{ord(c):x}}}" for c in token)
    alone = not token.strip(_JOINERS)
    return "".join(_SIGNS.get(c) or _escaped(c, joiners=alone) for c in token)


def start(tokens: Sequence[str]) -> int:
    """Where the text begins: after a start token, if there is one.

    >>> start(["<bos>", "Fact"]), start(["Fact"])
    (1, 0)
    """
    return 1 if tokens and _SPECIAL.match(tokens[0]) else 0


def prompt_text(graph: Graph) -> str:
    """The prompt as written, without the start token; what cannot be seen in it is made visible,
    but for what sets it in lines."""
    tokens = graph.metadata.prompt_tokens
    return readable(joined(tokens[start(tokens) :]))


def readable(text: str) -> str:
    """A text of several lines, what cannot be seen in it made visible."""
    return "".join(c if c in "\n\t\u2028\u2029" else _escaped(c) for c in text)


def one_line(text: str) -> str:
    """The text where only one line is shown: in titles, feeds, and for machines. Markup stays such.

    >>> one_line("a\\n  b\\tc ")
    'a b c'
    """
    return type(text)(" ").join(text.split())


def words(tokens: Sequence[str]) -> tuple[Word, ...]:
    """Tokens joined at word boundaries; the start token is left out.

    >>> [word.text for word in words(["<bos>", " Col", "osse", "um", '"'])]
    ['Colosseum', '"']
    """
    pieces: list[list[int]] = []
    for position in range(start(tokens), len(tokens)):
        if pieces and position > 0 and continues(tokens[position - 1], tokens[position]):
            pieces[-1].append(position)
        else:
            pieces.append([position])
    return tuple(Word(visible(joined(tokens[p] for p in piece)), tuple(piece)) for piece in pieces)


def _escaped(character: str, *, joiners: bool = False) -> str:
    """What cannot be seen by its number, everything else as it is."""
    kept = character in _SEEN or (character in _JOINERS and not joiners)
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and not kept
    return f"\\u{{{ord(character):x}}}" if hidden else character
