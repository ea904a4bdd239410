"""circuit-tracer's viewer gets the same graphs as ours, and README says what came of it."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import viewer_peer
from bench.tables.viewer import told
from bench.viewer import ratios_of
from bench.viewer_peer import OTHER_HOST, write_graphs, write_viewer
from tests.foreign_graphs import PUBLISHED, published_graph
from tests.large_graph import large_graph
from tracer.documents.graph import Graph
from tracer.errors import TracerError

FIGURE = {"graph": "g", "figure": "click_p95_ms", "unit": "ms", "neuronpedia": "77 ms"}
OTHERS = {
    "measured": "Neuronpedia’s are of another day",
    "rows": [{"what": "click", **FIGURE, "at_most": 33}],
}


def run(ours: float, theirs: float | None) -> dict[str, Any]:
    sides = {"ours": ours} if theirs is None else {"ours": ours, "peer": theirs}
    medians = {side: {"medians": {"click_p95_ms": value}} for side, value in sides.items()}
    ratios = {} if theirs is None else {"click_p95_ms": round(theirs / ours, 2)}
    return {
        "machine": "Linux",
        "browser": "Chromium",
        "date": "2026-11-29",
        "commit": "abcdef0",
        "load": {"before": 0.25, "after": 1.5},
        "plain": {"what": "primes", "before_ms": [20, 30], "after_ms": [40], "median_ms": 30},
        "peer": {"name": "circuit-tracer"} | ({"missing": "no network"} if theirs is None else {}),
        "graphs": {"g": {**medians, "ratios": ratios}},
    }


@pytest.mark.parametrize(
    "graph",
    [
        pytest.param(Graph.model_validate(published_graph(PUBLISHED[1])), id="published"),
        pytest.param(large_graph(nodes=120, links=600), id="generated"),
    ],
)
def test_the_peer_is_given_the_same_nodes_and_links(graph: Graph, tmp_path: Path) -> None:
    write_graphs(tmp_path, {"one": graph})
    written = json.loads((tmp_path / "graph_data" / "one.json").read_text(encoding="utf-8"))
    assert sorted(node["node_id"] for node in written["nodes"]) == sorted(graph.node_ids)
    weights = {(link["source"], link["target"]): link["weight"] for link in written["links"]}
    same = {(link.source, link.target): link.weight for link in graph.links}
    assert weights == pytest.approx(same, rel=1e-4)
    assert len(written["links"]) == len(graph.links)


def test_the_peer_leaves_out_no_node_at_first(tmp_path: Path) -> None:
    """It does not draw nodes above the threshold that the list of graphs has."""
    write_graphs(tmp_path, {"one": large_graph(nodes=120, links=600)})
    (listed,) = json.loads((tmp_path / "data" / "graph-metadata.json").read_text())["graphs"]
    nodes = json.loads((tmp_path / "graph_data" / "one.json").read_text())["nodes"]
    influences = [node["influence"] for node in nodes if node["influence"] is not None]
    assert len(influences) == 95
    assert max(influences) <= listed["node_threshold"]
    assert listed["slug"] == "one"


def test_what_the_peer_fetches_elsewhere_is_asked_of_its_own_server() -> None:
    line = "fetch(`https://hosts.example/${path}`); // see https://other.example/a"
    told = "fetch(`./elsewhere/hosts.example/${path}`); // see ./elsewhere/other.example/a"
    assert OTHER_HOST.sub("./elsewhere/", line) == told


def test_a_package_that_is_another_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewer_peer, "PACKAGES", tmp_path)
    (tmp_path / "circuit_tracer-0.5.0-py3-none-any.whl").write_bytes(b"another")
    with pytest.raises(
        TracerError, match=r"circuit-tracer==0\.5\.0 is not what was measured before"
    ):
        write_viewer(tmp_path / "viewer")
    assert not (tmp_path / "viewer").exists()


def test_a_package_that_cannot_be_fetched_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewer_peer, "PACKAGES", tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(TracerError, match=r"circuit-tracer==0\.5\.0 could not be fetched") as error:
        write_viewer(tmp_path / "viewer")
    assert error.value.hint and "no-python -m pip download" in error.value.hint


def test_ratios_are_theirs_over_ours_where_both_have_something() -> None:
    ours = {"a": 10.0, "b": 0, "c": None, "d": 4.0, "e": 8}
    theirs = {"a": 25.0, "b": 6, "c": 3.0, "d": None, "e": 2}
    assert ratios_of(ours, theirs) == {"a": 2.5, "e": 0.25}


def test_the_table_has_both_sides_of_one_run() -> None:
    text = told(run(ours=40, theirs=100), OTHERS)
    assert "| click | 100 ms | 40 ms | 2.5 | ≤ 33 ms | 77 ms |" in text
    assert "Short of the goal: click." in text
    assert "load 0.2 before and 1.5 after" in text
    assert "primes, took 30 ms (median of 2 times before and 1 after, 20 ms at best)" in text
    assert "Every goal is reached." in told(run(ours=33, theirs=20), OTHERS)
    assert "| 0.6 |" in told(run(ours=33, theirs=20), OTHERS)


def test_the_table_says_when_the_peer_could_not_be_had() -> None:
    found = run(ours=20, theirs=None)
    text = told(copy.deepcopy(found), OTHERS)
    assert "| click | – | 20 ms | – | ≤ 33 ms | 77 ms |" in text
    assert "circuit-tracer was not measured: no network." in text
