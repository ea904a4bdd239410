"""A name as a predictor: where one of several things is so, and maybe another too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from tracer.interventions.texts.conditions import Condition, Kind

_OF_WORDS = ("is", "word", "after", "near")
_BEFORE_WORDS = {"near": "soon after", "within": "inside"}


@dataclass(frozen=True)
class Rule:
    """Where any of these, all of one kind, is so, and `also`, if it is there."""

    values: tuple[Condition, ...]
    also: Condition | None = None

    @property
    def kind(self) -> Kind:
        return self.values[0].kind

    def mask(self, where: Mapping[Condition, int]) -> int:
        """The places, one bit for each, at which it holds, of those at which conditions hold."""
        found = reduce(or_, (where.get(one, 0) for one in self.values), 0)
        return found if self.also is None else found & where.get(self.also, 0)


def origin_of(rule: Rule, reads: Collection[str]) -> str:
    """Where a name is from: words that it reads in graphs, what stands behind, or texts alone."""
    if rule.kind == "before":
        return "pushes"
    read = rule.kind in _OF_WORDS and any(one.value in reads for one in rule.values)
    return "reads" if read else "texts"


def name_of(rule: Rule, written: Mapping[str, str] | None = None) -> str:
    """A rule in words; `written` gives words in small letters as they are written.

    >>> name_of(Rule((Condition("is", "of"),), Condition("after", "capital")))
    '“of” after “capital”'
    """
    said = _said(rule.values, written or {})
    if rule.also is None:
        return said
    also = _said([rule.also], written or {})
    if rule.also.kind == "text":
        return f"{said} in {also}"
    bare = rule.also.kind in ("after", "before", "near", "within")
    return f"{said} {also}" if bare else f"{said} ({also})"


def _said(values: Sequence[Condition], written: Mapping[str, str]) -> str:
    kind = values[0].kind
    words = [one.value for one in values]
    if kind in ("shape", "text"):
        return " or ".join(words)
    if kind == "ends":
        return "words ending in " + ", ".join(f"“-{word}”" for word in words)
    if kind == "begins":
        return "words beginning with " + ", ".join(f"“{word}-”" for word in words)
    quoted = ", ".join(f"“{written.get(word, word)}”" for word in words)
    if kind in ("is", "word"):
        return quoted
    return f"{_BEFORE_WORDS.get(kind, kind)} {quoted}"
