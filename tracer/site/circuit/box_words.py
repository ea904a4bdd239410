"""What a box reads and pushes, in words: found, not written by people, and confirmed or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tracer.documents.account import Box
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import visible

CONFIRMED = "✓"
NO_BREAK = "\N{NO-BREAK SPACE}"
MOST = 3


def box_words(box: Box | None) -> tuple[str, ...]:
    """In the box itself, where there is little room."""
    return tuple(_short(box)) if box else ()


def told_words(box: Box | None) -> tuple[str, ...]:
    """Where there is more room."""
    return tuple(_long(box)) if box else ()


def brief_name(box: Box | None) -> str:
    """An automatic name without the word that the box stands at, which its lines show."""
    if box is None:
        return ""
    brief = box.name.removeprefix(box.at).strip()
    if brief.startswith("⊣"):
        return f"not{brief[1:]}"  # a sign that few fonts have
    return brief if brief.startswith("→") else box.name


def shared_words(count: int) -> str:
    """Of nodes that are in other groups as well.

    >>> shared_words(1)
    '1 of its nodes is in another group too: what flows through it is shared out.'
    """
    if count == 1:
        return "1 of its nodes is in another group too: what flows through it is shared out."
    return f"{count} of its nodes are in other groups too: what flows through them is shared out."


def _short(box: Box) -> Iterator[str]:
    if box.reads:
        yield f"reads {_listed(one.word for one in box.reads[:2])}"
    verb, words = ("against", box.opposes) if box.against else ("pushes", box.pushes)
    if not words:
        return
    said = f"{verb} {_listed(words[:MOST])}"
    if box.words_hold:
        yield f"{said}{NO_BREAK}{CONFIRMED}"
    else:
        yield said
        yield "not tested" if box.confirmed is None else "not confirmed"


def _long(box: Box) -> Iterator[str]:
    if box.reads:
        shares = (f"{visible(one.word)} {percent(abs(one.share))}" for one in box.reads)
        yield f"It reads {', '.join(shares)}."
    if box.pushes:
        yield f"It pushes {_listed(box.pushes)}{_beside(box)}."
    if box.opposes:
        yield f"It pushes down {_listed(box.opposes)}."
    if not (box.pushes or box.opposes):
        return
    if box.confirmed is None:
        yield "These words were computed, and not tested in the model."
    elif box.words_hold:
        yield (
            "Confirmed: when it was silenced, the model moved these words as predicted "
            f"(correlation {box.confirmed:.2f})."
        )
    else:
        yield (
            "Not confirmed: when it was silenced, the model moved words otherwise than predicted "
            f"(correlation {box.confirmed:.2f})."
        )


def _beside(box: Box) -> str:
    return f", and more than other boxes do {_listed(box.apart)}" if box.apart else ""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(visible, words))
