"""Workers of a Ray cluster, which may die: what a lost one had in hand, another tries again.

Workers need the same tracer installed and reach models by themselves. They see no folder of this
machine: what they made comes back here and is written here, while they go on with the next.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from tracer.batch.run_here import LastModel
from tracer.batch.sources import Sources
from tracer.documents.trace_settings import Device
from tracer.errors import TracerError

TRIES = 3  # of one task, each of which cost a worker
GIB = 2**30


@dataclass(frozen=True)
class Tools:
    """What a worker keeps between tasks: the model in hand, and what it found."""

    models: LastModel
    sources: Sources


class Task(Protocol):
    """Something to do with a model, which travels to a worker."""

    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> int:
        """Bytes of memory that a worker should have for it."""

    def do(self, tools: Tools) -> Any:
        """Raises TracerError for what is wrong with the task itself."""


AnyTask = TypeVar("AnyTask", bound=Task)


class Foreman(Protocol):
    """Told which worker does what, and what happens to them."""

    def worker(self, number: int, doing: str) -> None: ...

    def note(self, text: str) -> None: ...


def share_out(
    tasks: Sequence[AnyTask], *, address: str, device: Device = "auto", foreman: Foreman
) -> Generator[tuple[AnyTask, Any], None, None]:
    """Yields each task with its result as it ends, in no fixed order; the result is a TracerError
    where the task failed, or where it cost TRIES workers.

    `address` is a cluster's (`ray://host:10001`, `auto`) or `local` for a new one on this machine.
    One worker a GPU where the cluster has any and `device` allows, else one a CPU, no more than
    there is memory for.

    Raises TracerError when Ray is not installed or the cluster cannot be reached.
    """
    if not tasks:
        return
    ray = _connect(address)
    try:
        yield from _Crew(ray, device, max(one.needs for one in tasks), foreman).work(tasks)
    finally:
        ray.shutdown()


class _Worker:
    """Lives on the cluster."""

    def __init__(self, device: Device) -> None:
        self.tools = Tools(LastModel(device), Sources())

    def do(self, task: Task) -> Any:
        """The result, or as words what went wrong with the task."""
        try:
            return task.do(self.tools)
        except TracerError as error:
            return _Failed(error.message, error.hint)


@dataclass(frozen=True)
class _Failed:
    """An error as it travels."""

    message: str
    hint: str | None


@dataclass
class _Crew:
    """Workers of one cluster, all alike."""

    ray: Any
    device: Device
    needs: int  # bytes each
    foreman: Foreman
    idle: deque[tuple[int, Any]] = field(default_factory=deque)
    busy: dict[Any, tuple[int, Any, Any]] = field(default_factory=dict)

    def work(self, tasks: Sequence[AnyTask]) -> Iterator[tuple[AnyTask, Any]]:
        queue, lost = deque(tasks), Counter[str]()
        count = min(self._room(), len(tasks))
        self.foreman.note(f"{_counted(count, 'worker')}, {self.needs / GIB:.1f} GiB each")
        self.idle.extend((number, self._hired()) for number in range(1, count + 1))
        self._hand_out(queue)
        while self.busy:
            (ready,), _ = self.ray.wait(list(self.busy), num_returns=1)
            number, actor, task = self.busy.pop(ready)
            try:
                result = _of(self.ray.get(ready))
            except self.ray.exceptions.RayTaskError as error:
                result = TracerError(f"the worker failed: {_first_line(error)}")
            except self.ray.exceptions.RayError as error:
                actor, result = self._replaced(number, error), None
                lost[task.name] += 1
                if lost[task.name] < TRIES:
                    queue.appendleft(task)
                else:
                    result = _given_up(error)
            if actor is not None:
                self.idle.append((number, actor))
            self._hand_out(queue)  # before what came back is written, which may take its time
            if result is not None:
                yield task, result

    def _hand_out(self, queue: deque[Any]) -> None:
        while queue and self.idle:
            number, actor = self.idle.popleft()
            task = queue.popleft()
            self.busy[actor.do.remote(task)] = number, actor, task
            self.foreman.worker(number, task.name)
        for number, _ in self.idle:
            self.foreman.worker(number, "")

    def _replaced(self, number: int, error: Exception) -> Any | None:
        """A new worker in a lost one's place; None where it was memory that ended, or a machine
        went, and others are left: they do the rest."""
        others = len(self.busy) + len(self.idle)
        crowded = "memory" in str(error).lower() or others >= self._room()
        what = f"worker {number} was lost ({_first_line(error)}); its task is tried again"
        if crowded and others:
            self.foreman.note(f"{what} by the {_counted(others, 'other')}")
            self.foreman.worker(number, "")
            return None
        self.foreman.note(what)
        return self._hired()

    def _hired(self) -> Any:
        return self.ray.remote(**self._share())(_Worker).remote(self.device)

    def _room(self) -> int:
        """How many workers the cluster has room for, at least one."""
        resources, share = self.ray.cluster_resources(), self._share()
        by = {"num_gpus": "GPU", "num_cpus": "CPU", "memory": "memory"}
        return max(1, min(int(resources.get(by[key], 0) // one) for key, one in share.items()))

    def _share(self) -> dict[str, float]:
        """What a worker asks of the machine that it lives on."""
        resources = self.ray.cluster_resources()
        if self.device in ("auto", "cuda") and resources.get("GPU", 0) >= 1:
            return {"num_gpus": 1}
        largest = max(
            (one["Resources"].get("memory", 0) for one in self.ray.nodes() if one["Alive"]),
            default=0,
        )
        # A model may be larger than memory: its weights stay in their files.
        return {"num_cpus": 1, "memory": max(1, min(self.needs, int(largest)))}


def _of(result: Any) -> Any:
    return TracerError(result.message, hint=result.hint) if type(result) is _Failed else result


def _given_up(error: Exception) -> TracerError:
    return TracerError(
        f"{TRIES} workers were lost with it, the last: {_first_line(error)}",
        hint="give workers more memory, or run the command again without --ray",
    )


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


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
