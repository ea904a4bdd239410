"""What can be said of a place in a text without running a model: what names are made of."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tracer.documents.texts import UNKNOWN, Sort
from tracer.documents.token_text import has_named_byte, joined

Kind = Literal["is", "word", "begins", "ends", "after", "near", "shape", "within", "text", "before"]
NEAR = 8  # tokens in front of a place in which a word is near
_SHORTEST = 4  # letters of a word that may be near, and of one that has an ending
_ENDING = 3
_OPENING = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»", '"': '"', "`": "`"}
LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "la": "Latin",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
}


@dataclass(frozen=True)
class Spot:
    """A place in a text: the tokens around it, and which of them it is."""

    tokens: tuple[str, ...]
    at: int
    sort: Sort = UNKNOWN

    @property
    def words(self) -> list[str]:
        """Its tokens and the words that these are parts of, without spaces."""
        whole = joined(self.tokens).replace("'", " ").split()
        return [*filter(None, map(str.strip, self.tokens)), *(_bare(one) for one in whole)]


class Condition(NamedTuple):
    """Something that is so at a place, or is not."""

    kind: Kind
    value: str


def conditions_of(spot: Spot) -> frozenset[Condition]:
    """All that is so there."""
    return frozenset(_conditions(spot))


def _conditions(spot: Spot) -> Iterator[Condition]:
    tokens, at = spot.tokens, spot.at
    token = tokens[at]
    if plain(token):
        yield Condition("is", plain(token))
    start, end = word_around(tokens, at)
    word = joined(tokens[start:end]).strip().casefold()
    if end - start > 1 and word:
        yield Condition("word", word)
    if word.isalpha() and len(word) > _SHORTEST:
        yield Condition("begins", word[:_SHORTEST])
        yield Condition("ends", word[-_ENDING:])
    if at and plain(tokens[at - 1]):
        yield Condition("after", plain(tokens[at - 1]))
    if at + 1 < len(tokens) and plain(tokens[at + 1]):
        yield Condition("before", plain(tokens[at + 1]))
    for near in _words(tokens[max(0, at - NEAR) : end]):
        yield Condition("near", near)
    for shape in _shapes(token, goes_on=start < at):
        yield Condition("shape", shape)
    for opening in _open(tokens[:at]):
        yield Condition("within", opening)
    yield from _text(spot.sort)


def plain(token: str) -> str:
    """A token's text without the space in front, in small letters; nothing where it is a part of a
    letter or a space."""
    return "" if has_named_byte(token) else token.strip().casefold()


def word_around(tokens: Sequence[str], at: int) -> tuple[int, int]:
    """Where the word begins and ends that the token is a part of."""
    start, end = at, at + 1
    while start and _goes_on(tokens[start - 1], tokens[start]):
        start -= 1
    while end < len(tokens) and _goes_on(tokens[end - 1], tokens[end]):
        end += 1
    return start, end


def _goes_on(before: str, token: str) -> bool:
    """Whether a token goes on with the word of the one in front."""
    return _lettered(before[-1:]) and _lettered(token[:1])


def _lettered(character: str) -> bool:
    return character.isalpha() or character in "<>"  # parts of letters are named so: <0xC3>


def _words(tokens: Sequence[str]) -> Iterator[str]:
    for word in joined(tokens).replace("'", " ").split():
        letters = _bare(word).casefold()
        if len(letters) >= _SHORTEST and letters.isalpha():
            yield letters


def _bare(word: str) -> str:
    return word.strip(".,;:!?()[]{}\"'“”«»`*_")


def _shapes(token: str, *, goes_on: bool) -> Iterator[str]:
    text = token.strip(" ")
    if "\n" in text:
        yield "a line's end"
    elif not text:
        yield "spaces"
    text = text.strip()
    if not text or has_named_byte(text):
        return
    if text.isdigit():
        yield "a number"
        if len(text) > 1:
            yield "a number of several digits"
    if text.isalpha():
        yield from _letters(text, goes_on=goes_on)
    elif not any(character.isalnum() for character in text):
        yield "a sign" if len(text) == 1 else "several signs"


def _letters(text: str, *, goes_on: bool) -> Iterator[str]:
    if goes_on:
        yield "the rest of a word"
    elif text[0].isupper():
        yield "a word with a capital"
    if len(text) > 1 and text.isupper():
        yield "capitals"
    if len(text) == 1:
        yield "a single letter"
    if any(ord(character) > 127 for character in text):
        latin = all("LATIN" in unicodedata.name(one, "") for one in text)
        yield "a letter with an accent" if latin else "letters that are not Latin"


def _open(tokens: Sequence[str]) -> Iterable[str]:
    """Brackets and quotes that are open behind these tokens."""
    waiting: list[str] = []
    for character in "".join(tokens):
        if waiting and character == _OPENING[waiting[-1]]:
            waiting.pop()
        elif character in _OPENING:
            waiting.append(character)
    return dict.fromkeys(waiting)


def _text(sort: Sort) -> Iterator[Condition]:
    if sort.language:
        yield Condition("text", LANGUAGES.get(sort.language, sort.language))
    if sort.kind == "code":
        yield Condition("text", "code")
