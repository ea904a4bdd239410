"""Two processes at one folder, killed runs, and what they leave."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builders import make_graph
from tracer.documents.exchange.import_graph import import_graph
from tracer.documents.exchange.share_link import IncomingGraph
from tracer.documents.files import write_atomically
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.lock import alone, held
from tracer.documents.temporary_files import sweep_below, temporary_file, temporary_folder
from tracer.errors import TracerError

REPOSITORY = Path(__file__).parents[2]


@contextmanager
def another(code: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has done `code` and waits; killed at the end."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    code += "\nimport time\nprint('there', flush=True)\ntime.sleep(60)"
    command = [sys.executable, "-c", f"from pathlib import Path\n{code}"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def holding(file: Path) -> str:
    code = "from tracer.documents.lock import held\n"
    return code + f"lock = held(Path({str(file)!r}), 'works'); lock.__enter__()"


def test_who_holds_a_lock_is_told_and_who_died_holds_none(tmp_path: Path) -> None:
    file = tmp_path / ".one.lock"
    with another(holding(file)) as other:
        with pytest.raises(TracerError) as caught, held(file, "works", patience=0.2):
            pass
        found = f"{tmp_path}: another process works: process {other.pid} on "
        assert str(caught.value).startswith(found)
        since = r", since 2\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d [-+]\d{4}; wait until it has ended"
        assert re.search(since, str(caught.value))
    assert file.exists(), "it was killed"
    with held(file, "works", patience=5):
        assert f"process {os.getpid()} on" in file.read_text()
    assert not file.exists()


def test_those_who_wait_come_one_after_the_other(tmp_path: Path) -> None:
    inside, most = [], []

    def work() -> None:
        for _ in range(5):
            with alone(tmp_path / "site", "works"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most == [1] * 20
    assert list(tmp_path.iterdir()) == []


def test_a_folder_made_for_a_lock_alone_does_not_stay(tmp_path: Path) -> None:
    with held(tmp_path / "a" / "b" / ".lock", "works"):
        assert (tmp_path / "a" / "b").is_dir()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_was_writing_is_swept(tmp_path: Path) -> None:
    file = tmp_path / "slug" / "1.json"
    file.parent.mkdir()
    code = "from tracer.documents.temporary_files import temporary_file\n"
    code += f"file = temporary_file(Path({str(file)!r})); file.__enter__()[0].write(b'half')"
    with another(code):
        (left,) = file.parent.iterdir()
        sweep_below(tmp_path)
        assert left.exists(), "its writer lives"
    sweep_below(tmp_path)
    assert list(file.parent.iterdir()) == []


def test_writing_into_a_folder_sweeps_it(tmp_path: Path) -> None:
    left = tmp_path / ".1.json.abcdefgh.tracer.tmp"
    others = tmp_path / ".1.json.abcdefgh.tmp"
    for one in (left, others):
        one.write_text("half")
    write_atomically(tmp_path / "2.json", "whole")
    assert {one.name for one in tmp_path.iterdir()} == {others.name, "2.json"}


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    scratch = temporary_file(tmp_path / "a")
    scratch.__enter__()[0].write(b"half")
    assert not scratch.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert list(tmp_path.iterdir()) == []


def test_folders_of_killed_runs_are_swept_of_this_name_alone(tmp_path: Path) -> None:
    left = tmp_path / ".site.abcdefgh.tracer.tmp"
    other = tmp_path / ".site.old.abcdefgh.tracer.tmp"
    for one in (left, other):
        (one / "more").mkdir(parents=True)
    with temporary_folder(tmp_path / "site") as folder:
        assert {one.name for one in tmp_path.iterdir()} == {other.name, folder.name}
    assert [one.name for one in tmp_path.iterdir()] == [other.name]


def test_imports_at_once_lose_no_graph(tmp_path: Path) -> None:
    """Each takes the number that it found free, if nobody else may take one meanwhile."""
    texts = [make_graph(slug="one", node_threshold=0.1 + 0.01 * n).to_json() for n in range(8)]
    threads = [
        threading.Thread(target=import_graph, args=(IncomingGraph(text, Path("a.json")), tmp_path))
        for text in texts
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    folder = GraphFolder(tmp_path / "graphs")
    assert folder.revisions("one") == list(range(1, 9))
    graphs = [folder.load("one", n) for n in folder.revisions("one")]
    written = {(graph.metadata.model_extra or {})["node_threshold"] for graph in graphs}
    assert len(written) == 8
    assert {one.name for one in folder.root.rglob(".*")} == set()
