"""Work shared out over workers that may die, on a cluster that is played here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from tracer.batch import cluster
from tracer.batch.cluster import GIB, TRIES, Tools, share_out
from tracer.errors import TracerError


class RayError(Exception):
    pass


class RayTaskError(RayError):
    pass


@dataclass
class Cluster:
    """Of so many cores and so much memory; an actor does what it is told when somebody waits."""

    cores: int = 2
    memory: int = 64 * GIB
    hired: list[dict[str, float]] = field(default_factory=list)
    given: list[tuple[int, str]] = field(default_factory=list)  # which worker, which task
    exceptions: Any = field(
        default_factory=lambda: SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)
    )

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": self.cores, "memory": self.memory}

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": self.cluster_resources()}]

    def remote(self, **share: float) -> Callable[[Any], Any]:
        def actor(_: Any) -> Any:
            self.hired.append(share)
            number = len(self.hired)

            def do(task: Any) -> Any:
                self.given.append((number, task.name))
                return number, len(self.given), task

            return SimpleNamespace(do=SimpleNamespace(remote=do))

        return lambda _: SimpleNamespace(remote=actor)

    def wait(self, refs: list[Any], *, num_returns: int) -> tuple[list[Any], list[Any]]:
        assert num_returns == 1
        return [min(refs, key=lambda one: one[1])], []

    def get(self, ref: Any) -> Any:
        return ref[2].do(None)

    def shutdown(self) -> None:
        pass


@dataclass
class Played:
    """A task that costs so many workers before it is done."""

    name: str
    costs: int = 0
    why: str = "The actor died unexpectedly"
    needs: int = GIB
    fault: Exception | None = None

    def __hash__(self) -> int:
        return hash(self.name)

    def do(self, _: Tools) -> str:
        if self.fault is not None:
            raise self.fault
        if self.costs:
            self.costs -= 1
            raise RayError(self.why)
        return self.name.upper()


class Told:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.doing: dict[int, str] = {}

    def worker(self, number: int, doing: str) -> None:
        self.doing[number] = doing

    def note(self, text: str) -> None:
        self.notes.append(text)


def done(there: Cluster, monkeypatch: pytest.MonkeyPatch, *tasks: Played) -> tuple[Any, Told]:
    monkeypatch.setattr(cluster, "_connect", lambda _: there)
    told = Told()
    found = {task.name: end for task, end in share_out(tasks, address="local", foreman=told)}
    return found, told


def test_what_a_lost_worker_had_in_hand_is_done_by_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = Cluster()
    found, told = done(there, monkeypatch, Played("a", costs=1), Played("b"), Played("c"))
    assert found == {"a": "A", "b": "B", "c": "C"}
    assert len(there.hired) == 3 and there.given[2] == (3, "a")
    assert "worker 1 was lost (The actor died unexpectedly)" in told.notes[1]
    assert set(told.doing.values()) == {""}


def test_what_costs_every_worker_fails_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, _ = done(Cluster(), monkeypatch, Played("a", costs=99), Played("b"), Played("c"))
    assert found.pop("b") == "B" and found.pop("c") == "C"
    assert isinstance(found["a"], TracerError)
    assert f"{TRIES} workers were lost with it" in found["a"].message


def test_where_memory_ends_fewer_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Cluster()
    killed = Played("a", costs=1, why="Task was killed due to the node running low on memory.")
    found, told = done(there, monkeypatch, killed, Played("b"), Played("c"))
    assert found == {"a": "A", "b": "B", "c": "C"}
    assert len(there.hired) == 2 and "by the 1 other" in told.notes[1]


def test_the_last_worker_is_always_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    killed = Played("a", costs=2, why="out of memory")
    found, _ = done(Cluster(cores=1), monkeypatch, killed, Played("b"))
    assert found == {"a": "A", "b": "B"}


def test_a_machine_that_went_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Cluster()

    class Gone(Played):
        def do(self, _: Tools) -> str:
            there.cores = 1
            return super().do(_)

    found, _ = done(there, monkeypatch, Gone("a", costs=1), Played("b"), Played("c"))
    assert found == {"a": "A", "b": "B", "c": "C"}
    assert len(there.hired) == 2


def test_a_fault_of_the_task_costs_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Cluster()
    fault = Played("a", fault=RayTaskError("KeyError: 7"))
    found, _ = done(there, monkeypatch, fault, Played("b"))
    assert found["a"].message == "the worker failed: KeyError: 7" and found["b"] == "B"
    assert len(there.hired) == 2


def test_workers_have_the_memory_that_the_largest_task_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = Cluster(cores=16, memory=10 * GIB)
    tasks = [Played(str(number), needs=GIB * (3 if number == 7 else 1)) for number in range(9)]
    _, told = done(there, monkeypatch, *tasks)
    assert there.hired == [{"num_cpus": 1, "memory": 3 * GIB}] * 3
    assert told.notes[0] == "3 workers, 3.0 GiB each"


def test_what_no_machine_has_room_for_gets_a_whole_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = Cluster(memory=GIB)
    found, _ = done(there, monkeypatch, Played("a", needs=9 * GIB))
    assert found == {"a": "A"} and there.hired == [{"num_cpus": 1, "memory": GIB}]


def test_workers_go_on_while_what_came_back_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the folder is."""
    there = Cluster(cores=1)
    monkeypatch.setattr(cluster, "_connect", lambda _: there)
    results = share_out([Played("a"), Played("b")], address="local", foreman=Told())
    assert next(results)[1] == "A"
    assert there.given == [(1, "a"), (1, "b")]
    results.close()
