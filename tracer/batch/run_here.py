"""Run a plan on this machine: trace, prune, write, one graph at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Protocol

from tracer.batch.plan import Job, Refused
from tracer.batch.trace_job import Outcome, Size, trace_job, write_down
from tracer.documents.files import ensure_writable
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.trace_settings import Device, TraceSettings
from tracer.errors import TracerError
from tracer.model.files import ModelFiles
from tracer.model.load import Model, choose_device, open_where_it_fits
from tracer.model.third_party import third_party


class Watcher(Protocol):
    """Told what is going on."""

    def phase(self, slug: str, name: str, done: int, total: int) -> None: ...


def run_here(
    jobs: Sequence[Job | Refused],
    folder: GraphFolder,
    *,
    device: Device = "auto",
    watcher: Watcher,
) -> Iterator[Outcome]:
    """Yields an outcome for each prompt as it ends. Finished graphs are on disk before that, so
    an interrupted run goes on where it stopped.

    Raises TracerError when the folder cannot be written or the device is absent.
    """
    models = LastModel(device)
    waiting, settled = sort_out(jobs, folder)
    yield from settled
    for job in waiting:
        say = partial(watcher.phase, job.entry.slug)
        try:
            say("loading the model", 0, 1)
            traced = trace_job(job, models.open(job), say)
            yield write_down(job, traced, folder)
        except TracerError as error:
            yield Outcome(job.entry.slug, "failed", error=error)


def sort_out(jobs: Sequence[Job | Refused], folder: GraphFolder) -> tuple[list[Job], list[Outcome]]:
    """The jobs to trace, and the outcomes of all others.

    Raises TracerError when there is work and the folder cannot be written.
    """
    waiting, settled = [], []
    for job in jobs:
        if isinstance(job, Refused):
            settled.append(Outcome(job.entry.slug, "failed", error=job.error))
        elif job.to_trace:
            waiting.append(job)
        else:
            size = Size.of(folder.load(job.entry.slug, job.revision))
            settled.append(Outcome(job.entry.slug, "done", job.revision, size))
    if waiting:
        ensure_writable(folder.root)
    return waiting, settled


class Asked(Protocol):
    """What says which model it wants, and how precise."""

    @property
    def files(self) -> ModelFiles: ...

    @property
    def settings(self) -> TraceSettings: ...


class LastModel:
    """Keeps one model loaded: lists mostly ask the same one again and again."""

    def __init__(self, device: Device) -> None:
        self.asked, self.device = device, choose_device(device)
        self._wanted: object = None
        self._model: Model | None = None

    def open(self, job: Asked) -> Model:
        wanted = (job.files, job.settings.precision)
        if self._model is None or self._wanted != wanted:
            self._model = None  # lets go of the last one before the next is read
            with third_party(f"the model `{job.files.name}` cannot be loaded"):
                self._model = open_where_it_fits(
                    job.files, self.asked, self.device, job.settings.precision
                )
            self._wanted = wanted
        return self._model
