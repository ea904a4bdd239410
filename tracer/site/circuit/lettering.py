"""How wide text will be, without a browser: generous, so that boxes never overflow.

Estimated, not measured: what measures (Pillow, fonttools) knows one face, and a picture is shown in
whichever sans-serif its reader's machine has.
"""

from __future__ import annotations

from functools import lru_cache

_NARROW = frozenset("ijlI.,:;!|'’`() ftr[]-\N{NO-BREAK SPACE}")
_WIDE = frozenset("mwMW@%—…")
_OPERATORS = frozenset("+\N{MINUS SIGN}=<>~→⊣")
_FIRST_SIGN, _FIRST_IDEOGRAPH = 0x2190, 0x2E80  # arrows and what follows: ↵, ␣
_NARROWEST = 0.6  # of the estimate: in a narrow face with serifs


@lru_cache(maxsize=8192)
def text_width(text: str, size: float) -> float:
    """An upper estimate, in the unit of `size`, over the usual sans-serif faces."""
    return size * sum(_advance(character) for character in text)


def least_width(text: str, size: float) -> float:
    """A lower estimate, over faces with serifs as well."""
    return _NARROWEST * text_width(text, size)


def clip(text: str, size: float, width: float) -> str:
    """The text, cut with an ellipsis where it would be wider than `width`."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap(text: str, size: float, width: float, *, lines: int) -> tuple[str, ...]:
    """The text on at most `lines` lines; what does not fit is cut with an ellipsis."""
    done: list[str] = []
    rest = [word for word in text.split(" ") if word]
    while rest and len(done) < lines - 1:
        count = 1
        while count < len(rest) and text_width(" ".join(rest[: count + 1]), size) <= width:
            count += 1
        if text_width(rest[0], size) > width:
            break
        done.append(" ".join(rest[:count]))
        rest = rest[count:]
    if rest:
        done.append(clip(" ".join(rest), size, width))
    return tuple(done)


def _advance(character: str) -> float:
    if ord(character) >= _FIRST_IDEOGRAPH:
        return 1.1
    if character in _NARROW:
        return 0.42
    if character in _WIDE:
        return 1.0
    if character in _OPERATORS:
        return 0.84
    if ord(character) >= _FIRST_SIGN:
        return 1.0
    return 0.76 if character.isupper() else 0.65
