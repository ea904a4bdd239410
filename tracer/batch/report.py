"""What a person sees of a run: bars while it goes, a table and a list of failures at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from tracer.batch.plan import Job, Refused
from tracer.batch.trace_job import Outcome, Size

NARROWEST = 7  # of a column that gives way to others
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


class _Share(ProgressColumn):
    """How many of how many are done; of a worker, nothing."""

    def render(self, task: Task) -> Text:
        total = task.total
        return Text("" if total is None else f"{task.completed:.0f}/{total:.0f}")


class Bars:
    """One bar over all graphs and one for the graph in hand, or a line for each worker; where there
    is no terminal, a line for each graph as it ends."""

    def __init__(self, console: Console, total: int, of: str = "graphs") -> None:
        self.console = console
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            _Share(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.overall = self.progress.add_task(of, total=total)
        self.current = self.progress.add_task("", total=1, visible=False)
        self._workers: dict[int, TaskID] = {}
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
        if ", about " in name and not self.console.is_terminal:
            self.console.print(text, markup=False, highlight=False, soft_wrap=True)
        self.progress.update(
            self.current, description=text, completed=done, total=total, visible=True
        )

    def worker(self, number: int, doing: str) -> None:
        """A line for each worker of a cluster, while it does something."""
        if number not in self._workers:
            self._workers[number] = self.progress.add_task("", total=None)
        told = f"worker {number}: {doing}"
        line = self._workers[number]
        if self.progress.tasks[self.progress.task_ids.index(line)].description != told:
            self.progress.reset(line, description=told, visible=bool(doing))

    def note(self, text: str) -> None:
        """What happened meanwhile."""
        self.console.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)

    def ended(self, line: str = "") -> None:
        """One more is done; `line` says so where nobody sees bars."""
        self.progress.advance(self.overall)
        if line and not self.console.is_terminal:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def table_of(*columns: str, wrap: Sequence[str] = (), right: Sequence[str] = ()) -> Table:
    """A table without lines. Where it is narrow, the columns to `wrap` give way to the others,
    whose words and numbers are always whole."""
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 0))
    for name in columns:
        justify: JustifyMethod = "right" if name in right else "left"
        gives_way = name in wrap
        table.add_column(
            name,
            justify=justify,
            no_wrap=not gives_way,
            overflow="fold",
            min_width=NARROWEST if gives_way else None,
        )
    return table


def plan_table(jobs: Sequence[Job | Refused]) -> Table:
    """What a run would do."""
    table = table_of("slug", "tokens", "", wrap=("slug", ""), right=("tokens",))
    for job in jobs:
        if isinstance(job, Job):
            row = (f"{job.entry.slug}/{job.revision}", str(len(job.ask.token_ids)))
            table.add_row(*row, _STATES[job.state])
        else:
            table.add_row(job.entry.slug, "", "[red]cannot be traced")
    return table


@dataclass
class Ends:
    """What became of each graph and set, or would, as programs read it: docs/json.md."""

    graphs: list[dict[str, Any]] = field(default_factory=list)
    sets: list[dict[str, Any]] = field(default_factory=list)


def planned(job: Job | Refused) -> dict[str, Any]:
    if isinstance(job, Refused):
        return {"slug": job.entry.slug, "state": "refused", "error": job.error.message}
    tokens = len(job.ask.token_ids)
    told = {"slug": job.entry.slug, "revision": job.revision, "state": job.state, "tokens": tokens}
    return {**told, "graph_id": job.graph_id}


def ended(one: Outcome) -> dict[str, Any]:
    size = {} if one.size is None else asdict(one.size)
    return {
        "slug": one.slug,
        "revision": one.revision,
        "state": one.status,
        **size,
        "seconds": one.seconds,
        "peak_bytes": one.peak_bytes,
        "notices": list(one.notices),
        "error": None if one.error is None else one.error.message,
    }


@dataclass(frozen=True)
class _Score:
    """A column that stands where any graph of the run has such a number."""

    head: str
    of: Callable[[Size], float | None]

    def cell(self, one: Outcome) -> str:
        value = None if one.size is None else self.of(one.size)
        return "" if value is None else f"{value:.2f}"


_SCORES = (
    _Score("pre-\ndicts", lambda size: size.predicted),
    _Score("re-\nplace-\nment", lambda size: size.replacement),
    _Score("com-\nplete-\nness", lambda size: size.completeness),
    _Score("unex-\nplained", lambda size: size.unexplained),  # neurons are exact
)


def outcome_table(outcomes: Sequence[Outcome]) -> Table:
    """One line a graph: its answer, size, scores and cost. "predicts" is the correlation of what
    the graph predicts of its strongest nodes with what the model does."""
    scores = [one for one in _SCORES if any(one.cell(outcome) for outcome in outcomes)]
    numbers = ("p", "nodes", "links", *(one.head for one in scores), "sec-\nonds", "peak\nGiB")
    table = table_of("slug", "answer", *numbers, wrap=("slug", "answer"), right=numbers)
    for one in outcomes:
        row = _row(one)
        table.add_row(*row[:-2], *(score.cell(one) for score in scores), *row[-2:])
    return table


def outcome_line(one: Outcome) -> str:
    """What is told of a graph when it ends; nothing of one that was there."""
    if one.status == "done":
        return ""
    if one.size is None:
        return f"{one.slug}: {one.status}"
    return f"{one.slug}/{one.revision}: {one.status}, {one.seconds or 0:.1f} s"


def _row(one: Outcome) -> list[str]:
    size = one.size
    if size is None:
        return [one.slug, f"[red]{one.status}", *[""] * 5]
    state = " [dim](up to date)" if one.seconds is None else ""
    return [
        f"{one.slug}/{one.revision}",
        escape(size.answer) + state,
        "" if size.probability is None else f"{size.probability:.2f}",
        f"{size.nodes:,}",
        f"{size.links:,}",
        "" if one.seconds is None else f"{one.seconds:.1f}",
        "" if one.peak_bytes is None else f"{one.peak_bytes / 2**30:.1f}",
    ]
