"""The page `glossary`: a heading for each term, and below it what it means."""

from __future__ import annotations

import re

_ENTRY = re.compile(r"^##[ \t]+(?P<term>[^\n#]+?)[ \t]*\n+(?P<meaning>[^\n#]+(?:\n[^\n#]+)*)", re.M)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*_`]")


def definitions(text: str) -> dict[str, str]:
    """Each term, in small letters, with its first paragraph as plain text.

    >>> definitions("## Logit\\n\\nA *score* of\\n[a word](x).\\n\\nMore.\\n")
    {'logit': 'A score of a word.'}
    """
    found = {}
    for entry in _ENTRY.finditer(text):
        plain = _MARKS.sub("", _LINK.sub(r"\1", entry["meaning"]))
        found[entry["term"].casefold()] = " ".join(plain.split())
    return found
