"""Edges are exactly what they claim to be, for every supported architecture."""

from __future__ import annotations

import pytest
import torch

from tests.attribution.frozen_rerun import FrozenModel, Nudge, Rerun
from tests.tiny_models import PROMPT
from tests.tracing import trace_nodes
from tracer.attribution.node_graph import NodeGraph
from tracer.attribution.rows import RowWriter
from tracer.documents.trace_settings import TraceSettings
from tracer.model.load import Model

EVERYTHING = TraceSettings(candidates=10**6, coverage=1.0)
SOME = TraceSettings(candidates=150, coverage=1.0)


@pytest.fixture(scope="module", params=[EVERYTHING, SOME], ids=["everything", "150 candidates"])
def attribution(tiny: Model, request: pytest.FixtureRequest) -> NodeGraph:
    return trace_nodes(
        PROMPT, model=tiny, target=" w9", contrast=[" w2", " w4"], settings=request.param
    )


def feature_values(attribution: NodeGraph) -> tuple[torch.Tensor, torch.Tensor]:
    activations = torch.cat([one.activations for one in attribution.layers])
    biases = torch.cat([one.biases for one in attribution.layers])
    expanded = attribution.swept.expanded
    return activations[expanded], biases[expanded]


def test_incoming_edges_and_biases_sum_to_the_target(attribution: NodeGraph) -> None:
    swept, targets = attribution.swept, attribution.targets
    activations, biases = feature_values(attribution)
    values = torch.cat([activations, targets.values])
    constants = swept.biases + torch.cat([biases, targets.biases])
    gap = (swept.rows.sum(1) + constants - values).abs()
    assert (gap <= 1e-10 * swept.rows.abs().sum(1)).all()


def test_every_admitted_feature_is_expanded_at_full_coverage(attribution: NodeGraph) -> None:
    influence = attribution.swept.influence[: attribution.swept.columns.n_features]
    assert len(attribution.swept.expanded) == int((influence > 0).sum())
    assert attribution.swept.unexpanded_share == pytest.approx(0, abs=1e-12)


@pytest.fixture(scope="module")
def independent(attribution: NodeGraph) -> FrozenModel:
    return FrozenModel(attribution.frozen.model, attribution.frozen.token_ids)


def answer(attribution: NodeGraph, run: Rerun) -> float:
    """The target's logit less the mean of the others', in front of any softcap."""
    question = attribution.targets.question
    others = run.raw_logits[list(question.contrast_ids)]
    return float(run.raw_logits[question.target_id] - others.mean())


def place(attribution: NodeGraph, column: int) -> tuple[int, int, int]:
    """A feature column's layer, index and position."""
    starts = attribution.swept.columns.starts
    layer = next(i for i in range(len(starts)) if column < starts[i + 1])
    there, spot = attribution.layers[layer], column - starts[layer]
    return layer, int(there.indices[spot]), int(there.positions[spot])


def test_doubling_a_source_moves_each_target_by_the_edge(
    attribution: NodeGraph, independent: FrozenModel
) -> None:
    swept = attribution.swept
    columns = swept.columns
    before = independent.run()
    generator = torch.Generator().manual_seed(1)
    picks = torch.randint(columns.n_features, (12,), generator=generator).tolist()
    checked = 0
    for column in picks:
        layer = next(i for i in range(columns.n_layers) if column < columns.starts[i + 1])
        one, row = attribution.layers[layer], column - columns.starts[layer]
        written = (
            one.activations[row]
            * attribution.frozen.model.layers[layer].mlp.down[:, one.indices[row]]
        )
        after = independent.run(Nudge(mlps={(layer, int(one.positions[row])): written}))
        moved = answer(attribution, after) - answer(attribution, before)
        assert moved == pytest.approx(swept.rows[-1, column].item(), abs=1e-9)
        for rank in range(0, len(swept.expanded), 37):
            where = place(attribution, int(swept.expanded[rank]))
            change = independent.neuron(*where, after) - independent.neuron(*where, before)
            assert change == pytest.approx(swept.rows[rank, column].item(), abs=1e-9)
            checked += 1
    assert checked > 20


def test_doubling_a_token_moves_each_target_by_its_edge(
    attribution: NodeGraph, independent: FrozenModel
) -> None:
    swept = attribution.swept
    columns = swept.columns
    before = independent.run()
    for position in range(1, columns.n_positions):
        after = independent.run(Nudge(tokens={position: before.bottom[position]}))
        moved = answer(attribution, after) - answer(attribution, before)
        column = columns.tokens + position
        assert moved == pytest.approx(swept.rows[-1, column].item(), abs=1e-9)
        for rank in range(0, len(swept.expanded), 37):
            where = place(attribution, int(swept.expanded[rank]))
            change = independent.neuron(*where, after) - independent.neuron(*where, before)
            assert change == pytest.approx(swept.rows[rank, column].item(), abs=1e-9)


def test_small_batches_give_the_same_rows(tiny: Model) -> None:
    attribution = trace_nodes(PROMPT, model=tiny, target=" w9", settings=SOME)
    frozen, layers = attribution.frozen, attribution.layers
    whole = layer_rows(RowWriter(frozen, layers, batch=1000), 2)
    parts = layer_rows(RowWriter(frozen, layers, batch=3), 2)
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=1e-12)


def layer_rows(writer: RowWriter, layer: int) -> torch.Tensor:
    """The rows of all of a layer's features."""
    chosen = torch.arange(len(writer.layers[layer]))
    rows = torch.zeros(len(chosen), writer.columns.total, dtype=torch.float64)
    writer.features(layer, chosen, rows)
    return rows


def test_running_out_of_memory_halves_the_batch_and_loses_nothing(
    tiny: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    attribution = trace_nodes(PROMPT, model=tiny, target=" w9", settings=SOME)
    writer = RowWriter(attribution.frozen, attribution.layers, batch=16)
    writer.batches.workers = writer.batches.shares = 1
    whole = layer_rows(writer, 2)
    real_walk = RowWriter._walk

    def walk(self, layer, positions, start, rows, biases):  # type: ignore[no-untyped-def]
        walked = real_walk(self, layer, positions, start, rows, biases)
        if len(start) > 4:  # what it has written by then must not count twice
            raise torch.OutOfMemoryError
        return walked

    monkeypatch.setattr(RowWriter, "_walk", walk)
    parts = layer_rows(writer, 2)
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=1e-12)
    assert writer.batches.most in (3, 4)  # where the halves of an odd number end
    assert len(writer.notices) == 2
