"""Turns through a model's own chat template, and what the template makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tracer.documents.prompts import CHAT_DATE, ChatTurn
from tracer.errors import TracerError
from tracer.model.third_party import third_party

_ROLE = re.compile(r"\W*(?:system|user|assistant|model|developer)?\W*\Z", re.IGNORECASE)
_MARKS = re.compile(r"\[/?[A-Z_]+\]|<</?SYS>>")  # turns in Llama 2's and Mistral's templates
SHOWN = 120  # characters of what a template adds


@dataclass(frozen=True)
class Rendered:
    """What the model reads, and what is not as the turns say."""

    text: str
    notices: tuple[str, ...]


def render_chat(
    backend: Any, turns: Sequence[ChatTurn], *, model_name: str, day: date | None = None
) -> Rendered:
    """The turns as text, ready for the assistant to go on; a last assistant turn is left open.

    A template that reads the clock is told that it is `day`, else CHAT_DATE: the same turns are
    the same tokens on any day. Raises TracerError for a model without a template, and for turns
    that the template refuses.
    """
    if not backend.chat_template:
        raise TracerError(f"the model `{model_name}` has no chat template", hint="use `prompt`")
    said = [turn.content for turn in turns]
    with _clock_at(day or CHAT_DATE) as clock:
        text = _through_template(backend, turns, said, day)
        marks = [f"\ue000{number}\ue001" for number in range(len(turns))]
        try:
            skeleton = _through_template(backend, turns, marks, day)
        except TracerError:  # a template that looks into the turns
            skeleton = ""
    notices = []
    if clock.was_read and day is None:
        what = f"the chat template writes the date: {CHAT_DATE} is taken, on whatever day"
        notices.append(f"{what}; `chat_date` sets another")
    notices += _changes(turns, text, re.split("\ue000\\d+\ue001", skeleton), _control(backend))
    return Rendered(text, tuple(notices))


def _through_template(
    backend: Any, turns: Sequence[ChatTurn], contents: Sequence[str], day: date | None
) -> str:
    goes_on = turns[-1].role == "assistant"
    dated = {} if day is None else {"date_string": f"{day:%d %b %Y}"}
    messages = [
        {"role": turn.role, "content": content}
        for turn, content in zip(turns, contents, strict=True)
    ]
    with third_party("the chat template refuses these turns", hint="change them, or use `prompt`"):
        text: str = backend.apply_chat_template(
            messages,
            add_generation_prompt=not goes_on,
            continue_final_message=goes_on,
            tokenize=False,
            **dated,
        )
    return text


class _Clock:
    """Stands in for `datetime` where templates ask for the time."""

    def __init__(self, day: date) -> None:
        self.day = datetime(day.year, day.month, day.day)
        self.was_read = False

    def now(self, *_: Any) -> datetime:
        self.was_read = True
        return self.day


@contextmanager
def _clock_at(day: date) -> Iterator[_Clock]:
    """transformers hands templates the machine's clock and nothing to set it with."""
    from transformers.utils import chat_template_utils

    clock, real = _Clock(day), chat_template_utils.datetime
    chat_template_utils.datetime = clock
    try:
        yield clock
    finally:
        chat_template_utils.datetime = real


def _control(backend: Any) -> re.Pattern[str]:
    """Special tokens in writing, and the marks that some templates write in their place."""
    special = {one.content for one in backend.added_tokens_decoder.values() if one.special}
    special |= set(backend.all_special_tokens)
    words = sorted(map(re.escape, special), key=len, reverse=True)
    return re.compile("|".join([*words, _MARKS.pattern]))


def _changes(
    turns: Sequence[ChatTurn], text: str, around: Sequence[str], control: re.Pattern[str]
) -> Iterator[str]:
    """`around` is what the template writes before, between and behind the turns."""
    inside = "(.*?)".join(map(re.escape, around)) if len(around) == len(turns) + 1 else None
    found = re.fullmatch(inside, text, re.DOTALL) if inside is not None else None
    if found is None:
        yield "the chat template rewrites the turns; `tracer tokens` shows what the model reads"
        return
    for number, (turn, read) in enumerate(zip(turns, found.groups(), strict=True), start=1):
        if read == turn.content:
            continue
        name = f"turn {number} ({turn.role})"
        if read.strip() == turn.content.strip():
            yield f"the chat template trims the space around {name}"
        else:
            yield f"the chat template rewrites {name}: the model reads {_short(read)}"
    for words in dict.fromkeys(_words(around, control)):
        yield f"the chat template adds {_short(words)}"


def _words(around: Sequence[str], control: re.Pattern[str]) -> Iterator[str]:
    """What is more than the names of roles and special tokens."""
    for part in around:
        for piece in control.split(part):
            lines = [line.strip() for line in piece.splitlines() if not _ROLE.match(line)]
            if lines:
                yield "\n".join(lines)


def _short(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
