"""What a feature is called while nobody has named it: the word it reads, and what it pushes."""

from __future__ import annotations

from collections.abc import Sequence

from tracer.documents.account import Read
from tracer.documents.prompt_words import ERRORS

_MOST = 2


def automatic_name(
    reads: Sequence[Read], pushes: Sequence[str], opposes: Sequence[str] = ()
) -> str | None:
    """None where nothing is known of it.

    >>> automatic_name([Read(word="Colosseum", share=0.8)], ["Italian", "Italy", "Rome"])
    'Colosseum → Italian, Italy'
    """
    mark, words = ("→", pushes) if pushes else ("⊣", opposes)
    pushed = f"{mark} {', '.join(words[:_MOST])}" if words else ""
    # What nobody knows the reading of names nothing.
    read = next((one.word for one in reads if one.word != ERRORS), "")
    return " ".join(filter(None, (read, pushed))) or None
