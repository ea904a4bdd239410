"""Words of scripts that are written without spaces, for an index that knows words by spaces alone.

Each character becomes a word of its own, and a search for several looks for them in a row; so any
piece of a text is found, whatever a dictionary takes for its words. What is put in between is
`JOINT`, which `assets/site/search.js` takes out again; it must cut queries up in the same way.
"""

from __future__ import annotations

import re
import unicodedata

# A joiner of no width, which no index takes for a letter, and a space, which it takes for an end.
JOINT = "\u2060 "
# Thai, Lao, Tibetan, Burmese, Khmer; Hangul; kana; Bopomofo; Han; and the same of other blocks.
SCRIPTS = (
    "\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff"
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
    "\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d"
    "\u3100-\u312f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
_SIGN = re.compile(f"[{SCRIPTS}]")
# Whatever ends a word; a sign of these scripts; a letter or digit of any other.
_STEP = re.compile(f"(?P<space>\\s)|(?P<sign>[{SCRIPTS}])|(?P<entity>&#?\\w+;)|(?P<letter>\\w)")
_PIECE = re.compile(r"<[^>]*>|[^<]+")
_TAG = re.compile(r"</?([a-z0-9]+)")
# Elements within a line; at all others words end by themselves.
_INLINE = frozenset(
    {
        *("a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "em", "i", "ins", "kbd", "mark"),
        *("q", "s", "small", "span", "strong", "sub", "sup", "time", "u", "var"),
    }
)


def is_unspaced(text: str) -> bool:
    """Whether there is anything to cut up."""
    return _SIGN.search(text) is not None


def cut_up(html: str) -> str:
    """A page whose words, as spaces tell them, are single signs where a script has no spaces."""
    cutter = _Cutter()
    return "".join(cutter.piece(one) for one in _PIECE.findall(unicodedata.normalize("NFC", html)))


class _Cutter:
    """Cuts one text after another, which may be in the middle of a word."""

    def __init__(self) -> None:
        self._inside = ""  # the kind of what the present word ends with, if anything

    def piece(self, text: str) -> str:
        if not text.startswith("<"):
            return _STEP.sub(self._step, text.replace("\u2060", ""))
        tag = _TAG.match(text)
        if tag is None or tag[1] not in _INLINE:
            self._inside = ""
        return text

    def _step(self, match: re.Match[str]) -> str:
        kind, before = str(match.lastgroup), self._inside
        if kind == "space":
            self._inside = ""
            return match[0]
        # An entity is punctuation here, and a mark is a part of the sign before it.
        if kind == "entity" or unicodedata.category(match[0]).startswith("M"):
            return match[0]
        self._inside = kind
        joined = before and "sign" in (kind, before)
        return JOINT + match[0] if joined else match[0]
