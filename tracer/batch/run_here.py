"""Run a plan on this machine: trace, prune, write, one graph at a time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import torch

from tracer.attribution.trace import trace_ask
from tracer.batch.plan import Job, Refused
from tracer.documents.files import ensure_writable
from tracer.documents.graph import Graph
from tracer.documents.graph_comparison import agree
from tracer.documents.graph_folder import GraphFolder
from tracer.errors import TracerError
from tracer.model.load import Device, Model, choose_device, open_model

Status = Literal["written", "unchanged", "done", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one prompt."""

    slug: str
    status: Status
    revision: int | None = None
    graph: Graph | None = None
    error: TracerError | None = None
    seconds: float | None = None
    peak_bytes: int | None = None
    notices: Sequence[str] = ()


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
    chosen = choose_device(device)
    if any(isinstance(job, Job) and job.to_trace for job in jobs):
        ensure_writable(folder.root)
    model: tuple[object, Model] | None = None
    for job in jobs:
        if isinstance(job, Refused):
            yield Outcome(job.entry.slug, "failed", error=job.error)
            continue
        if not job.to_trace:
            graph = folder.load(job.entry.slug, job.revision)
            yield Outcome(job.entry.slug, "done", job.revision, graph)
            continue
        try:
            wanted = (job.files, job.settings.precision)
            if model is None or model[0] != wanted:
                model = None  # lets go of the last one before the next is read
                watcher.phase(job.entry.slug, "loading the model", 0, 1)
                loaded = open_model(job.files, device=chosen, precision=job.settings.precision)
                model = (wanted, loaded)
            yield _run(job, model[1], folder, watcher)
        except TracerError as error:
            yield Outcome(job.entry.slug, "failed", error=error)
        except (torch.OutOfMemoryError, MemoryError):
            too_large = TracerError(
                f"`{job.entry.slug}` does not fit into this machine's memory",
                hint="shorten the prompt, lower `candidates`, or use a smaller model",
            )
            yield Outcome(job.entry.slug, "failed", error=too_large)


def _run(job: Job, model: Model, folder: GraphFolder, watcher: Watcher) -> Outcome:
    slug, start = job.entry.slug, time.perf_counter()
    _reset_peak(model.device)
    attribution = trace_ask(
        job.ask,
        model=model,
        features=job.entry.features,
        settings=job.settings,
        progress=lambda phase, done, total: watcher.phase(slug, phase, done, total),
    )
    watcher.phase(slug, "pruning", 0, 1)
    graph = attribution.prune(slug=slug)
    status: Status = "written"
    revision = job.revision
    if job.state == "again" and agree(folder.load(slug, revision - 1), graph):
        status, revision = "unchanged", revision - 1
    else:
        graph.save(folder.path(slug, revision))
    watcher.phase(slug, "pruning", 1, 1)
    seconds = time.perf_counter() - start
    notices = attribution.swept.notices
    return Outcome(slug, status, revision, graph, None, seconds, _peak_bytes(model.device), notices)


def _reset_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif sys.platform == "linux":
        # Writing 5 resets the high-water mark (proc(5)); some containers forbid it.
        try:
            Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            return


def _peak_bytes(device: torch.device) -> int | None:
    """The most memory held since `_reset_peak`: the card's, or the whole process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
