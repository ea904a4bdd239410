"""A target that is likely a slip: the same word is likely, written another way."""

from __future__ import annotations

from collections.abc import Iterator

from tracer.attribution.targets import SHOWN_ANSWERS, Targets
from tracer.documents.trace_info import Answer

TIMES = 20  # so much likelier is the word that was meant


def slips(targets: Targets) -> Iterator[str]:
    """A notice for each token that the question names and hardly any probability has, while the
    same word with a space in front, without one or in other capitals is among the first."""
    asked = targets.question
    first, named = targets.answers[:SHOWN_ANSWERS], {one.token_id: one for one in targets.answers}
    for role, ids in (("target", [asked.target_id]), ("contrast", asked.contrast_ids)):
        for token_id in ids:
            one = named.get(-1 if token_id is None else token_id)
            near = None if one is None else _same_word(one, first)
            if one is not None and near is not None and asked.kind != "salient":
                what = f"the {role} {one.token!r} has probability {one.probability:.2g}"
                yield f"{what}, {near.token!r} has {near.probability:.2g}: is that what is meant?"


def _same_word(one: Answer, first: tuple[Answer, ...]) -> Answer | None:
    word = one.token.strip().casefold()
    for near in first:
        other = near.token_id != one.token_id and near.token.strip().casefold() == word
        if word and other and near.probability > TIMES * one.probability:
            return near
    return None
