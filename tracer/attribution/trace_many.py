"""Many prompts on one model, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from tracer.attribution.question import Ask
from tracer.attribution.trace import Attribution, trace
from tracer.errors import Problems, TracerError
from tracer.model.given import as_feature, as_token, as_tokens, as_words
from tracer.model.load import Model, as_model

Told = Callable[[int, int, str], None]


def trace_many(
    prompts: Iterable[Any],
    *,
    model: Model | str,
    progress: bool | Told = True,
    **asked: Any,
) -> Iterator[Attribution]:
    """Trace each prompt when it is asked for: `for found in tracer.trace_many(prompts, model=…)`.

    A prompt is text, a chat, or a dictionary of what `trace` takes (`{"prompt": …, "target": …}`);
    `asked` holds what is the same for all. `progress` draws a bar, or is told how many are done, of
    how many, and the prompt at hand.

    All questions are read before the first is traced. Raises Problems with every one that cannot
    be, each told by its number; and TracerError as `trace` does.
    """
    chosen, questions = as_model(model), [_question(one, asked) for one in prompts]
    _check(chosen, questions)
    return _traced(chosen, questions, progress)


def _question(given: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    own = given if isinstance(given, dict) and "role" not in given else {"prompt": given}
    return {**asked, **own}


def _check(model: Model, questions: list[dict[str, Any]]) -> None:
    problems = []
    for number, question in enumerate(questions, 1):
        try:
            words, turns = as_words(question.get("prompt"), question.get("chat"))
            target, feature = question.get("target"), question.get("target_feature")
            Ask.of(
                model.tokenizer,
                prompt=words,
                chat=turns,
                target=None if target is None else as_token(target),
                contrast=as_tokens(question.get("contrast", ())),
                target_feature=None if feature is None else as_feature(feature),
                position=question.get("position"),
            )
        except TracerError as error:
            what = f"prompt {number} of {len(questions)}: {error.message}"
            problems.append(TracerError(what, hint=error.hint))
    if problems:
        raise Problems(problems)


def _traced(
    model: Model, questions: list[dict[str, Any]], progress: bool | Told
) -> Iterator[Attribution]:
    if callable(progress):
        yield from _each(model, questions, progress)
        return
    from rich.progress import Progress

    with Progress(disable=not progress, transient=True) as bar:
        task = bar.add_task("tracing", total=len(questions))

        def tell(done: int, _: int, prompt: str) -> None:
            shown = prompt if len(prompt) <= 40 else f"{prompt[:39]}…"
            bar.update(task, completed=done, description=shown.replace("[", r"\["))

        yield from _each(model, questions, tell)


def _each(model: Model, questions: list[dict[str, Any]], tell: Told) -> Iterator[Attribution]:
    run = partial(trace, model=model)
    for number, question in enumerate(questions):
        tell(number, len(questions), str(question.get("prompt") or "a chat"))
        yield run(**question)
    tell(len(questions), len(questions), "")
