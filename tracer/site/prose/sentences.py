"""A document's sentences, each with its line and the links in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it.token import Token

from tracer.errors import Place
from tracer.site.prose.markdown import parse

# A full stop ends one where a space and no small letter follow: not in `0.81`, not in “p. 3”.
_END = re.compile(r"(?<=[.!?…])[”’\"')\]]*\s+(?=[^a-z\s])")


@dataclass(frozen=True)
class Sentence:
    """Its words without marks, and where it begins."""

    text: str
    place: Place
    links: tuple[str, ...] = ()


def paragraphs(text: str, file: Path) -> list[list[Sentence]]:
    """The sentences of each paragraph, list item or table cell; headings are none."""
    found, before = [], ""
    for token in parse(text):
        if token.type == "inline" and before != "heading_open":
            found.append([*_sentences(token, file)])
        before = token.type
    return found


def _sentences(token: Token, file: Path) -> Iterator[Sentence]:
    words, links = _flat(token.children or ())
    first = token.map[0] if token.map else 0
    start = 0
    for end in [*(one.end() for one in _END.finditer(words)), len(words)]:
        if said := words[start:end].strip():
            line = first + words.count("\n", 0, start) + 1
            inside = tuple(address for at, address in links if start <= at < end)
            yield Sentence(said.replace("\n", " "), Place(file, line), inside)
        start = end


def _flat(children: Sequence[Token]) -> tuple[str, list[tuple[int, str]]]:
    """What is read, with a line break for each of the file's, and where links begin in it."""
    words, links = "", []
    for child in children:
        if child.type == "link_open":
            links.append((len(words), str(child.attrGet("href"))))
        elif child.type in ("softbreak", "hardbreak"):
            words += "\n"
        else:
            words += child.content
    return words, links
