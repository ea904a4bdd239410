"""Which way a text runs: each block by its own first letter, whatever the page around it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from markdown_it.token import Token

_BLOCKS = frozenset({"paragraph_open", "heading_open", "list_item_open", "th_open", "td_open"})
_CONTAINERS = frozenset(
    {"bullet_list_open", "ordered_list_open", "blockquote_open", "table_open", "footnote_open"}
)


def runs_left(text: str) -> bool:
    """Whether the first letter with a direction is of a script written from right to left.

    Unicode's rule P2 (UAX #9), as browsers follow it for `dir="auto"`.
    """
    kinds = (unicodedata.bidirectional(one) for one in text)
    return next((one for one in kinds if one in ("L", "R", "AL")), "L") != "L"


def direction(text: str) -> str:
    """For `dir`, where the element holds the text in an isolated part that `auto` passes over."""
    return "rtl" if runs_left(text) else "ltr"


def set_directions(tokens: Sequence[Token]) -> None:
    """Blocks of text carry `dir="auto"`.

    That is decided by the text that no inner block claims for itself, so the first paragraph of a
    list item carries none, and lists, quotes and tables, whose margins and columns turn around
    too, are told outright.
    """
    for number, token in enumerate(tokens):
        item = number and tokens[number - 1].type == "list_item_open"
        if token.type in _BLOCKS and not (item and token.type == "paragraph_open"):
            token.attrSet("dir", "auto")
        elif token.type in _CONTAINERS and runs_left(_inside(tokens, number)):
            token.attrSet("dir", "rtl")


def _inside(tokens: Sequence[Token], opening: int) -> str:
    """The first words of a container."""
    for token in tokens[opening + 1 :]:
        if token.level == tokens[opening].level:
            return ""
        words = "".join(_words(token.children or ()))
        if token.type == "inline" and words.strip():
            return words
    return ""


def _words(children: Sequence[Any]) -> list[str]:
    return [child.content for child in children if child.type in ("text", "image")]
