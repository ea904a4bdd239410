"""An account as a person reads it in a terminal: what adds up to the answer, and in which boxes."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from tracer.documents.account import AccountInfo, Box
from tracer.documents.graph import Graph
from tracer.documents.prompt_words import input_names, spans
from tracer.documents.token_text import joined

_BOUND = {
    "flow": "as many as flow asks for",
    "input flow": "as many as input flow asks for",
    "most": "as many as `max_nodes` allows",
}


def account_findings(graph: Graph, account: AccountInfo) -> Iterator[RenderableType]:
    """Tables and lines, in the order of reading."""
    yield _sum(graph, account)
    yield _boxes(account)
    shares = f"flow {account.flow:.2f}, input flow {account.input_flow:.2f}"
    drawn = f"the {len(graph.links):,} links drawn hold {account.links_hold:.2f} of what flows"
    yield f"{shares}: {_BOUND[account.bound_by]}; {drawn}"
    if account.trial is not None and account.trial.correlation is not None:
        count = len(account.trial.nodes)
        yield (
            f"the {count} strongest silenced one by one: predicted against real, correlation "
            f"{account.trial.correlation:.2f}"
        )
    for warning in account.warnings:
        yield f"[yellow]{escape(warning)}"


def _sum(graph: Graph, account: AccountInfo) -> Table:
    """Words, start and biases, which add up to the quantity."""
    table = _table("adds up from", account.unit)
    rows = [*_words(graph), *_constants(graph)]
    for name, share in rows:
        table.add_row(escape(name), f"{share:+.3f}")
    table.add_row("[bold]together", f"[bold]{account.quantity:+.3f}")
    return table


def _words(graph: Graph) -> Iterator[tuple[str, float]]:
    shares = {
        node.ctx_idx: node.effect or 0.0
        for node in graph.nodes
        if node.kind == "embedding" and node.index is not None
    }
    tokens = graph.metadata.prompt_tokens
    for start, end in spans(tokens):
        if start:
            text = joined(tokens[start:end])
            yield repr(text), sum(shares.get(at, 0.0) for at in range(start, end))
    yield "the start", shares.get(0, 0.0)


def _constants(graph: Graph) -> Iterator[tuple[str, float]]:
    """Biases, and what transcoders leave out."""
    rest: dict[str, float] = {}
    for node in graph.nodes:
        if node.kind == "error" and node.effect is not None:
            name = input_names([node.node_id], graph.metadata.prompt_tokens)[0]
            rest[name] = rest.get(name, 0.0) + node.effect
    yield from rest.items()


def _boxes(account: AccountInfo) -> Table:
    table = _table("boxes", "effect", "through", wide=("reads", "pushes", "words"))
    for box in account.boxes:
        reads = ", ".join(f"{one.word} {one.share:+.2f}" for one in box.reads)
        pushes = ", ".join(box.pushes)
        against = f" ⊣ {', '.join(box.opposes[:3])}" if box.opposes else ""
        numbers = (f"{box.effect:+.2f}", f"{box.through:+.2f}")
        row = (box.name, *numbers, reads, pushes + against, _confirmed(box))
        table.add_row(*map(escape, row))
    return table


def _confirmed(box: Box) -> str:
    if box.confirmed is None:
        return "not tried"
    return f"{'confirmed' if box.words_hold else 'not confirmed'}, {box.confirmed:.2f}"


def _table(first: str, *numbers: str, wide: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column(first, overflow="fold", min_width=14)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    for name in wide:
        table.add_column(name, overflow="fold")
    return table
