"""A name for a feature by a language model that is shown its texts, tried as names by rule are.

The model sees strongest places of texts that were read. Then it is shown places of texts held out,
where the feature is strong and where it is not, mixed, and says of each how well its name fits: the
AUROC of that is the name's. A name is nothing to it but words: what it was shown first is not told.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from tracer.documents.annotation_text import one_line
from tracer.documents.feature_examples import Suggestion
from tracer.documents.token_text import joined
from tracer.interventions.texts.conditions import Spot
from tracer.interventions.texts.naming import (
    BROAD,
    CONFIDENT,
    FEWEST_PLACES,
    LEAST,
    Evidence,
    auroc_of,
)

SHOWN, WORDS = 12, 10  # texts and promoted words that a name is made from
QUIET = 40  # places where the feature is weak, drawn by lot, beside those where it is strong
AT_ONCE = 16  # places rated in one question
TOP, UNDECIDED = 10, 5  # ratings
LONGEST = 100  # letters of a name
NAME_TOKENS, RATING_TOKENS = 40, 8  # asked for: a name, and each rating
NAME_IT = """\
One part of a language model is most active at the marked tokens ⟦…⟧ of these texts:
{texts}
Where it is active, it makes these words likelier to follow: {words}
What do the marked places have in common? Answer with one phrase of at most eight words, nothing \
else."""
RATE_IT = """\
Somebody says of one part of a language model: it is active at “{name}”.
How well does that fit the token marked ⟦…⟧ in each of these texts, from 0 (not at all) to 10?
{texts}
Answer with one line for each text: its number, a colon, and your rating."""
_THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)  # aloud, before the answer
_RATING = re.compile(r"^\W*(\d+)\s*[:.)\-–]+\s*(\d+)", re.MULTILINE)


class Asked(Protocol):
    """A language model that answers questions."""

    @property
    def name(self) -> str: ...

    def answer(self, prompt: str, tokens: int) -> str: ...


def explain(
    evidence: Evidence, drawn: Sequence[Spot], words: Sequence[str], asked: Asked, seed: str
) -> Suggestion | None:
    """A name, or None where the model gives none, or one that tells next to nothing.

    `drawn` are places of texts held out where the feature is weak; `seed` draws QUIET of them, and
    the order in which all are shown. Raises TracerError where the model cannot be asked.
    """
    if min(len(evidence.strong), len(evidence.tried)) < FEWEST_PLACES or not drawn:
        return None
    prompt = NAME_IT.format(texts=_numbered(evidence.strong[:SHOWN]), words=_quoted(words[:WORDS]))
    name = _name(_said(asked, prompt, NAME_TOKENS))
    if not name:
        return None
    chance = random.Random(seed)
    quiet = chance.sample(list(drawn), min(QUIET, len(drawn)))
    mixed = [(spot, True) for spot in evidence.tried] + [(spot, False) for spot in quiet]
    chance.shuffle(mixed)
    ratings = _ratings(name, [spot for spot, _ in mixed], asked)
    strong, weak = (
        [rating for rating, (_, is_strong) in zip(ratings, mixed, strict=True) if is_strong == side]
        for side in (True, False)
    )
    auroc = auroc_of(strong, weak)
    wrong = sum(rating > UNDECIDED for rating in weak) / len(weak)
    if auroc < LEAST:
        return None
    return Suggestion.model_validate(
        {
            "name": name,
            "from": "texts",
            "auroc": round(auroc, 3),
            "tried": len(mixed),
            "confident": auroc >= CONFIDENT and wrong <= BROAD,
            "below": True if evidence.below else None,
            "by": asked.name,
            "prompt": NAME_IT,  # the texts are those of the record
        }
    )


def shown(spot: Spot) -> str:
    """A place with its token marked, on one line."""
    before, token, behind = (
        joined(spot.tokens[start:end])
        for start, end in ((0, spot.at), (spot.at, spot.at + 1), (spot.at + 1, None))
    )
    return f"{before}⟦{token}⟧{behind}".replace("\n", "↵")


def _ratings(name: str, spots: Sequence[Spot], asked: Asked) -> list[float]:
    """From 0 to TOP; what it does not rate is undecided."""
    found: list[float] = []
    for start in range(0, len(spots), AT_ONCE):
        some = spots[start : start + AT_ONCE]
        prompt = RATE_IT.format(name=name, texts=_numbered(some))
        said = _RATING.findall(_said(asked, prompt, RATING_TOKENS * len(some)))
        rated = {int(number): min(float(rating), TOP) for number, rating in said}
        found += [rated.get(number, UNDECIDED) for number in range(1, len(some) + 1)]
    return found


def _said(asked: Asked, prompt: str, tokens: int) -> str:
    return _THOUGHT.sub("", asked.answer(prompt, tokens))


def _name(answer: str) -> str:
    """Its first line with words, without quotes around it."""
    lines = (one_line(line).strip("\"'“”«»*`.: ") for line in answer.splitlines())
    return next((line[:LONGEST].rstrip() for line in lines if line), "")


def _numbered(spots: Iterable[Spot]) -> str:
    return "\n".join(f"{number}: {shown(spot)}" for number, spot in enumerate(spots, 1))


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"“{word.strip()}”" for word in words) or "none is known"
