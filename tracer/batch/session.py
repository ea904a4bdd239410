"""One `tracer build-graphs` from start to end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from tracer.batch.build_sets import build_sets
from tracer.batch.encoding import encoded
from tracer.batch.plan import Job, Refused, make_plan
from tracer.batch.report import (
    Bars,
    Ends,
    ended,
    outcome_line,
    outcome_table,
    plain_console,
    plan_table,
    planned,
)
from tracer.batch.run_here import run_here
from tracer.batch.run_on_ray import run_on_ray
from tracer.batch.trace_job import Outcome
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.lock import held
from tracer.documents.prompts import PromptList
from tracer.documents.trace_settings import Device, Precision
from tracer.errors import TracerError


def build_graphs(
    prompts: PromptList,
    graphs: Path,
    *,
    only: Sequence[str] = (),
    force: bool = False,
    device: Device = "auto",
    ray: str | None = None,
    precision: Precision | None = None,
    dry_run: bool = False,
    console: Console | None = None,
    ends: Ends | None = None,
) -> int:
    """Plan, run and report: graphs, then sets. Returns the exit status: 0, 1 if a prompt failed,
    130 if interrupted. What became of each is put into `ends`, for programs.

    Raises TracerError when `only` names an unknown slug, nothing can be written or another
    process traces into the same folder.
    """
    console = console or plain_console(stderr=True)
    sets = [one for one in prompts.sets if not only or one.slug in only]
    ends = ends or Ends()
    single = [slug for slug in only if prompts.prompt_set(slug) is None]
    status = 0
    if single or (prompts.graphs and not only):
        status = _build_graphs(
            prompts,
            graphs,
            only=single,
            force=force,
            device=device,
            ray=ray,
            precision=precision,
            dry_run=dry_run,
            console=console,
            ends=ends,
        )
    if not sets or status > 1:
        return status
    try:
        return status | build_sets(
            prompts,
            sets,
            graphs,
            force=force,
            device=device,
            ray=ray,
            precision=precision,
            dry_run=dry_run,
            console=console,
            ends=ends,
        )
    except KeyboardInterrupt:
        console.print("interrupted; run the same command to go on where it stopped")
        return 130


def _build_graphs(
    prompts: PromptList,
    graphs: Path,
    *,
    only: Sequence[str],
    force: bool,
    device: Device,
    ray: str | None,
    precision: Precision | None,
    dry_run: bool,
    console: Console,
    ends: Ends,
) -> int:
    folder = GraphFolder(graphs)

    def plan() -> list[Job | Refused]:
        with console.status("looking at what is there") as status:
            return make_plan(
                prompts, folder, only=only, force=force, precision=precision, say=status.update
            )

    if dry_run:
        jobs = plan()
        console.print(plan_table(jobs))
        ends.graphs += map(planned, jobs)
        for job in jobs:
            if isinstance(job, Job):
                console.print(encoded(job, console.width), soft_wrap=True)
                notices = (*job.files.notices, *job.ask.notices)
                _print_notices(console, job.entry.slug, notices)
            else:
                _print_error(console, job.entry.slug, job.error)
        return 1 if any(isinstance(job, Refused) for job in jobs) else 0
    with held(graphs / ".tracing.lock", "traces into this folder"):
        folder.sweep()
        jobs = plan()
        with Bars(console, total=len(jobs)) as bars:
            if ray is not None:
                run = run_on_ray(jobs, folder, address=ray, device=device, watcher=bars)
            else:
                run = run_here(jobs, folder, device=device, watcher=bars)
            outcomes, interrupted = _followed(run, bars)
    order = {job.entry.slug: number for number, job in enumerate(jobs)}
    outcomes.sort(key=lambda one: order[one.slug])
    ends.graphs += map(ended, outcomes)
    return _close(console, outcomes, interrupted)


def _followed(run: Iterator[Outcome], bars: Bars) -> tuple[list[Outcome], bool]:
    """What came of each prompt until the end, or until somebody interrupted."""
    outcomes: list[Outcome] = []
    try:
        for outcome in run:
            outcomes.append(outcome)
            bars.ended(outcome_line(outcome))
    except KeyboardInterrupt:
        return outcomes, True
    return outcomes, False


def _print_notices(console: Console, slug: str, notices: Sequence[str]) -> None:
    for notice in notices:
        console.print(f"{slug}: {notice}", style="dim", markup=False, highlight=False)


def _print_error(console: Console, slug: str, error: TracerError | None) -> None:
    console.print("error:", style="bold red", end=" ")
    console.print(f"{slug}: {error}", markup=False, highlight=False, soft_wrap=True)


def _close(console: Console, outcomes: Sequence[Outcome], interrupted: bool) -> int:
    if outcomes:
        console.print(outcome_table(outcomes))
    for one in outcomes:
        if one.status == "unchanged":
            console.print(f"{one.slug}: traced again and the same; nothing written", style="dim")
        _print_notices(console, one.slug, one.notices)
    failed = [one for one in outcomes if one.error is not None]
    for one in failed:
        _print_error(console, one.slug, one.error)
    if interrupted:
        console.print("interrupted; run the same command to go on where it stopped")
        return 130
    return 1 if failed else 0
