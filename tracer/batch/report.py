"""What a person sees of a run: bars while it goes, a table and a list of failures at its end."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tracer.batch.plan import Job, Refused
from tracer.batch.trace_job import Outcome

_STATES = {
    "new": "will be traced",
    "changed": "will be traced again: its prompt, settings or model changed",
    "again": "will be traced again",
    "done": "is up to date",
}


def plain_console(*, stderr: bool = False) -> Console:
    """A terminal at its own width; in a file or a pipe, tables have room."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=120)


class Bars:
    """One bar over all graphs and one for the graph in hand; nothing where there is no terminal."""

    def __init__(self, console: Console, total: int, of: str = "graphs") -> None:
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.overall = self.progress.add_task(of, total=total)
        self.current = self.progress.add_task("", total=1, visible=False)
        self._stack = ExitStack()

    def __enter__(self) -> Bars:
        self._stack.enter_context(self.progress)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def phase(self, slug: str, name: str, done: int, total: int) -> None:
        text = f"{slug}: {name}"
        self.progress.update(
            self.current, description=text, completed=done, total=total, visible=True
        )

    def ended(self) -> None:
        self.progress.advance(self.overall)


def plan_table(jobs: Sequence[Job | Refused]) -> Table:
    """What a run would do."""
    table = Table("slug", "tokens", "", box=None, header_style="dim")
    for job in jobs:
        if isinstance(job, Job):
            row = (f"{job.entry.slug}/{job.revision}", str(len(job.ask.token_ids)))
            table.add_row(*row, _STATES[job.state])
        else:
            table.add_row(job.entry.slug, "", "[red]cannot be traced")
    return table


def outcome_table(outcomes: Sequence[Outcome]) -> Table:
    """One line a graph: its answer, size, scores and cost."""
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 0))
    table.add_column("slug", no_wrap=True)
    table.add_column("answer", no_wrap=True)
    measured = any(_fit(one) for one in outcomes)  # neurons are exact and need no column
    sizes = ["p", "nodes", "links", "replace-\nment", "complete-\nness"]
    sizes += [*(["unex-\nplained"] if measured else []), "seconds", "peak\nmemory"]
    for name in sizes:
        table.add_column(name, justify="right", no_wrap=True)
    for one in outcomes:
        row = _row(one)
        table.add_row(*row[:-2], *([_fit(one)] if measured else []), *row[-2:])
    return table


def _fit(one: Outcome) -> str:
    """What transcoders leave unexplained of the MLPs, median over layers."""
    info = None if one.graph is None else one.graph.metadata.tracer
    fit = None if info is None or info.fit is None else info.fit.median
    return "" if fit is None else f"{fit:.2f}"


def _row(one: Outcome) -> list[str]:
    graph = one.graph
    if graph is None or graph.metadata.tracer is None:
        return [one.slug, "", "", "", "", "", "", f"[red]{one.status}", ""]
    info = graph.metadata.tracer
    target = info.question.target_id
    answer = next((answer for answer in info.answers if answer.token_id == target), None)
    return [
        f"{one.slug}/{one.revision}",
        escape(repr(answer.token) if answer else info.question.target),
        f"{answer.probability:.2f}" if answer else "",
        f"{len(graph.nodes):,}",
        f"{len(graph.links):,}",
        f"{info.scores.replacement:.2f}",
        f"{info.scores.completeness:.2f}",
        "[dim]up to date" if one.seconds is None else f"{one.seconds:.1f}",
        "" if one.peak_bytes is None else f"{one.peak_bytes / 2**30:.1f} GiB",
    ]
