"""What the model reads of a prompt, token by token, as a person sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracer.attribution.question import Ask
from tracer.batch.plan import Job
from tracer.batch.report import plain_console
from tracer.documents.prompts import ChatTurn, PromptList
from tracer.documents.token_id import TokenName
from tracer.errors import TracerError, did_you_mean
from tracer.model.files import find_model
from tracer.model.tokens import Tokenizer, load_tokenizer

Told = Callable[[Any], None]


def show_entry(
    prompts: PromptList,
    slug: str,
    *,
    counterfactual: bool = False,
    model: str | None = None,
    console: Console | None = None,
    told: Told | None = None,
) -> None:
    """`show_prompt` of an entry of a list, or of its counterfactual. Raises TracerError for a slug
    that is not on it, and an entry without a counterfactual of other words."""
    entry = prompts.entry(slug)
    if entry is None:
        known = [one.slug for one in prompts.graphs]
        hint = did_you_mean(slug, known) or f"known: {', '.join(known)}"
        what = f"there is no prompt `{slug}` on the list"
        raise TracerError(what, hint=hint, place=prompts.where(slug))
    if counterfactual:
        other = entry.other_run
        if other is None or other.key == "graph":
            what = f"`{slug}` has no counterfactual of other words"
            hint = f"`tracer tokens --slug {slug}` shows its own"
            raise TracerError(what, hint=hint, place=prompts.where(slug))
        show_prompt(
            model or entry.model,
            prompt=other.prompt,
            chat=other.chat,
            chat_date=other.chat_date,
            names=[other.target],
            console=console,
            told=told,
        )
        return
    show_prompt(
        model or entry.model,
        prompt=entry.prompt,
        chat=entry.chat,
        chat_date=entry.chat_date,
        position=entry.position,
        names=[*([] if entry.target is None else [entry.target]), *entry.contrast],
        console=console,
        told=told,
    )


def show_prompt(
    model: str,
    *,
    prompt: str | None = None,
    chat: Sequence[ChatTurn] | None = None,
    chat_date: date | None = None,
    position: int | None = None,
    names: Sequence[TokenName] = (),
    console: Console | None = None,
    told: Told | None = None,
) -> None:
    """A table of tokens, those that `names` name below it, and notices; or in its place `told` is
    given the same.

    Raises TracerError for what cannot be encoded. Needs no weights, but the model's other files.
    """
    aside = plain_console(stderr=True)
    with aside.status("looking for the model") as status:
        tokenizer = load_tokenizer(find_model(model, status.update))
    ask = Ask.of(
        tokenizer,
        prompt=prompt,
        chat=chat,
        chat_date=chat_date,
        position=position,
        target=names[0] if names else None,
        contrast=names[1:],
    )
    if told is not None:
        told(_tokens(tokenizer, ask))
        return
    console = console or plain_console()
    console.print(token_table(tokenizer, ask))
    for notice in ask.notices:
        aside.print(notice, style="dim", markup=False, highlight=False)


def _tokens(tokenizer: Tokenizer, ask: Ask) -> dict[str, Any]:
    def one(token_id: int) -> dict[str, Any]:
        piece = tokenizer.pieces.piece(token_id)
        return {"id": token_id, "piece": piece, "text": tokenizer.text(token_id)}

    return {
        "tokens": [{"at": at, **one(token_id)} for at, token_id in enumerate(ask.token_ids)],
        "target": None if ask.target is None else one(ask.target),
        "contrast": [one(token_id) for token_id in ask.contrast],
        "notices": list(ask.notices),
    }


def token_table(tokenizer: Tokenizer, ask: Ask) -> Table:
    """Position, id, piece and text, a token a line; the answers that are named stand last."""
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("at", "id"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("piece", "text"):
        table.add_column(name, overflow="fold")
    named = [("target", ask.target), *(("against", one) for one in ask.contrast)]
    rows = [(str(at), one) for at, one in enumerate(ask.token_ids)]
    for where, token_id in [*rows, *((role, one) for role, one in named if one is not None)]:
        piece = tokenizer.pieces.piece(token_id)
        # repr writes control signs, and marks that turn text around, as escapes.
        shown = "" if piece is None else repr(piece)[1:-1]
        table.add_row(where, str(token_id), Text(shown), Text(repr(tokenizer.text(token_id))))
    return table


def encoded(job: Job, width: int) -> Text:
    """A job's tokens in one text, `0:'<s>'(1) 1:' Paris'(3681)`, broken between tokens only."""
    text = Text(f"{job.entry.slug}:", style="dim")
    column = cell_len(text.plain)
    for at, (token, token_id) in enumerate(zip(job.texts, job.ask.token_ids, strict=True)):
        parts = (f"{at}:", repr(token), f"({token_id})")
        size = cell_len("".join(parts)) + 1
        if column + size > width:
            text.append("\n ")
            column = 1
        for part, style in zip((" ", *parts), ("", "dim", "default", "dim"), strict=True):
            text.append(part, style)
        column += size
    return text
