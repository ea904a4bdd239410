"""A plan on a real (local) Ray cluster, and what is left when parts of it are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch.test_build_graphs import Desk
from tests.batch.test_build_sets import Desk as SetDesk
from tests.same_graph import assert_same_graph
from tests.tiny_models import save_tiny_model
from tracer.batch import run_on_ray, trace_job
from tracer.batch.trace_job import Outcome
from tracer.documents.graph_folder import GraphFolder
from tracer.errors import TracerError

pytestmark = pytest.mark.slow

RUN = """
import sys
from pathlib import Path
from tracer.batch.session import build_graphs
from tracer.documents.prompts import load_prompts
listed, graphs = map(Path, sys.argv[1:])
sys.exit(build_graphs(load_prompts(listed), graphs, device="cpu", ray="local"))
"""

CROWDED = """
import sys, time
from pathlib import Path
from tracer.batch import run_on_ray
from tracer.batch.session import build_graphs
from tracer.documents.prompts import load_prompts
listed, graphs, grew = map(Path, sys.argv[1:])
class Growing(run_on_ray.GraphTask):
    def do(self, tools):
        if self.name == "g0" and not grew.exists():
            grew.touch()
            held = []
            for _ in range(60):
                held.append(b"x" * 50_000_000)
                time.sleep(0.1)
            time.sleep(60)
        return run_on_ray.trace_job(self.job, tools.models.open(self.job))
run_on_ray.GraphTask = Growing
sys.exit(build_graphs(load_prompts(listed), graphs, device="cpu", ray="local"))
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    pytest.importorskip("ray")
    return Desk(tmp_path, save_tiny_model(tmp_path / "model"))


def below(pid: int) -> Iterator[tuple[int, str]]:
    """Processes that it started, and those that they did: id and name."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = stat.read_text(encoding="utf-8").rpartition(")")
        except OSError:
            continue
        if int(tail.split()[1]) == pid:
            child = int(stat.parent.name)
            yield child, head.partition("(")[2]
            yield from below(child)


def workers() -> list[int]:
    return [pid for pid, name in below(os.getpid()) if name.startswith("ray::_Worker")]


def entries(count: int) -> list[str]:
    return [f"{{slug: g{index}, prompt: ' w3 w{index}'}}" for index in range(count)]


def ids(desk: Desk) -> dict[str, str]:
    folder = GraphFolder(desk.graphs)
    infos = {slug: folder.load(slug, 1).metadata.tracer for slug in folder.slugs()}
    return {slug: info.graph_id for slug, info in infos.items() if info is not None}


def assert_as_here(desk: Desk, elsewhere: Path) -> None:
    """What the cluster left is what this machine makes: the same ids, numbers within 1e-3."""
    from_cluster, its_ids = desk.written, ids(desk)
    desk.graphs.rename(elsewhere)
    assert desk.run() in (0, 1)
    assert ids(desk) == its_ids
    assert desk.written.keys() == from_cluster.keys()
    for name, graph in desk.written.items():
        assert_same_graph(graph, from_cluster[name])


def test_the_cluster_writes_the_same_graphs_as_this_machine(desk: Desk, tmp_path: Path) -> None:
    desk.write(*entries(5), "{slug: bad, prompt: ' w3', target: ' w1 w2'}")
    assert desk.run(ray="local") == 1
    assert len(desk.written) == 5
    assert desk.said.index("g0/1") < desk.said.index("g4/1"), "the table keeps the list's order"
    assert "2 tokens, not one" in desk.said
    assert_as_here(desk, tmp_path / "elsewhere")


def test_a_killed_worker_costs_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does a slow folder."""
    write, killed = trace_job.write_down, list[int]()

    def slow(*given: object) -> Outcome:
        if not killed:
            killed.extend(workers()[:1])
            os.kill(killed[0], signal.SIGKILL)
        time.sleep(0.2)
        return write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(run_on_ray, "write_down", slow)
    desk.write(*entries(8))
    assert desk.run(ray="local") == 0
    assert killed and "was lost" in desk.said
    assert len(desk.written) == 8
    assert_as_here(desk, tmp_path / "elsewhere")


def test_a_killed_driver_leaves_what_is_done_and_the_next_run_ends_it(
    desk: Desk, tmp_path: Path
) -> None:
    desk.write(*entries(12))
    command = [sys.executable, "-c", RUN, str(desk.list), str(desk.graphs)]
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    began = time.monotonic()
    while not list(desk.graphs.glob("*/1.json")) and time.monotonic() - began < 400:
        time.sleep(0.02)
    driver.kill()
    driver.wait()
    there = {path: path.stat().st_mtime_ns for path in desk.graphs.glob("*/1.json")}
    assert 0 < len(there) < 12, "killed in the middle"
    assert desk.run(ray="local") == 0
    assert len(desk.written) == 12
    assert {path: path.stat().st_mtime_ns for path in there} == there
    assert_as_here(desk, tmp_path / "elsewhere")


def test_memory_that_ends_costs_a_worker_and_no_prompt(desk: Desk, tmp_path: Path) -> None:
    """Ray ends the worker that takes the machine's memory beyond a threshold, here a gigabyte above
    what is in use now; its prompt is traced by another, and the graphs are the same."""
    desk.write(*entries(6))
    given = map(str, (desk.list, desk.graphs, tmp_path / "grew"))
    command = [sys.executable, "-c", CROWDED, *given]
    environment = os.environ | {
        "RAY_memory_usage_threshold": f"{_memory_in_use(1.0):.4f}",
        "RAY_memory_monitor_refresh_ms": "50",
    }
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "was lost" in done.stderr and "memory" in done.stderr
    assert (tmp_path / "grew").exists() and len(desk.written) == 6
    assert_as_here(desk, tmp_path / "elsewhere")


def _memory_in_use(more_gib: float) -> float:
    """As a share of all there is, with so much more."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    kib = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
    return (kib["MemTotal"] - kib["MemAvailable"] + more_gib * 2**20) / kib["MemTotal"]


def test_a_set_on_a_cluster_is_the_set_of_this_machine(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    desk = SetDesk(tmp_path, str(save_tiny_model(tmp_path / "model")))
    assert desk.run(ray="local") == 0, desk.said
    there = desk.folder.load("tiny", 1)
    desk.folder.root.rename(tmp_path / "elsewhere")
    assert desk.run() == 0
    here = desk.folder.load("tiny", 1)
    assert here.id == there.id
    assert [one.key for one in here.counted] == [one.key for one in there.counted]
    for one, other in zip(here.neurons, there.neurons, strict=True):
        assert one.id == other.id
        assert one.effect.mean == pytest.approx(other.effect.mean, rel=1e-3, abs=1e-5)


def test_a_cluster_that_is_not_there(desk: Desk) -> None:
    with pytest.raises(TracerError, match=r"cannot be reached: .*--ray local"):
        desk.run(ray="127.0.0.1:9")
