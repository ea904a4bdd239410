"""What a feature's record holds, as pages and lists need it; also what is there only in some."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import Field

from tracer.documents.feature_examples import Example, FeatureExamples
from tracer.documents.records import Plain
from tracer.documents.token_text import joined

MOST_WORDS = 120  # by which a feature is found
_LONGEST_NAME = 200
_WORD = re.compile(r"[^\W_]{2,40}")


class Suggested(Plain):
    """A name that nobody gave: from what a feature reads, from its texts or from what it pushes;
    `auroc` says how well it foretells where the feature is active in texts not seen before;
    `below` that it is about where the feature is below zero; `by` which language model made it,
    where it is no rule's."""

    name: str
    origin: str | None = Field(None, alias="from")
    auroc: float | None = None
    confident: bool | None = None
    below: bool | None = None
    by: str | None = None


class Known(Plain):
    """What lists say of a record: the suggested name, and words by which it is found."""

    suggestion: Suggested | None = None
    words: tuple[str, ...] = ()


class Index(Plain):
    """`features/<source>/index.json`, by key."""

    features: dict[str, Known] = Field(default_factory=dict)


def known_of(record: FeatureExamples) -> Known:
    return Known(suggestion=suggestion_of(record), words=tuple(_words(record)))


def suggestion_of(record: FeatureExamples) -> Suggested | None:
    """None where there is none, or none that can be read."""
    found = said(record, "suggestion")
    if not isinstance(found, Mapping) or not isinstance(found.get("name"), str):
        return None
    name, auroc, confident = found["name"].strip(), found.get("auroc"), found.get("confident")
    if not name:
        return None
    origin = found.get("from") or found.get("origin") or found.get("from_")
    return Suggested.model_validate(
        {
            "name": name[:_LONGEST_NAME],
            "from": origin if isinstance(origin, str) else None,
            "auroc": number(auroc),
            "confident": confident if isinstance(confident, bool) else None,
            "below": True if found.get("below") is True else None,
            "by": by[:_LONGEST_NAME] if isinstance(by := found.get("by"), str) and by else None,
        }
    )


def said(record: FeatureExamples, name: str) -> Any:
    """A field as plain data; None where the record has none of this name."""
    return record.model_dump(include={name}, by_alias=True).get(name)


def number(value: object) -> float | None:
    """A finite number; None for everything else."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None  # type: ignore[arg-type]


def peak(example: Example, *, below: bool) -> int:
    """Where it is most active, on this side of zero."""
    acts = example.tokens_acts_list
    return max(range(len(acts)), key=lambda at: -acts[at] if below else acts[at])


def _words(record: FeatureExamples) -> Iterator[str]:
    """Each once, in small letters: those it promotes, those at the peaks, then all of its texts."""
    seen: set[str] = set()
    for text in _texts(record):
        for word in _WORD.findall(text):
            small = word.casefold()
            if small not in seen:
                seen.add(small)
                yield small
            if len(seen) >= MOST_WORDS:
                return


def _texts(record: FeatureExamples) -> Iterable[str]:
    yield from record.top_logits[:10]
    yield from record.bottom_logits[:10]
    whole = []
    for quantile in record.examples_quantiles:
        for one in quantile.examples:
            if one.tokens:
                at = peak(one, below=bool(quantile.below))
                yield joined(one.tokens[max(0, at - 3) : at + 3])
                whole.append(joined(one.tokens))
    yield from whole
