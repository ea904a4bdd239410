"""Edges are exactly what they claim to be, for every supported architecture."""

from __future__ import annotations

import pytest
import torch

from tests.attribution.frozen_rerun import Nudge, neuron, rerun
from tests.tiny_models import PROMPT
from tracer.attribution.rows import RowWriter
from tracer.attribution.trace import Attribution, trace
from tracer.documents.prompts import TraceSettings
from tracer.model.load import Model

EVERYTHING = TraceSettings(candidates=10**6, coverage=1.0)
SOME = TraceSettings(candidates=150, coverage=1.0)


@pytest.fixture(scope="module", params=[EVERYTHING, SOME], ids=["everything", "150 candidates"])
def attribution(tiny: Model, request: pytest.FixtureRequest) -> Attribution:
    return trace(PROMPT, model=tiny, target=" w9", contrast=[" w2", " w4"], settings=request.param)


def feature_values(attribution: Attribution) -> tuple[torch.Tensor, torch.Tensor]:
    activations = torch.cat([one.activations for one in attribution.layers])
    biases = torch.cat([one.biases for one in attribution.layers])
    expanded = attribution.swept.expanded
    return activations[expanded], biases[expanded]


def test_incoming_edges_and_biases_sum_to_the_target(attribution: Attribution) -> None:
    swept, targets = attribution.swept, attribution.targets
    activations, biases = feature_values(attribution)
    values = torch.cat([activations, targets.values])
    constants = swept.biases + torch.cat([biases, targets.biases])
    gap = (swept.rows.sum(1) + constants - values).abs()
    assert (gap <= 1e-10 * swept.rows.abs().sum(1)).all()


def test_every_admitted_feature_is_expanded_at_full_coverage(attribution: Attribution) -> None:
    influence = attribution.swept.influence[: attribution.swept.columns.n_features]
    assert len(attribution.swept.expanded) == int((influence > 0).sum())
    assert attribution.swept.unexpanded_share == pytest.approx(0, abs=1e-12)


def test_doubling_a_source_moves_each_target_by_the_edge(attribution: Attribution) -> None:
    swept, frozen = attribution.swept, attribution.frozen
    columns, targets = swept.columns, attribution.targets
    before, final_before = rerun(frozen, Nudge())
    generator = torch.Generator().manual_seed(1)
    picks = torch.randint(columns.n_features, (12,), generator=generator).tolist()
    checked = 0
    for column in picks:
        layer = next(i for i in range(columns.n_layers) if column < columns.starts[i + 1])
        one, row = attribution.layers[layer], column - columns.starts[layer]
        written = one.activations[row] * one.decoders[row]
        after, final_after = rerun(frozen, Nudge(mlps={(layer, int(one.positions[row])): written}))
        moved = (final_after - final_before)[-1] * frozen.final_scale[-1]
        moved = moved * frozen.model.causal_lm.model.norm.weight @ targets.directions[0]
        assert moved == pytest.approx(swept.rows[-1, column].item(), abs=1e-9)
        for rank in range(0, len(swept.expanded), 37):
            target = int(swept.expanded[rank])
            at = next(i for i in range(columns.n_layers) if target < columns.starts[i + 1])
            there, spot = attribution.layers[at], target - columns.starts[at]
            where = (at, int(there.indices[spot]), int(there.positions[spot]))
            change = neuron(frozen, *where, after[at]) - neuron(frozen, *where, before[at])
            assert change.item() == pytest.approx(swept.rows[rank, column].item(), abs=1e-9)
            checked += 1
    assert checked > 20


def test_doubling_a_token_moves_the_answer_by_its_edge(attribution: Attribution) -> None:
    swept, frozen = attribution.swept, attribution.frozen
    _, before = rerun(frozen, Nudge())
    for position in range(1, frozen.n_positions):
        _, after = rerun(frozen, Nudge(tokens={position: frozen.embeddings[position]}))
        moved = (after - before)[-1] * frozen.final_scale[-1]
        moved = moved * frozen.model.causal_lm.model.norm.weight
        edge = swept.rows[-1, swept.columns.tokens + position].item()
        answer = attribution.targets.directions[0]
        assert (moved @ answer).item() == pytest.approx(edge, abs=1e-9)


def test_small_batches_give_the_same_rows(tiny: Model) -> None:
    attribution = trace(PROMPT, model=tiny, target=" w9", settings=SOME)
    frozen, layers = attribution.frozen, attribution.layers
    whole = layer_rows(RowWriter(frozen, layers, batch=1000), 2)
    parts = layer_rows(RowWriter(frozen, layers, batch=3), 2)
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=1e-12)


def layer_rows(writer: RowWriter, layer: int) -> torch.Tensor:
    """The rows of all of a layer's features."""
    chosen = torch.arange(len(writer.layers[layer]))
    rows = torch.full((len(chosen), writer.columns.total), torch.nan, dtype=torch.float64)
    writer.features(layer, chosen, rows)
    return rows


def test_running_out_of_memory_halves_the_batch_and_loses_nothing(
    tiny: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    attribution = trace(PROMPT, model=tiny, target=" w9", settings=SOME)
    writer = RowWriter(attribution.frozen, attribution.layers, batch=16)
    whole = layer_rows(writer, 2)
    real_walk = RowWriter._walk

    def walk(self, layer, positions, start, rows, biases):  # type: ignore[no-untyped-def]
        if len(start) > 4:
            raise torch.OutOfMemoryError
        real_walk(self, layer, positions, start, rows, biases)

    monkeypatch.setattr(RowWriter, "_walk", walk)
    parts = layer_rows(writer, 2)
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=1e-12)
    assert writer.batch == 4
    assert len(writer.notices) == 2
