"""One job: trace and prune, measured; and its graph, written down."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from tracer.attribution.sweep import Progress
from tracer.attribution.trace import trace_ask
from tracer.batch.plan import Job
from tracer.documents.graph import Graph
from tracer.documents.graph_comparison import agree
from tracer.documents.graph_folder import GraphFolder
from tracer.errors import TracerError
from tracer.model.load import Model

Status = Literal["written", "unchanged", "done", "failed"]


@dataclass(frozen=True)
class Traced:
    """A graph and what it cost."""

    graph: Graph
    seconds: float
    peak_bytes: int | None
    notices: Sequence[str] = ()


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


def trace_job(job: Job, model: Model, progress: Progress = lambda *_: None) -> Traced:
    """Trace and prune. Raises TracerError; also when memory does not suffice."""
    start = time.perf_counter()
    _reset_peak(model.device)
    with memory_suffices(f"`{job.entry.slug}`"):
        attribution = trace_ask(
            job.ask,
            model=model,
            features=job.entry.features,
            settings=job.settings,
            progress=progress,
        )
        progress("pruning", 0, 1)
        graph = attribution.prune(slug=job.entry.slug)
    progress("pruning", 1, 1)
    seconds = time.perf_counter() - start
    return Traced(graph, seconds, _peak_bytes(model.device), attribution.notices)


@contextmanager
def memory_suffices(what: str) -> Iterator[None]:
    """Raises TracerError where it does not, with ways out."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError):
        raise TracerError(
            f"{what} does not fit into this machine's memory",
            hint="shorten the prompt, lower `candidates`, or use a smaller model",
        ) from None


def write_down(job: Job, traced: Traced, folder: GraphFolder) -> Outcome:
    """Save the graph as its next revision, unless it was traced again and is the same."""
    slug, revision = job.entry.slug, job.revision
    same = job.state == "again" and agree(folder.load(slug, revision - 1), traced.graph)
    if not same:
        traced.graph.save(folder.path(slug, revision))
    return Outcome(
        slug,
        "unchanged" if same else "written",
        revision - 1 if same else revision,
        traced.graph,
        seconds=traced.seconds,
        peak_bytes=traced.peak_bytes,
        notices=traced.notices,
    )


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
