"""How much of a graph survives small changes of its question, on a tiny model."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.batch.test_build_graphs import Desk
from tests.tiny_models import save_tiny_model
from tracer.batch.stability import (
    Changed,
    Stability,
    _survivors,
    report,
    stability_of_graph,
)
from tracer.documents.graph import load_graph
from tracer.documents.parts.parts import load_parts
from tracer.errors import TracerError


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("stability")
    made = Desk(folder, save_tiny_model(folder / "model"))
    made.write(
        "{slug: one, prompt: ' w3 w4 w5', target: ' w9', contrast: [' w8']}",
        "{slug: open, prompt: ' w3 w4 w5', remainder: nodes}",
        defaults="max_nodes: 40",
    )
    assert made.run() == 0, made.said
    return made


def asked(desk: Desk, slug: str = "one", **options: Any) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    model = str(desk.model)
    stability_of_graph(
        desk.graphs.parent, slug, model=model, device="cpu", told=found.append, **options
    )
    return found[0]


@pytest.fixture(scope="module")
def found(desk: Desk) -> dict[str, Any]:
    return asked(desk, paraphrases=[" w3 w4 w5", " w11 w12 w13 w5"], write=True)


def test_the_same_words_survive_whole_and_other_words_less(found: dict[str, Any]) -> None:
    changes = {one["change"]: one["survives"] for one in found["changes"]}
    assert changes["“ w3 w4 w5”"] == pytest.approx(1)
    assert changes["“ w11 w12 w13 w5”"] < 1
    assert changes["`fast` precision"] > 0.5
    half, fewer = changes["half as many features listed"], changes["a quarter fewer"]
    assert 0 < half <= fewer <= 1
    assert sum(name.startswith("alternatives") for name in changes) == 3
    assert found["stable"] == pytest.approx(sum(changes.values()) / len(changes))


def test_features_are_solid_that_survive_half_of_the_changes(found: dict[str, Any]) -> None:
    for one in found["nodes"]:
        assert one["solid"] == (one["survives"] >= 0.5)
    assert len({one["node"] for one in found["nodes"]}) == len(found["nodes"]) > 1


def test_it_is_stored_beside_the_graph(desk: Desk, found: dict[str, Any]) -> None:
    file = desk.graphs / "one" / "1.json"
    graph = load_graph(file)
    assert graph.metadata.tracer is not None
    stored = load_parts(file, graph.metadata.tracer.graph_id).stability
    assert stored is not None and stored.stable == pytest.approx(found["stable"], rel=1e-3)
    told = {one["node"]: one["survives"] for one in found["nodes"]}
    listed = {node.node_id for node in graph.nodes if node.kind == "feature"}
    assert stored.nodes.keys() == listed == told.keys()
    assert all(stored.nodes[one] == pytest.approx(told[one], rel=1e-3) for one in listed)


def test_a_feature_with_another_sign_or_size_does_not_survive() -> None:
    here: dict[tuple[int, ...], float] = {(1, 2, 3): 1.0, (1, 4, 3): 2.0, (1, 5, 3): -1.0}
    there: dict[tuple[int, ...], float] = {(1, 2, 3): 1.9, (1, 4, 3): 0.9, (1, 5, 3): 1.0}
    found = _survivors("x", here, there, same=True)
    assert found.nodes == {"1_2_3"} and found.survives == pytest.approx(0.25)
    moved = _survivors("x", here, {(1, 4, 9): 2.0}, same=False)
    assert moved.nodes == {"1_4_3"}
    told = Stability("x", {"1_2_3": 1.0, "1_4_3": 2.0, "1_5_3": -1.0}, (found, moved))
    assert told.stable == pytest.approx((0.25 + 0.5) / 2)
    assert told.faint() == ["1_5_3"] and told.share("1_4_3") == 0.5
    assert isinstance(found, Changed)


def test_words_for_people() -> None:
    changes = (Changed("in other words", 0.25, frozenset({"1_2_3"})),)
    console = Console(file=io.StringIO(), width=100)
    console.print(report(Stability("x", {"1_2_3": 1.0, "1_4_3": -3.0}, changes), 5))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "x: 0.25 of its effects survive small changes" in text
    assert "1 of 2 features are solid" in text and "1_4_3 (-3.00)" in text


def test_a_graph_of_no_single_answer_has_none(desk: Desk) -> None:
    with pytest.raises(TracerError, match="has no account of an answer"):
        asked(desk, "open")


def test_a_graph_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "graphs").mkdir()
    with pytest.raises(TracerError, match="there is no graph `nobody`"):
        stability_of_graph(tmp_path, "nobody")
