"""One model does one thing at a time: a thread, and of each kind of work the newest that waits."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["read", "poke", "keep", "say", "trace", "more", "after"]
URGENCY: tuple[Kind, ...] = ("read", "poke", "keep", "say", "trace", "more", "after")
TURN = 0.0005  # seconds
STALE: Mapping[Kind, Kind] = {
    "poke": "say",
    "trace": "say",
}  # what nobody wants to hear once this is asked


class Superseded(Exception):
    """Something newer of the same kind was asked for, or it was cancelled."""


@dataclass
class Cancel:
    """Told to work that runs; it asks now and then."""

    asked: threading.Event = field(default_factory=threading.Event)
    give_way: Callable[[], None] = lambda: None
    outdone: Callable[[], bool] = lambda: False  # something more urgent can be done now

    def waits(self) -> bool:
        """Whether `check` would do or raise anything."""
        return self.asked.is_set() or self.outdone()

    def check(self) -> None:
        """Lets what is more urgent be done first. Raises Superseded where the work is no longer
        wanted."""
        if not self.asked.is_set():
            self.give_way()
        if self.asked.is_set():
            raise Superseded


@dataclass
class _Work:
    kind: Kind
    run: Callable[[Cancel], Any]
    beside: Callable[[], bool]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    cancel: Cancel = field(default_factory=Cancel)

    def finish(self, result: Any = None, error: BaseException | None = None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self._finish, result, error)

    def _finish(self, result: Any, error: BaseException | None) -> None:
        if self.future.done():
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class Lane:
    """Work is done in a thread of its own, so that the event loop stays free; what is asked for
    while one types comes before what takes long, also where that has begun: it is done in between,
    whenever the other looks whether it is still wanted."""

    def __init__(self) -> None:
        self._waiting: dict[Kind, _Work] = {}
        self._running: list[_Work] = []  # each begun in the midst of the one before
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    async def do(
        self,
        kind: Kind,
        run: Callable[[Cancel], Any],
        *,
        beside: Callable[[], bool] = lambda: True,
    ) -> Any:
        """What `run` gives; `beside` says whether it can be done in the midst of other work.

        Raises Superseded where something newer took its place."""
        loop = asyncio.get_running_loop()
        work = _Work(kind, run, beside, loop.create_future(), loop)
        with self._changed:
            self._drop(kind)
            if kind in STALE:
                self._drop(STALE[kind])
            self._waiting[kind] = work
            self._start()
            self._changed.notify()
        return await work.future

    def cancel(self, kind: Kind) -> None:
        """What waits or runs of this kind is no longer wanted."""
        with self._changed:
            self._drop(kind)

    def _drop(self, kind: Kind) -> None:
        if (older := self._waiting.pop(kind, None)) is not None:
            older.finish(error=Superseded())
        for one in self._running:
            if one.kind == kind:
                one.cancel.asked.set()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="workbench", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        # Where pages are made meanwhile, a pass would wait for its turn at each operation: 5 ms.
        sys.setswitchinterval(TURN)
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                kind = next(one for one in URGENCY if one in self._waiting)
                work = self._begin(kind)
            self._do(work)

    def _begin(self, kind: Kind) -> _Work:
        work = self._waiting.pop(kind)
        self._running.append(work)
        work.cancel.give_way = lambda: self._give_way(kind)
        work.cancel.outdone = lambda: self._outdone(kind)
        return work

    def _outdone(self, kind: Kind) -> bool:
        if not self._waiting:  # looked at before each layer of a pass
            return False
        with self._changed:
            more = [self._waiting.get(one) for one in URGENCY[: URGENCY.index(kind)]]
        return any(one is not None and one.beside() for one in more)

    def _give_way(self, kind: Kind) -> None:
        """All that waits and is more urgent than `kind`, in its midst."""
        for urgent in URGENCY[: URGENCY.index(kind)]:
            with self._changed:
                waiting = self._waiting.get(urgent)
                work = self._begin(urgent) if waiting is not None and waiting.beside() else None
            if work is not None:
                self._do(work)

    def _do(self, work: _Work) -> None:
        try:
            work.cancel.check()
            work.finish(work.run(work.cancel))
        except BaseException as error:  # told to whoever asked; the lane goes on
            work.finish(error=error)
        finally:
            with self._changed:
                self._running.remove(work)
