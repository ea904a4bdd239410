"""The sets of a prompt list, traced row by row, and told together once all rows are there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from tracer.batch.cluster import share_out
from tracer.batch.operand_fires import lacks_fires, with_fires
from tracer.batch.report import Bars, Ends, table_of
from tracer.batch.run_here import LastModel
from tracer.batch.run_on_ray import RowTask
from tracer.batch.set_plan import AskedRow, SetJob, plan_set
from tracer.batch.set_rows import Said, counts, trace_row, what_is_said
from tracer.batch.set_summary import TracedRow, account_of_set
from tracer.batch.trace_job import memory_suffices
from tracer.documents.files import ensure_writable
from tracer.documents.lock import held
from tracer.documents.prompt_set import PromptSet
from tracer.documents.prompts import PromptList
from tracer.documents.set_account import RowAccount, SetAccount
from tracer.documents.set_folder import SetFolder
from tracer.documents.trace_settings import Device, Precision
from tracer.errors import TracerError
from tracer.model.third_party import third_party

FEWEST = 2  # rows that count, of which anything can be told together
State = Literal["written", "done", "failed"]


@dataclass(frozen=True)
class SetOutcome:
    """What became of one set."""

    slug: str
    state: State
    revision: int | None = None
    account: SetAccount | None = None
    error: TracerError | None = None


def sets_beside(graphs: Path) -> SetFolder:
    """Where the sets of a gallery lie whose graphs lie there."""
    return SetFolder(graphs.parent / "sets")


def build_sets(
    prompts: PromptList,
    chosen: Sequence[PromptSet],
    graphs: Path,
    *,
    force: bool = False,
    device: Device = "auto",
    ray: str | None = None,
    precision: Precision | None = None,
    dry_run: bool = False,
    console: Console,
    ends: Ends | None = None,
) -> int:
    """Trace what is not there yet. Rows of an unfinished set are on disk one by one, so a run that
    was killed goes on where it stopped. Returns the exit status: 0, or 1 if a set failed.

    Raises TracerError when nothing can be written, or another process traces into the folder.
    """
    if not chosen:
        return 0
    folder = sets_beside(graphs)
    if dry_run:
        return _say_what_would_be(prompts, chosen, folder, precision, console, ends or Ends())
    ensure_writable(folder.root)
    models = LastModel(device)
    outcomes = []
    with held(folder.root / ".tracing.lock", "traces sets into this folder"):
        for one in chosen:
            work = _Work(prompts, one, folder, models, precision, force, console, ray)
            outcomes.append(work.outcome())
            if ends is not None:
                ends.sets.append(_ended(outcomes[-1]))
            if outcomes[-1].error is None:
                console.print(_line(outcomes[-1]), markup=False, highlight=False, soft_wrap=True)
    failed = [end for end in outcomes if end.error is not None]
    for end in failed:
        console.print("error:", style="bold red", end=" ")
        console.print(f"{end.slug}: {end.error}", markup=False, highlight=False, soft_wrap=True)
    return 1 if failed else 0


def _say_what_would_be(
    prompts: PromptList,
    chosen: Sequence[PromptSet],
    folder: SetFolder,
    precision: Precision | None,
    console: Console,
    ends: Ends,
) -> int:
    table, failed = table_of("set", "rows", "", wrap=("set", ""), right=("rows",)), False
    for one in chosen:
        try:
            job = plan_set(one, prompts, precision=precision)
        except TracerError as error:
            failed = True
            ends.sets.append({"slug": one.slug, "state": "refused", "error": error.message})
            table.add_row(one.slug, "", f"[red]cannot be traced: {error.message}")
            continue
        latest = folder.latest(one.slug)
        done = latest is not None and folder.load(one.slug, latest).id == job.id
        there = sum(folder.row(one.slug, row.graph_id) is not None for row in job.rows)
        told = {"slug": one.slug, "state": "done" if done else "new", "set_id": job.id}
        ends.sets.append({**told, "rows": len(job.rows), "rows_there": there})
        state = "is up to date" if done else f"will be traced, {there} rows are there"
        table.add_row(one.slug, str(len(job.rows)), state)
    console.print(table)
    return int(failed)


@dataclass(frozen=True)
class _Work:
    """One set, from the list to its file."""

    prompts: PromptList
    meant: PromptSet
    folder: SetFolder
    models: LastModel
    precision: Precision | None
    force: bool
    console: Console
    ray: str | None = None

    def outcome(self) -> SetOutcome:
        slug = self.meant.slug
        try:
            job = plan_set(self.meant, self.prompts, precision=self.precision)
            latest = self.folder.latest(slug)
            if latest is not None and not self.force:
                there = self.folder.load(slug, latest)
                if there.id == job.id:
                    if not lacks_fires(there):
                        return SetOutcome(slug, "done", latest, there)
                    there = self._with_fires(there, job)
                    self.folder.rewrite(there, latest)
                    return SetOutcome(slug, "written", latest, there)
            with third_party(f"`{slug}` cannot be traced"), memory_suffices(f"`{slug}`"):
                account = self._account(job)
                account = self._with_fires(account, job) if lacks_fires(account) else account
            revision = self.folder.write(account)
            self.folder.forget_rows(slug)
        except TracerError as error:
            return SetOutcome(slug, "failed", error=error)
        return SetOutcome(slug, "written", revision, account)

    def _account(self, job: SetJob) -> SetAccount:
        with Bars(self.console, total=len(job.rows), of=f"rows of {job.slug}") as bars:
            rows, layers = (self._rows_on_ray if self.ray else self._rows_here)(job, bars)
        counted = sum(one.account is not None for one in rows)
        if counted < FEWEST:
            what = f"the model gives the answer to {counted} of {len(rows)} rows"
            hint = "a set needs two that count; see `counts` and `tracer tokens`"
            raise TracerError(what, hint=hint, place=self.prompts.where(job.slug))
        return account_of_set(job, rows, layers=layers)

    def _with_fires(self, account: SetAccount, job: SetJob) -> SetAccount:
        """Of sets over two words; in this process, also where a cluster traced the rows."""
        with Bars(self.console, total=1, of=f"where neurons of {job.slug} fire") as bars:
            say = partial(bars.phase, job.slug, "running the rows")
            with third_party(f"`{job.slug}` cannot be run"), memory_suffices(f"`{job.slug}`"):
                return with_fires(account, self.models.open(job), job.features, say)

    def _rows_here(self, job: SetJob, bars: Bars) -> tuple[list[TracedRow], int]:
        """All rows, and how many layers the model has."""
        model, found = self.models.open(job), []
        for row in job.rows:
            said, account = what_is_said(row, model), None
            if counts(said, self.meant):
                account = self._known(job, row)
                if account is None:
                    bars.phase(row.row.key, "tracing", 0, 1)
                    account = trace_row(row, job, model)
                    self.folder.keep_row(job.slug, account)
            bars.ended(_row_line(job, row, said))
            found.append(TracedRow(row, said, account))
        return found, model.info.layers

    def _rows_on_ray(self, job: SetJob, bars: Bars) -> tuple[list[TracedRow], int]:
        """The same from a cluster. A row that fails stops the set, and those that are done stay."""
        assert self.ray is not None
        alone = replace(job, rows=(), refused=())  # which each task carries along
        tasks = [RowTask(alone, row, self._known(job, row) is not None) for row in job.rows]
        found, layers = dict[str, TracedRow](), 0
        done = share_out(tasks, address=self.ray, device=self.models.asked, foreman=bars)
        with closing(done):
            for task, result in done:
                if isinstance(result, TracerError):
                    what = f"{task.row.row.key}: {result.message}"
                    raise TracerError(what, hint=result.hint)
                said, account, layers = result
                if account is not None:
                    self.folder.keep_row(job.slug, account)
                elif counts(said, self.meant):
                    account = self._known(job, task.row)
                bars.ended(_row_line(job, task.row, said))
                found[task.row.row.key] = TracedRow(task.row, said, account)
        return [found[row.row.key] for row in job.rows], layers

    def _known(self, job: SetJob, row: AskedRow) -> RowAccount | None:
        return None if self.force else self.folder.row(job.slug, row.graph_id)


def _row_line(job: SetJob, row: AskedRow, said: Said) -> str:
    aside = "" if counts(said, job.meant) else f", set apart: it says {said.said!r}"
    return f"{job.slug}, {row.row.key}: {row.row.answer!r} {said.probability:.2f}{aside}"


def _ended(one: SetOutcome) -> dict[str, Any]:
    account = one.account
    return {
        "slug": one.slug,
        "revision": one.revision,
        "state": one.state,
        "rows": None if account is None else len(account.rows),
        "counted": None if account is None else len(account.counted),
        "core": None if account is None else len(account.of_kind("core")),
        "error": None if one.error is None else one.error.message,
    }


def _line(one: SetOutcome) -> str:
    assert one.account is not None
    rows, counted = len(one.account.rows), len(one.account.counted)
    core = len(one.account.of_kind("core"))
    state = " (up to date)" if one.state == "done" else ""
    return f"{one.slug}/{one.revision}{state}: {counted} of {rows} rows count, {core} core neurons"
