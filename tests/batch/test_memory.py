"""A gallery may have more graphs than there is memory: none is kept when its turn is over."""

from __future__ import annotations

import gc
import io
import weakref
from pathlib import Path

import pytest
from rich.console import Console

from tracer.batch.examples import find_examples
from tracer.batch.verify import verify
from tracer.documents import graph_folder
from tracer.documents.graph import Graph, load_graph

GRAPHS = 12
SWAP = """\
groups: {{g: {{name: g, nodes: [{node}]}}}}
claims:
  - id: swapped
    swap: {{group: g, with: {{graph: s1, group: g}}}}
    expect: {{token: " w9", p_falls_by: 0.01}}
"""


@pytest.fixture
def root(tmp_path: Path, traced: Graph) -> Path:
    node = next(one.node_id for one in traced.nodes if one.kind == "feature")
    for number in range(GRAPHS):
        traced.save(tmp_path / "graphs" / f"s{number}" / "1.json")
        file = tmp_path / "site_src" / "annotations" / f"s{number}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SWAP.format(node=node), encoding="utf-8")
    return tmp_path


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many of the graphs read are there still, whenever one more is read."""
    read: list[weakref.ref[Graph]] = []
    found: list[int] = []

    def load(file: Path) -> Graph:
        gc.collect()
        found.append(sum(one() is not None for one in read))
        graph = load_graph(file)
        read.append(weakref.ref(graph))
        return graph

    monkeypatch.setattr(graph_folder, "load_graph", load)
    return found


@pytest.mark.slow
def test_verify_keeps_no_graph(
    root: Path, model: str, alive: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = "tracer.batch.verify.measure_faithfulness"
    monkeypatch.setattr("tracer.batch.verify.can_be_measured", lambda _: False)
    monkeypatch.setattr(quick, lambda *_: pytest.fail("not asked for"))
    console = Console(file=io.StringIO(), width=120)
    verify(root, model=model, device="cpu", console=console)
    assert len(alive) > 2 * GRAPHS and max(alive) <= 4


def test_find_examples_keeps_no_graph(root: Path, model: str, alive: list[int]) -> None:
    text = root / "text.txt"
    text.write_text(" w3 w17 w5" * 20, encoding="utf-8")
    console = Console(file=io.StringIO(), width=120)
    (found,) = find_examples(root, [text], most=2, model=model, device="cpu", console=console)
    assert found.written > 0
    assert len(alive) > GRAPHS and max(alive) <= 2
