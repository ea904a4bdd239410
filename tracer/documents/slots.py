"""What stands where in prompts of one template: slots, which align their tokens.

A slot is a word of the template, or `{city}`: the last token of what a word was filled with. The
tokens in front of that are `{city} −1`, `{city} −2`. Prompts without a template have two slots.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tracer.documents.prompt_set import Segment
from tracer.documents.prompt_words import START
from tracer.documents.token_text import joined

EARLIER, LAST = "earlier words", "last word"


def slots_of(tokens: Sequence[str], segments: Sequence[Segment]) -> tuple[str, ...]:
    """The slot of each token, the start token's first.

    >>> slots_of(["<s>", " To", "ky", "o", " is"], [Segment("Tokyo", "city"), Segment(" is")])
    ('the start', '{city} −2', '{city} −1', '{city}', 'is')
    """
    if not segments:
        return (START, *[EARLIER] * (len(tokens) - 2), LAST)[: len(tokens)]
    owners = _owners(tokens, segments)
    names, seen, words = [START], Counter[str](), _numbered(segments)
    for at, owner in enumerate(owners, start=1):
        word = words[owner]
        if word is not None:
            behind = sum(1 for one in owners[at:] if one == owner)
            names.append(f"{{{word}}}" + (f" −{behind}" if behind else ""))
            continue
        text = tokens[at].strip() or tokens[at]
        seen[text] += 1
        names.append(text if seen[text] == 1 else f"{text} {seen[text]}")
    return tuple(names)


def shown_slot(slot: str) -> str:
    """As people read it. White space gets a sign: the sixth space is no “6”.

    >>> shown_slot("  6"), shown_slot("\\n"), shown_slot("{city} −1")
    ('␣ 6', '↵', '{city} −1')
    """
    text = slot.lstrip()
    blank = slot[: len(slot) - len(text)]
    if not blank:
        return slot
    sign = "↵" if "\n" in blank else "␣"
    return f"{sign} {text}".strip()


def _numbered(segments: Sequence[Segment]) -> list[str | None]:
    """The word of each segment; one that is there again is told apart."""
    seen = Counter[str]()
    words: list[str | None] = []
    for one in segments:
        if one.word is None:
            words.append(None)
            continue
        seen[one.word] += 1
        words.append(one.word if seen[one.word] == 1 else f"{one.word} {seen[one.word]}")
    return words


def _owners(tokens: Sequence[str], segments: Sequence[Segment]) -> list[int]:
    """Of each token behind the start, the segment that its last letter stands in."""
    whole = len("".join(one.text for one in segments))
    text = joined(tokens[1:])
    added = max(0, len(text) - whole)  # a space that the tokenizer puts in front
    ends, end = [], added
    for one in segments:
        end += len(one.text)
        ends.append(end)
    owners = []
    for at in range(1, len(tokens)):
        last = len(joined(tokens[1 : at + 1]).rstrip(" ")) - 1
        owners.append(next((n for n, end in enumerate(ends) if last < end), len(segments) - 1))
    return owners
