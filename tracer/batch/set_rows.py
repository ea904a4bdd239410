"""One row of a set: what the model says to it, and its account in short."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.account.book import Book
from tracer.attribution.account.sources import Source
from tracer.attribution.sweep import Progress
from tracer.attribution.trace import trace_ask
from tracer.batch.set_plan import AskedRow, SetJob
from tracer.documents.prompt_set import PromptSet
from tracer.documents.prompt_words import ERRORS, START
from tracer.documents.set_account import ANSWER, RowAccount
from tracer.errors import TracerError
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model

PARTS = 3  # of the layers: low, middle and high boxes at each slot
STRONG = 1_000  # effects that are kept of each row
BIASES, OTHERS = "biases", "other words"


@dataclass(frozen=True)
class Said:
    """What the model says to one row."""

    probability: float
    said: str
    said_probability: float
    lead: float
    first: bool
    ahead: bool


@torch.no_grad()
def what_is_said(row: AskedRow, model: Model) -> Said:
    """`lead` is over the mean of the contrast; `ahead` means of each of them."""
    answer = row.ask.target
    assert answer is not None
    logits = freeze(model, row.ask.token_ids).logits
    probabilities = logits.softmax(-1)
    top = int(logits.argmax())
    others = logits[list(row.ask.contrast)]
    return Said(
        probability=float(probabilities[answer]),
        said=model.tokenizer.text(top),
        said_probability=float(probabilities[top]),
        lead=float(logits[answer] - others.mean()),
        first=top == answer,
        ahead=bool((logits[answer] > others).all()),
    )


def counts(said: Said, meant: PromptSet) -> bool:
    """Whether the row is one of those that the set tells of."""
    return said.first if meant.counts == "first" else said.ahead


def trace_row(
    row: AskedRow, job: SetJob, model: Model, progress: Progress = lambda *_: None
) -> RowAccount:
    """Raises TracerError where numbers overflow, or the features give no account."""
    began = time.perf_counter()
    found = trace_ask(
        row.ask, model=model, features=job.features, settings=job.settings, progress=progress
    )
    if not isinstance(found, AccountGraph):
        raise TracerError("this row has no account", hint="say `remainder: transparent`")
    account = found.account
    names = zip(*(one.tolist() for one in _names(found)), strict=True)
    strong, least = _strong(found.effects.features)
    return RowAccount(
        graph_id=row.graph_id,
        slots=row.slots,
        quantity=float(account.quantity),
        listed=tuple(names),
        pushes=tuple(found.words.pushes(at)[0][:3] for at in range(len(account))),
        strong=tuple(strong),
        least=least,
        flows=tuple(_flows(Book.of(account), row.slots, model.info.layers)),
        seconds=time.perf_counter() - began,
    )


def _names(found: AccountGraph) -> tuple[Tensor, Tensor, Tensor]:
    account = found.account
    return account.layers, account.positions, account.indices


def _strong(effects: Sequence[Tensor]) -> tuple[list[tuple[int, int, int, float]], float]:
    """The strongest effects of all features; and what all others are weaker than."""
    sizes = [one.numel() for one in effects]
    flat = torch.cat([one.flatten() for one in effects])
    order = torch.sort(flat.abs(), descending=True, stable=True).indices
    kept = order[:STRONG].tolist()
    least = float(flat[order[STRONG]].abs()) if len(order) > STRONG else 0.0
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + size)
    found = []
    for at in kept:
        layer = next(n for n in range(len(sizes)) if at < starts[n + 1])
        position, index = divmod(at - starts[layer], effects[layer].shape[1])
        found.append((layer, position, index, float(flat[at])))
    return found, least


def _flows(book: Book, slots: Sequence[str], n_layers: int) -> list[tuple[str, str, float]]:
    """What runs between boxes, a slot's features in one part of the layers, from inputs to the
    answer; what runs inside of a box too."""
    account = book.account
    boxes = [
        f"{slots[position]}/{min(PARTS - 1, layer * PARTS // n_layers)}"
        for layer, position in zip(account.layers.tolist(), account.positions.tolist(), strict=True)
    ]
    sources = [*boxes, *(_input(one, slots) for one in book.inputs)]
    targets = [*boxes, ANSWER]
    columns, rows = list(dict.fromkeys(sources)), list(dict.fromkeys(targets))
    into = torch.zeros(len(rows), len(targets), dtype=torch.float64)
    into[[rows.index(one) for one in targets], range(len(targets))] = 1
    out = torch.zeros(len(sources), len(columns), dtype=torch.float64)
    out[range(len(sources)), [columns.index(one) for one in sources]] = 1
    flows = (into @ book.flows @ out).tolist()
    return [
        (source, target, value)
        for target, some in zip(rows, flows, strict=True)
        for source, value in zip(columns, some, strict=True)
        if value
    ]


def _input(source: Source, slots: Sequence[str]) -> str:
    if source.kind == "word" and source.position is not None:
        return slots[source.position]
    return {"start": START, "biases": BIASES, "other words": OTHERS}.get(source.kind, ERRORS)
