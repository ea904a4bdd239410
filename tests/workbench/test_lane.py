"""One thing at a time, the newest first, and what is no longer wanted stops."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.workbench.loops import run
from tracer.errors import TracerError
from tracer.workbench.lane import Cancel, Kind, Lane, Superseded


def test_the_newest_of_a_kind_takes_the_place_of_those_that_wait() -> None:
    done: list[str] = []

    async def go() -> None:
        lane, free = Lane(), threading.Event()
        first = asyncio.create_task(lane.do("trace", lambda _: free.wait(5)))
        await asyncio.sleep(0.05)
        waiting = [
            asyncio.create_task(lane.do("read", lambda _, n=n: done.append(n)))  # type: ignore[misc]
            for n in ("1", "2", "3")
        ]
        await asyncio.sleep(0.05)
        free.set()
        found = await asyncio.gather(first, *waiting, return_exceptions=True)
        assert [type(one) for one in found[1:3]] == [Superseded, Superseded]

    run(go())
    assert done == ["3"]


def test_what_is_urgent_comes_first() -> None:
    order: list[Kind] = []

    async def go() -> None:
        lane, free = Lane(), threading.Event()
        tasks = [asyncio.create_task(lane.do("after", lambda _: free.wait(5)))]
        await asyncio.sleep(0.05)
        kinds: tuple[Kind, ...] = ("more", "trace", "poke", "read")
        for kind in kinds:
            work = lambda _, kind=kind: order.append(kind)  # noqa: E731
            tasks.append(asyncio.create_task(lane.do(kind, work)))
        await asyncio.sleep(0.05)
        free.set()
        await asyncio.gather(*tasks)

    run(go())
    assert order == ["read", "poke", "trace", "more"]


def test_what_runs_is_told_that_it_is_no_longer_wanted() -> None:
    async def go() -> None:
        lane, began = Lane(), threading.Event()

        def long(cancel: Cancel) -> None:
            began.set()
            cancel.asked.wait(5)
            cancel.check()

        task = asyncio.create_task(lane.do("trace", long))
        await asyncio.to_thread(began.wait, 5)
        lane.cancel("trace")
        with pytest.raises(Superseded):
            await task
        assert await lane.do("read", lambda _: 7) == 7

    run(go())


def test_an_error_is_told_to_whoever_asked_and_the_lane_goes_on() -> None:
    def wrong(_: Cancel) -> None:
        raise TracerError("no")

    async def go() -> None:
        lane = Lane()
        with pytest.raises(TracerError):
            await lane.do("poke", wrong)
        assert await lane.do("poke", lambda _: 1) == 1

    run(go())


def test_what_is_urgent_is_done_in_the_midst_of_what_takes_long() -> None:
    done: list[str] = []

    async def go() -> None:
        lane, began, asked = Lane(), threading.Event(), threading.Event()

        def long(cancel: Cancel) -> None:
            began.set()
            asked.wait(5)
            cancel.check()
            done.append("long")

        after = asyncio.create_task(lane.do("after", long))
        await asyncio.to_thread(began.wait, 5)
        kinds: tuple[Kind, ...] = ("trace", "poke", "read")
        tasks = [
            asyncio.create_task(lane.do(kind, lambda _, kind=kind: done.append(kind)))  # type: ignore[misc]
            for kind in kinds
        ]
        other = lane.do("more", lambda _: done.append("other model"), beside=lambda: False)
        tasks.append(asyncio.create_task(other))
        await asyncio.sleep(0.05)
        asked.set()
        await asyncio.gather(after, *tasks)

    run(go())
    assert done == ["read", "poke", "trace", "long", "other model"]


@pytest.mark.parametrize("newer", ["poke", "trace"])
def test_what_is_newer_ends_what_was_said_of_the_last_one(newer: Kind) -> None:
    async def go() -> None:
        lane, began = Lane(), threading.Event()

        def said(cancel: Cancel) -> None:
            began.set()
            while True:
                cancel.check()

        task = asyncio.create_task(lane.do("say", said))
        await asyncio.to_thread(began.wait, 5)
        assert await lane.do(newer, lambda _: 1) == 1
        with pytest.raises(Superseded):
            await task

    run(go())
