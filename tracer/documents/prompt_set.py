"""A set of prompts on the list: one template with many fillings, or prompts under one name.

One graph is about one sentence. A set asks what holds for many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from tracer.documents.listed_settings import ListedSettings
from tracer.documents.records import Strict
from tracer.documents.references import Slug, slug_from
from tracer.documents.yaml_source import KeyPath
from tracer.errors import Place, Problems, TracerError, did_you_mean

Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Filling = str | int | tuple[str, ...]
ABOUT_A_ROW = ("answer", "contrast", "kin")  # what a filling says beside its words
MOST_ROWS = 10_000
FEWEST_ROWS = 2


class PlainRow(Strict):
    """A prompt of a set without a template."""

    prompt: Text
    answer: Text = Field(description="one token, literal, with its leading space")
    contrast: tuple[Text, ...] = ()
    kin: Text | None = Field(None, description="rows of one kin stay in one half")


class PromptSet(ListedSettings):
    """Prompts that ask one thing, traced one by one and told together."""

    slug: Slug = Field(description="folder and address of the set: lower-case, hyphens")
    title: Text | None = None
    summary: Text | None = None
    template: Text | None = Field(
        None, description="a prompt with words in braces: `The capital of {country} is`"
    )
    fill: tuple[Mapping[str, Filling], ...] = Field(
        (), description="a row for each prompt: its words, `answer`, and maybe `contrast`, `kin`"
    )
    prompts: tuple[PlainRow, ...] = Field((), description="in place of `template` and `fill`")
    answer: Text | None = Field(
        None, description="of rows that name none themselves; may hold words in braces"
    )
    contrast: tuple[Text, ...] = Field(
        (),
        description="explain each answer against these, which may hold words in braces; "
        "left out: against the other rows' answers",
    )
    counts: Literal["first", "ahead"] = Field(
        "first",
        description="a row counts where its answer is the likeliest word, or `ahead` of its "
        "contrast; the others are set apart",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> PromptSet:
        if (self.template is None) != (not self.fill):
            raise ValueError("`template` and `fill` belong together")
        if (self.template is None) == (not self.prompts):
            raise ValueError("give either `template` with `fill`, or `prompts`")
        if not FEWEST_ROWS <= len(self.fill or self.prompts) <= MOST_ROWS:
            raise ValueError(f"a set has {FEWEST_ROWS} to {MOST_ROWS:,} rows")
        return self


@dataclass(frozen=True)
class Segment:
    """A part of a row's prompt: what the template says, or what a word was filled with."""

    text: str
    word: str | None = None


@dataclass(frozen=True)
class SetRow:
    """One prompt of a set. Rows of one `kin` are never on both sides of a split."""

    key: str
    prompt: str
    answer: str
    contrast: tuple[str, ...]  # none: the other rows' answers
    kin: str
    words: Mapping[str, str]
    segments: tuple[Segment, ...]  # none of a plain prompt


Where = Callable[[KeyPath], Place | None]


def rows_of(found: PromptSet, where: Where = lambda _: None) -> tuple[SetRow, ...]:
    """The rows of a set, in its order. `where` knows the place of what is below the set.

    Raises Problems for words that are not filled, unknown ones, rows without an answer and rows
    that are there twice.
    """
    problems: list[TracerError] = []
    rows: list[SetRow] = []
    prompts: dict[str, int] = {}
    kind = "fill" if found.fill else "prompts"
    try:
        template = list(_parsed(found.template or ""))
    except ValueError as error:
        what = f"the template is not understood: {error}"
        hint = "write words in braces, `{city}`; a brace itself is written twice"
        raise TracerError(what, hint=hint, place=where(("template",))) from None
    listed: Sequence[PlainRow | Mapping[str, Filling]] = found.fill or found.prompts
    for number, given in enumerate(listed):
        try:
            row = (
                _plain(given, found, number)
                if isinstance(given, PlainRow)
                else _filled(template, given, found, number)
            )
        except TracerError as error:
            place = where((kind, number))
            problems.append(TracerError(error.message, hint=error.hint, place=place))
            continue
        if row.prompt in prompts:
            what = f"this prompt is there twice, first in row {prompts[row.prompt] + 1}"
            problems.append(TracerError(what, hint="once is enough", place=where((kind, number))))
        prompts.setdefault(row.prompt, number)
        rows.append(row)
    if problems:
        raise Problems(problems)
    return tuple(_named_apart(rows))


