"""Wherever gradients and pushed-forward writes meet, rows are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.everyday import everyday
from tests.features.dictionaries import write_gemma_scope_2_clt, write_plt
from tests.tiny_models import EVERY_FAMILY, PROMPT, exact_tiny_model, save_tiny_model
from tests.tracing import trace_nodes
from tracer.attribution.cut import Count, cheapest_cut
from tracer.attribution.node_graph import NodeGraph
from tracer.attribution.origin import Origin
from tracer.attribution.pushed_writes import PushedWrites
from tracer.attribution.rows import RowWriter
from tracer.attribution.sweep import Swept, sweep
from tracer.documents.trace_settings import TraceSettings
from tracer.model.load import Model, load_model

LAYERS = 3
EVERYTHING = TraceSettings(candidates=10**6, coverage=1.0, allow_misfit=True)


def neurons(_: Path) -> str:
    return "neurons"


def per_layer(folder: Path) -> str:
    return str(write_plt(folder, skip=True))


def across_layers(folder: Path) -> str:
    return str(write_gemma_scope_2_clt(folder, skip=True))


@pytest.fixture(scope="module", params=EVERY_FAMILY)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    return exact_tiny_model(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> NodeGraph:
    model = exact_tiny_model(tmp_path_factory.mktemp("llama"), "llama-biases")
    return trace_nodes(PROMPT, model=model, target=" w9", settings=EVERYTHING)


def swept(found: NodeGraph, cut: int, **more: object) -> Swept:
    targets = found.targets
    return sweep(
        found.frozen,
        found.layers,
        targets.directions,
        targets.weights,
        cut=cut,
        origin=targets.origin,
        **more,  # type: ignore[arg-type]
    )


def check_same(one: Swept, other: Swept) -> None:
    assert torch.equal(one.expanded, other.expanded)
    for left, right in (
        (one.rows, other.rows),
        (one.biases, other.biases),
        (one.influence, other.influence),
    ):
        assert float((left - right).norm()) <= 1e-12 * float(right.norm())


@pytest.mark.parametrize("write", everyday([neurons, per_layer, across_layers], [across_layers]))
def test_every_cut_gives_the_same_rows(
    model: Model, tmp_path: Path, write: Callable[[Path], str]
) -> None:
    features = write(tmp_path)
    found = trace_nodes(PROMPT, model=model, target=" w9", features=features, settings=EVERYTHING)
    all_the_way = swept(found, 0)
    assert float(all_the_way.biases.abs().sum()) > 0 or features == "neurons"
    for cut in range(1, LAYERS + 1):
        check_same(swept(found, cut), all_the_way)


@pytest.mark.parametrize("asked", [{"coverage": 0.8}, {"quota": [5, 40, 20]}])
def test_the_same_features_are_expanded_where_only_some_are(
    llama: NodeGraph, asked: dict[str, object]
) -> None:
    all_the_way = swept(llama, 0, **asked)
    assert len(all_the_way.expanded) < len(swept(llama, 0).expanded)
    for cut in range(1, LAYERS + 1):
        check_same(swept(llama, cut, **asked), all_the_way)


def test_a_target_inside_the_model_stands_above_the_cut(llama: NodeGraph) -> None:
    feature = f"2_{int(llama.layers[2].indices[0])}_{int(llama.layers[2].positions[0])}"
    model = llama.frozen.model
    found = trace_nodes(PROMPT, model=model, target_feature=feature, settings=EVERYTHING)
    assert found.targets.origin == Origin(2, int(llama.layers[2].positions[0]))
    for cut in (1, 2):
        check_same(swept(found, cut), swept(found, 0))


def test_memory_that_runs_out_on_the_way_up_halves_batches(
    llama: NodeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = swept(llama, 2)
    rise = PushedWrites._rise

    def short_of_memory(self: PushedWrites, rising: object, part: slice) -> None:
        if part.stop - part.start > 8:
            raise torch.OutOfMemoryError
        rise(self, rising, part)  # type: ignore[arg-type]

    monkeypatch.setattr(PushedWrites, "_rise", short_of_memory)
    halved = swept(llama, 2)
    check_same(halved, whole)
    assert all("memory ran out: going on with batches of" in one for one in halved.notices)
    assert not whole.notices and halved.notices


def test_without_memory_for_images_gradients_walk_all_the_way(
    llama: NodeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(PushedWrites, "_rise", no_memory)
    frozen, layers = llama.frozen, llama.layers
    writer = RowWriter(frozen, layers, cut=2, batch=100)
    assert writer.cut == 0
    assert writer.batches.most == 100, (
        "what was too large for pushed writes was not too large for rows"
    )
    assert writer.notices == ["memory ran out: going on without meeting half-way"]
    check_same(swept(llama, 2), swept(llama, 0))


def test_rows_are_the_same_where_features_are_few_and_uneven(model: Model) -> None:
    settings = TraceSettings(candidates=60, coverage=1.0)
    found = trace_nodes(PROMPT, model=model, target=" w9", settings=settings)
    for cut in range(1, LAYERS + 1):
        check_same(swept(found, cut), swept(found, 0))


@pytest.mark.parametrize("precision", ["bf16", "fast"])
def test_low_precision_agrees_on_what_is_strong(tmp_path: Path, precision: str) -> None:
    plain = load_model(str(save_tiny_model(tmp_path)), device="cpu")
    half = load_model(str(tmp_path), device="cpu", precision=precision)  # type: ignore[arg-type]
    exact = trace_nodes(PROMPT, model=plain, target=" w9", settings=EVERYTHING)
    found = trace_nodes(PROMPT, model=half, target=" w9", settings=EVERYTHING)
    transport = torch.bfloat16 if precision == "fast" else None
    for cut in range(LAYERS + 1):
        rough = swept(found, cut, transport=transport)
        gap = (rough.influence - exact.swept.influence).abs().sum()
        assert float(gap) <= 0.03 * float(exact.swept.influence.sum())


def test_the_cut_is_where_operations_are_fewest(llama: NodeGraph) -> None:
    everything = Count(
        targets=[600] * 12,
        features=[600] * 12,
        sources=[623] * 12,
        positions=24,
        d_model=512,
        step=2 * 512 * 1024,
    )
    assert min(range(13), key=everything.operations) in (6, 7), "half-way"
    assert everything.operations(6) < 0.6 * everything.operations(0)
    few = replace(everything, targets=[0] * 10 + [5] * 2)
    assert min(range(13), key=few.operations) == 0, "few targets are cheaper than all sources"
    frozen, layers = llama.frozen, llama.layers
    assert cheapest_cut(frozen, layers, [0, 0, 1]) == 0
    assert cheapest_cut(frozen, layers, [len(one) for one in layers], top=1) <= 1


def test_images_take_no_more_memory_than_rows(
    llama: NodeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen, layers = llama.frozen, llama.layers
    every = [len(one) for one in layers]
    assert cheapest_cut(frozen, layers, every) > 0
    monkeypatch.setattr("tracer.attribution.cut.ALWAYS", 0)
    monkeypatch.setattr(Count, "numbers", lambda _, cut: cut * 10**9)
    assert cheapest_cut(frozen, layers, every) == 0
