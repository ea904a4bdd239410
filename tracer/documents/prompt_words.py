"""The words that a prompt's tokens are parts of, and what else a graph's inputs are called."""

from __future__ import annotations

from collections.abc import Sequence

from tracer.documents.token_text import goes_on_within_letter, joined

BIASES, OTHER_WORDS, OTHER_ERRORS = "E_biases_0", "E_others_0", "E_errors_0"  # node ids
START, ERRORS = "the start", "what the transcoders leave out"
_FIRST_IDEOGRAPH = 0x2E80


def word_of(tokens: Sequence[str]) -> list[str]:
    """Of each token, the word that it is a part of.

    >>> word_of(["<s>", " the", " Col", "osse", "um", ","])
    ['<s>', 'the', 'Colosseum', 'Colosseum', 'Colosseum', ',']
    """
    words: list[str] = []
    for start, end in spans(tokens):
        text = joined(tokens[start:end])
        words += [text.strip() or text] * (end - start)
    return words


def spans(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Where each word begins, and ends: one behind its last token. The start token is none."""
    starts = [
        at for at in range(len(tokens)) if at < 2 or not continues(tokens[at - 1], tokens[at])
    ]
    return list(zip(starts, [*starts[1:], len(tokens)], strict=True))


def input_names(inputs: Sequence[str], tokens: Sequence[str]) -> list[str]:
    """What the inputs of an account are called, by their node ids; sub-words of one word alike."""
    words = word_of(tokens)
    return [_input_name(one, words) for one in inputs]


def _input_name(node_id: str, words: Sequence[str]) -> str:
    if node_id == BIASES:
        return "biases"
    if node_id == OTHER_WORDS:
        return "other words"
    kind, _, position = node_id.rpartition("_")
    if not kind.startswith("E_") or node_id == OTHER_ERRORS:
        return ERRORS
    at = int(position) if position.isdecimal() else -1
    return START if at == 0 else words[at] if 0 < at < len(words) else node_id


def continues(before: str, token: str) -> bool:
    """Whether a token goes on with the word that the one before it ends with."""
    if goes_on_within_letter(before, token):
        return True
    return bool(before) and bool(token) and _in_word(before[-1]) and _in_word(token[0])


def _in_word(character: str) -> bool:
    # Scripts without spaces between words keep their tokens apart.
    return (character.isalnum() or character in "'’") and ord(character) < _FIRST_IDEOGRAPH
