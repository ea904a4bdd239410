"""Tokens as readers see them: visible, and joined to words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.documents.token_text import goes_on_within_letter, joined

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.documents.graph import Graph

_SPECIAL = re.compile(r"<\|?[A-Za-z_][A-Za-z0-9_ ]*\|?>\Z|\[[A-Z]+\]\Z")
_FIRST_IDEOGRAPH = 0x2E80
# Marks that reverse the text after them, and so could make a label lie.
_TURNS_TEXT = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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
    shown = {"\n": "↵", "\r": "↵", "\t": "⇥", " ": " "}
    text = "".join(shown.get(c, _escaped(c)) for c in token)
    return text if text.strip(" ") else "␣"


def start(tokens: Sequence[str]) -> int:
    """Where the text begins: after a start token, if there is one.

    >>> start(["<bos>", "Fact"]), start(["Fact"])
    (1, 0)
    """
    return 1 if tokens and _SPECIAL.match(tokens[0]) else 0


def prompt_text(graph: Graph) -> str:
    """The prompt as written, without the start token; control signs are made visible."""
    tokens = graph.metadata.prompt_tokens
    text = joined(tokens[start(tokens) :])
    return "".join(c if c in "\n\t" else _escaped(c) for c in text)


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


def continues(before: str, token: str) -> bool:
    """Whether a token goes on with the word that the one before it ends with."""
    if goes_on_within_letter(before, token):
        return True
    return bool(before) and bool(token) and _in_word(before[-1]) and _in_word(token[0])


def _in_word(character: str) -> bool:
    # Scripts without spaces between words keep their tokens apart.
    return (character.isalnum() or character in "'’") and ord(character) < _FIRST_IDEOGRAPH


def _escaped(character: str) -> str:
    """Control signs by number, as the viewer writes them; everything else as it is."""
    return f"\\u{{{ord(character):x}}}" if _is_control(character) else character


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in _TURNS_TEXT
