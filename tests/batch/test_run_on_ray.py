"""A plan on a real (local) Ray cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.batch.test_build_graphs import Desk
from tests.same_graph import assert_same_graph
from tests.tiny_models import save_tiny_model
from tracer.errors import TracerError

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, save_tiny_model(tmp_path / "model"))


def test_the_cluster_writes_the_same_graphs_as_this_machine(desk: Desk, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    entries = [f"{{slug: g{index}, prompt: ' w3 w{index}'}}" for index in range(5)]
    desk.write(*entries, "{slug: bad, prompt: ' w3', target: ' w1 w2'}")
    assert desk.run(ray="local") == 1
    from_cluster = desk.written
    assert len(from_cluster) == 5
    assert desk.said.index("g0/1") < desk.said.index("g4/1"), "the table keeps the list's order"
    assert "2 tokens, not one" in desk.said
    desk.graphs.rename(tmp_path / "elsewhere")
    desk.run()
    assert desk.written.keys() == from_cluster.keys()
    for name, graph in desk.written.items():
        assert_same_graph(graph, from_cluster[name])


def test_a_cluster_that_is_not_there(desk: Desk) -> None:
    pytest.importorskip("ray")
    with pytest.raises(TracerError, match=r"cannot be reached: .*--ray local"):
        desk.run(ray="127.0.0.1:9")
