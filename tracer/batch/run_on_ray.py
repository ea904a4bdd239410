"""Run a plan on a Ray cluster: workers trace, this process writes.

Every finished graph is on disk before its outcome is told, as with `run_here`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tracer.batch.cluster import Foreman, Tools, share_out
from tracer.batch.plan import Job, Refused
from tracer.batch.run_here import sort_out
from tracer.batch.set_plan import AskedRow, SetJob
from tracer.batch.set_rows import Said, counts, trace_row, what_is_said
from tracer.batch.trace_job import Outcome, Traced, memory_suffices, trace_job, write_down
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.set_account import RowAccount
from tracer.documents.trace_settings import Device
from tracer.errors import TracerError
from tracer.model.memory_plan import need_of
from tracer.model.third_party import third_party

AnyJob = TypeVar("AnyJob", Job, SetJob)


@dataclass(frozen=True)
class GraphTask:
    """A graph to trace."""

    job: Job

    @property
    def name(self) -> str:
        return self.job.entry.slug

    @property
    def needs(self) -> int:
        return need_of(self.job.files, self.job.settings.precision).whole

    def do(self, tools: Tools) -> Traced:
        entry = self.job.entry
        here = found_here(self.job, entry.model, entry.features, tools)
        return trace_job(here, tools.models.open(here))


@dataclass(frozen=True)
class RowTask:
    """A row of a set: what the model says, and where it counts and has none yet, its account."""

    job: SetJob
    row: AskedRow
    known: bool

    @property
    def name(self) -> str:
        return f"{self.job.slug}, {self.row.row.key}"

    @property
    def needs(self) -> int:
        return need_of(self.job.files, self.job.settings.precision).whole

    def do(self, tools: Tools) -> tuple[Said, RowAccount | None, int]:
        """With how many layers the model has."""
        here = found_here(self.job, self.job.meant.model, self.job.meant.features, tools)
        with third_party(f"`{self.name}` cannot be traced"), memory_suffices(f"`{self.name}`"):
            model = tools.models.open(here)
            said = what_is_said(self.row, model)
            wanted = counts(said, self.job.meant) and not self.known
            account = trace_row(self.row, here, model) if wanted else None
        return said, account, model.info.layers


def run_on_ray(
    jobs: Sequence[Job | Refused],
    folder: GraphFolder,
    *,
    address: str,
    device: Device = "auto",
    watcher: Foreman,
) -> Iterator[Outcome]:
    """Yields an outcome for each prompt as it ends, in no fixed order. `address` is as in
    `share_out`.

    Raises TracerError when Ray is not installed, the cluster cannot be reached or the folder
    cannot be written.
    """
    waiting, settled = sort_out(jobs, folder)
    yield from settled
    tasks = [GraphTask(job) for job in waiting]
    for task, result in share_out(tasks, address=address, device=device, foreman=watcher):
        try:
            if isinstance(result, TracerError):
                raise result
            yield write_down(task.job, result, folder)
        except TracerError as error:
            yield Outcome(task.name, "failed", error=error)


def found_here(job: AnyJob, model: str, features: str, tools: Tools) -> AnyJob:
    """The job with a worker's own files of the model and the features. Raises TracerError where
    they are not those of the machine that planned it."""
    with third_party(f"the worker cannot read `{model}`"):
        files = tools.sources.model(model, tuple(one.folder for one in job.files.adapters))
    if files.identity != job.files.identity:
        what = f"the worker's `{job.files.full_name}` has other weights than this machine's"
        raise TracerError(what)
    with third_party(f"the worker cannot read `{features}`"):
        found = tools.sources.features(
            features, model_source=files.source_name, model_identity=files.identity
        )
    if found.info.identity != job.features.info.identity:
        raise TracerError(f"the worker's `{features}` are others than this machine's")
    return replace(job, files=files, features=found)
