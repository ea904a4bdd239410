"""One job: trace and publish, measured; and its graph, written down."""

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
from tracer.attribution.traced import Published
from tracer.batch.plan import Job
from tracer.batch.publish import publish
from tracer.documents.graph import Graph
from tracer.documents.graph_comparison import agree
from tracer.documents.graph_folder import GraphFolder
from tracer.errors import TracerError
from tracer.model.load import Model
from tracer.model.third_party import third_party

Status = Literal["written", "unchanged", "done", "failed"]


@dataclass(frozen=True)
class Traced:
    """A graph and what it cost."""

    published: Published
    seconds: float
    peak_bytes: int | None
    notices: Sequence[str] = ()


@dataclass(frozen=True)
class Size:
    """What is told of a graph when a run ends; the graph itself is on disk by then."""

    answer: str
    probability: float | None
    nodes: int
    links: int
    replacement: float | None  # of graphs in which what is not listed is a node
    completeness: float | None
    predicted: float | None  # correlation of the strongest nodes' effects with the model's own
    unexplained: float | None  # by transcoders of the MLPs, median over layers

    @staticmethod
    def of(graph: Graph) -> Size | None:
        """None of a graph that was not made by tracer."""
        info = graph.metadata.tracer
        if info is None:
            return None
        target = info.question.target_id
        trial = None if info.account is None else info.account.trial
        answer = next((answer for answer in info.answers if answer.token_id == target), None)
        return Size(
            repr(answer.token) if answer else info.question.target,
            answer.probability if answer else None,
            len(graph.nodes),
            len(graph.links),
            None if info.scores is None else info.scores.replacement,
            None if info.scores is None else info.scores.completeness,
            None if trial is None else trial.correlation,
            None if info.fit is None else info.fit.median,
        )


@dataclass(frozen=True)
class Outcome:
    """What became of one prompt."""

    slug: str
    status: Status
    revision: int | None = None
    size: Size | None = None
    error: TracerError | None = None
    seconds: float | None = None
    peak_bytes: int | None = None
    notices: Sequence[str] = ()


def trace_job(job: Job, model: Model, progress: Progress = lambda *_: None) -> Traced:
    """Trace and publish. Raises TracerError; also when memory does not suffice."""
    start = time.perf_counter()
    _reset_peak(model.device)
    slug = job.entry.slug
    with third_party(f"`{slug}` cannot be traced"), memory_suffices(f"`{slug}`"):
        attribution = trace_ask(
            job.ask,
            model=model,
            features=job.features,
            settings=job.settings,
            progress=progress,
        )
        published = publish(attribution, model, job.features, slug, progress)
    seconds = time.perf_counter() - start
    return Traced(published, seconds, _peak_bytes(model.device), attribution.notices)


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
    slug, graph, parts = job.entry.slug, traced.published.graph, traced.published.parts
    with folder.writing():
        revision, there = folder.next(slug), folder.latest(slug)
        same = job.state == "again" and there and agree(folder.load(slug, there), graph)
        if not same:
            parts.save(folder.path(slug, revision))  # first: no graph is without its parts
            graph.save(folder.path(slug, revision))
    return Outcome(
        slug,
        "unchanged" if same else "written",
        there if same else revision,
        Size.of(graph),
        seconds=traced.seconds,
        peak_bytes=traced.peak_bytes,
        notices=(*traced.notices, *_warnings(graph)),
    )


def _warnings(graph: Graph) -> Sequence[str]:
    info = graph.metadata.tracer
    return [] if info is None or info.account is None else info.account.warnings


def _reset_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif sys.platform == "linux":
        # Writing 5 resets the high-water mark (proc(5)); some containers forbid it.
        try:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        except OSError:
            return


def _peak_bytes(device: torch.device) -> int | None:
    """The most memory held since `_reset_peak`: the card's, or the whole process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
