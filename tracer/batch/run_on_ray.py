"""Run a plan on a Ray cluster: workers trace, this process writes.

Workers need the same tracer installed and reach models by themselves; they do not need to see
the graphs folder. Every finished graph is on disk before its outcome is told, as with `run_here`.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from tracer.batch.plan import Job, Refused
from tracer.batch.run_here import LastModel, Watcher, sort_out
from tracer.batch.sources import Sources
from tracer.batch.trace_job import Outcome, Traced, trace_job, write_down
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.trace_settings import Device
from tracer.errors import TracerError
from tracer.model.third_party import third_party


def run_on_ray(
    jobs: Sequence[Job | Refused],
    folder: GraphFolder,
    *,
    address: str,
    device: Device = "auto",
    watcher: Watcher,
) -> Iterator[Outcome]:
    """Yields an outcome for each prompt as it ends, in no fixed order.

    `address` is a cluster's (`ray://host:10001`, `auto`) or `local` for a new one on this machine.
    One worker a GPU where the cluster has any and `device` allows, else one a CPU.

    Raises TracerError when Ray is not installed, the cluster cannot be reached or the folder
    cannot be written.
    """
    waiting, settled = sort_out(jobs, folder)
    yield from settled
    if not waiting:
        return
    ray = _connect(address)
    try:
        queue = deque(waiting)
        workers = _workers(ray, device, len(waiting))
        busy = {}
        for worker in workers:
            job = queue.popleft()
            busy[worker.trace.remote(job)] = (worker, job)
        while busy:
            (ready,), _ = ray.wait(list(busy), num_returns=1)
            worker, job = busy.pop(ready)
            watcher.phase(job.entry.slug, "traced", 1, 1)
            yield _outcome(ray, ready, job, folder)
            if queue:
                following = queue.popleft()
                busy[worker.trace.remote(following)] = (worker, following)
    finally:
        ray.shutdown()


class _Worker:
    """Lives on the cluster and keeps its model, and what it found, between jobs."""

    def __init__(self, device: Device) -> None:
        self.models, self.sources = LastModel(device), Sources()

    def trace(self, job: Job) -> Traced | str:
        """The traced job, or the message of what went wrong with it."""
        from dataclasses import replace

        try:
            with third_party(f"the worker cannot read `{job.entry.model}`"):
                adapters = tuple(one.folder for one in job.files.adapters)
                files = self.sources.model(job.entry.model, adapters)
            if files.identity != job.files.identity:
                return f"the worker's `{job.files.full_name}` has other weights than this machine's"
            with third_party(f"the worker cannot read `{job.entry.features}`"):
                features = self.sources.features(
                    job.entry.features,
                    model_source=files.source_name,
                    model_identity=files.identity,
                )
            if features.info.identity != job.features.info.identity:
                return f"the worker's `{job.entry.features}` are others than this machine's"
            here = replace(job, files=files, features=features)
            return trace_job(here, self.models.open(here))
        except TracerError as error:
            return str(error)


def _connect(address: str) -> Any:
    at_an_end = signal.getsignal(signal.SIGTERM)
    try:
        import ray
    except ImportError:
        raise TracerError(
            "Ray is not installed here", hint="install the `ray` extra: pip install '.[trace,ray]'"
        ) from None
    try:
        _reach(address)
        ray.init(
            address=None if address == "local" else address,
            include_dashboard=False if address == "local" else None,
            log_to_driver=False,
            configure_logging=False,
        )
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, at_an_end)  # Ray puts its own there
    except (OSError, ValueError, RuntimeError) as error:
        raise TracerError(
            f"the Ray cluster at `{address}` cannot be reached: {str(error).splitlines()[0]}",
            hint="check the address, or use `--ray local`",
        ) from error
    return ray


def _reach(address: str) -> None:
    """Ray itself waits minutes for a head that is not there. Raises OSError or ValueError."""
    if address not in ("auto", "local"):
        host, _, port = address.removeprefix("ray://").rpartition(":")
        socket.create_connection((host, int(port)), timeout=10).close()


def _workers(ray: Any, device: Device, jobs: int) -> list[Any]:
    resources = ray.cluster_resources()
    gpus = int(resources.get("GPU", 0)) if device in ("auto", "cuda") else 0
    count = min(jobs, gpus or max(1, int(resources.get("CPU", 1))))
    share = {"num_gpus": 1} if gpus else {"num_cpus": 1}
    remote = ray.remote(**share)(_Worker)
    return [remote.remote(device) for _ in range(count)]


def _outcome(ray: Any, ready: Any, job: Job, folder: GraphFolder) -> Outcome:
    try:
        traced = ray.get(ready)
        if isinstance(traced, str):
            raise TracerError(traced)
        return write_down(job, traced, folder)
    except TracerError as error:
        return Outcome(job.entry.slug, "failed", error=error)
    except ray.exceptions.RayError as error:
        lost = TracerError(
            f"the worker was lost: {str(error).splitlines()[0]}", hint="run the command again"
        )
        return Outcome(job.entry.slug, "failed", error=lost)
