"""The one kind of error that a user can cause, and how it reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

LONGEST = 1000  # characters of a message, and of a hint


@dataclass(frozen=True, order=True)
class Place:
    """A spot in a file; lines and columns count from 1."""

    file: Path
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [one_plain_line(str(self.file))]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)


class TracerError(Exception):
    """What is wrong, where, and what to do next, on one line.

    >>> str(TracerError("the prompt is empty", hint="write a few words"))
    'the prompt is empty; write a few words'
    """

    def __init__(self, message: str, *, hint: str | None = None, place: Place | None = None):
        self.message = one_plain_line(message)
        self.hint = None if hint is None else one_plain_line(hint)
        self.place = place
        super().__init__(self.message)

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text}; {self.hint}" if self.hint else text

    @property
    def problems(self) -> Sequence[TracerError]:
        """The single errors this one is made of."""
        return (self,)


class Problems(TracerError):
    """Several errors found in one go, each with its own place; one reached by several ways is
    told once."""

    def __init__(self, problems: Iterable[TracerError]):
        single = (single for problem in problems for single in problem.problems)
        self._problems = tuple({str(one): one for one in single}.values())
        super().__init__("; ".join(str(problem) for problem in self._problems[:10]))

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self._problems)

    @property
    def problems(self) -> Sequence[TracerError]:
        return self._problems


class Unknown(Problems):
    """Something hangs on a file that could not be read. That file's own error is told, and is the
    only one: what could not be read is not absent, and nothing that hangs on it is judged."""

    def __init__(self) -> None:
        super().__init__(())


def one_plain_line(text: str, most: int = LONGEST) -> str:
    """As it is, but that what a stranger wrote can neither break a line nor steer a terminal, nor
    be what no terminal can show; cut where it is endless.

    >>> one_plain_line("a\\nb"), one_plain_line("c" * 9, 4)
    ('a\\\\nb', 'ccc…')
    """
    text = text if len(text) <= most else text[: most - 1] + "…"
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or unicodedata.category(one) == "Zs" else repr(one)[1:-1]
        for one in text
    )


def did_you_mean(wrong: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest known word, or None when nothing is near.

    >>> did_you_mean("promt", ["prompt", "slug"])
    'did you mean `prompt`?'
    """
    if len(wrong) > 200:  # nobody meant that, and comparing it would take long
        return None
    near = get_close_matches(wrong, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else None
