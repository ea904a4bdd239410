"""Terms of the glossary in a text: the first of each is a button whose meaning shows beside it.

The meaning shows where the pointer is, on focus and on touch, by style alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from markdown_it.token import Token
from markupsafe import Markup, escape

_LEFT_ALONE = ("heading_open", "th_open", "dt_open")


def explain(tokens: Sequence[Token], glossary: Mapping[str, str], scope: str = "") -> None:
    """Explain the first of each term that stands in no link, heading or code. `scope` keeps the
    ids of several texts on a page apart."""
    if not glossary:
        return
    left, before = dict(glossary), ""
    for token in tokens:
        if token.type == "inline" and before not in _LEFT_ALONE:
            token.children = _explained(token.children or [], left, scope)
        before = token.type


def explained(text: str, glossary: Mapping[str, str], scope: str) -> Markup:
    """A sentence with its terms explained."""
    left, made = dict(glossary), Markup("")
    for at, piece in enumerate(_split(text, tuple(left))):
        key = _key(piece, left) if at % 2 else ""
        made += _button(piece, left.pop(key), scope) if key else escape(piece)
    return made


def _explained(children: Sequence[Token], left: dict[str, str], scope: str) -> list[Token]:
    found, depth = [], 0
    for child in children:
        depth += child.nesting if child.type in ("link_open", "link_close") else 0
        if child.type != "text" or depth:
            found.append(child)
            continue
        for at, piece in enumerate(_split(child.content, tuple(left))):
            key = _key(piece, left) if at % 2 else ""
            if key:
                html = str(_button(piece, left.pop(key), scope))
                found.append(Token("html_inline", "", 0, content=html))
            elif piece:
                found.append(Token("text", "", 0, content=piece))
    return found


def _split(text: str, terms: tuple[str, ...]) -> list[str]:
    """What stands between terms, and every second piece a term."""
    return _pattern(terms).split(text) if terms else [text]


@lru_cache(maxsize=64)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    ranked = sorted(terms, key=len, reverse=True)
    return re.compile(rf"\b((?:{'|'.join(map(re.escape, ranked))})s?)\b", re.IGNORECASE)


def _key(piece: str, left: Mapping[str, str]) -> str:
    plain = piece.casefold()
    return plain if plain in left else plain.removesuffix("s") if plain[:-1] in left else ""


def _button(piece: str, meaning: str, scope: str) -> Markup:
    name = f"{scope}term-{re.sub(r'[^a-z0-9]+', '-', piece.casefold())}"
    return Markup(
        '<span class="term"><button type="button" aria-describedby="{0}">{1}</button>'
        '<span class="meaning" role="tooltip" id="{0}">{2}</span></span>'
    ).format(name, piece, meaning)
