"""Texts, cut into what a model reads at once, one text after the other in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tracer.documents.files import read_text
from tracer.documents.texts import Sort, Text
from tracer.interventions.texts.batch import Context
from tracer.model.tokens import Tokenizer

CONTEXT = 255  # most tokens read at once, behind a start token
HELD_OUT = 0.2  # of the texts, or of contexts where there are few texts
FEW = 5


@dataclass(frozen=True)
class Place:
    """Where reading goes on: before the text `text`'s context `context`, the `number`th of all."""

    text: int = 0
    context: int = 0
    number: int = 0


@dataclass(frozen=True)
class Contexts:
    """All contexts of some texts, in order."""

    tokenizer: Tokenizer
    texts: Sequence[Text]

    @property
    def sorts(self) -> list[Sort]:
        """The sorts of text there are, in a stable order; a context's label is a place in it."""
        different = {text.sort for text in self.texts}
        return sorted(different, key=lambda one: (one.kind, one.language or ""))

    def identity(self) -> str:
        """Of the texts' bytes, their names and sorts, and how they are cut."""
        digest = hashlib.sha256(f"{CONTEXT} {HELD_OUT}\n".encode())
        for text in self.texts:
            content = hashlib.sha256(read_text(text.file).encode()).hexdigest()
            digest.update(f"{text.name}\n{text.sort}\n{content}\n".encode())
        return digest.hexdigest()

    def after(self, place: Place) -> Iterator[tuple[Context, Place]]:
        """Each context from a place on, with the place behind it.

        Raises TracerError for a text that cannot be read."""
        size = min(CONTEXT, self.tokenizer.context - 1)
        labels = {sort: at for at, sort in enumerate(self.sorts)}
        number, first = place.number, place.context
        for at in range(place.text, len(self.texts)):
            text = self.texts[at]
            ids = self.tokenizer.encode_text(read_text(text.file))
            count = -(-len(ids) // size)
            for nth in range(first, count):
                piece = ids[nth * size : (nth + 1) * size]
                held_out = _held_out(at if len(self.texts) >= FEW else nth)
                number += 1
                behind = Place(at, nth + 1, number) if nth + 1 < count else Place(at + 1, 0, number)
                yield Context(number - 1, piece, labels[text.sort], held_out), behind
            first = 0

    def batches(self, place: Place, size: int) -> Iterator[tuple[list[Context], Place]]:
        """The same, `size` contexts at a time."""
        contexts = self.after(place)
        while several := list(islice(contexts, size)):
            yield [context for context, _ in several], several[-1][1]


def _held_out(turn: int) -> bool:
    """One in five, spread evenly, but in step with no order in which sorts of text take turns: by
    multiples of the golden ratio."""
    return (0.75 + turn * 0.6180339887498949) % 1 < HELD_OUT