def _parsed(template: str) -> Iterator[tuple[str, str | None]]:
    """Literal text and the word behind it, in turn."""
    for text, word, form, conversion in Formatter().parse(template):
        if word is not None and (not word.isidentifier() or form or conversion):
            raise ValueError(f"`{{{word}}}` is no word in braces")
        if word in ABOUT_A_ROW:
            raise ValueError(f"`{word}` is what a row says of itself, so no word can be called so")
        yield text, word


def _filled(
    template: Sequence[tuple[str, str | None]],
    given: Mapping[str, Filling],
    found: PromptSet,
    number: int,
) -> SetRow:
    names = list(dict.fromkeys(word for _, word in template if word is not None))
    _check_words(given, names)
    words = {name: _one(name, given[name]) for name in names}
    segments = []
    for text, word in template:
        if text:
            segments.append(Segment(text))
        if word is not None:
            segments.append(Segment(words[word], word))
    answer = _one("answer", given["answer"]) if "answer" in given else None
    contrast = given.get("contrast", ())
    return _row(
        found,
        number,
        prompt="".join(one.text for one in segments),
        answer=answer,
        contrast=contrast if isinstance(contrast, tuple) else (str(contrast),),
        kin=_one("kin", given["kin"]) if "kin" in given else None,
        words=words,
        segments=tuple(segments),
    )


def _check_words(given: Mapping[str, Filling], names: Sequence[str]) -> None:
    for name in given:
        if name not in names and name not in ABOUT_A_ROW:
            hint = did_you_mean(name, [*names, *ABOUT_A_ROW]) or f"its words: {', '.join(names)}"
            raise TracerError(f"the template has no word `{name}`", hint=hint)
    if missing := [name for name in names if name not in given]:
        said = " and ".join(f"`{one}`" for one in missing)
        raise TracerError(f"this row does not say {said}", hint="fill each word of the template")


def _one(name: str, value: Filling) -> str:
    if isinstance(value, tuple):
        raise TracerError(f"`{name}` is a list", hint="give one text")
    return str(value)


def _plain(given: PlainRow, found: PromptSet, number: int) -> SetRow:
    return _row(
        found,
        number,
        prompt=given.prompt,
        answer=given.answer,
        contrast=given.contrast,
        kin=given.kin,
        words={},
        segments=(),
    )


def _row(
    found: PromptSet,
    number: int,
    *,
    prompt: str,
    answer: str | None,
    contrast: tuple[str, ...],
    kin: str | None,
    words: Mapping[str, str],
    segments: tuple[Segment, ...],
) -> SetRow:
    if answer is None:
        if found.answer is None:
            raise TracerError("this row has no `answer`", hint="say what the model should answer")
        answer = _with(found.answer, words)
    if not prompt.strip():
        raise TracerError("the prompt is empty", hint="write the words the model should continue")
    against = contrast or tuple(_with(one, words) for one in found.contrast)
    if answer in against:
        raise TracerError("`contrast` names the answer itself", hint="name other tokens")
    said = " ".join(words.values()) or prompt
    key = slug_from(said) or f"row-{number + 1}"
    return SetRow(key[:60].strip("-"), prompt, answer, against, kin or answer, words, segments)


def _with(text: str, words: Mapping[str, str]) -> str:
    try:
        return text.format_map(words)
    except (KeyError, ValueError, IndexError, AttributeError):
        what = f"{text!r} holds words that this row does not fill"
        raise TracerError(what, hint=f"its words: {', '.join(words) or 'none'}") from None


def _named_apart(rows: Sequence[SetRow]) -> Iterator[SetRow]:
    taken: set[str] = set()
    for row in rows:
        key, number = row.key, 1
        while key in taken:
            number += 1
            key = f"{row.key}-{number}"
        taken.add(key)
        yield SetRow(key, row.prompt, row.answer, row.contrast, row.kin, row.words, row.segments)
