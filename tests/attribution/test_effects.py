"""A feature's effect is the sum over all paths to the answer."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import torch

from tests.tiny_models import FAMILIES, LATER, PROMPT, save_tiny_model
from tests.tracing import trace_nodes
from tracer.attribution.node_graph import NodeGraph
from tracer.documents.trace_settings import Precision, TraceSettings
from tracer.model.load import Model, load_model


def test_effects_equal_the_sum_over_every_path_of_the_whole_graph(tiny: Model) -> None:
    everything = TraceSettings(candidates=10**6, coverage=1.0)
    found = trace_nodes(PROMPT, model=tiny, target=" w9", contrast=[" w2"], settings=everything)
    columns, rows = found.swept.columns, found.swept.rows
    expanded = found.swept.expanded
    activations = torch.cat([one.activations for one in found.layers])[expanded]
    # At full coverage what is not expanded has no path to the answer. Along a path each
    # feature hands on its effect in proportion to its own activation.
    slopes = rows[:-1] / activations[:, None]
    effects = rows[-1].clone()
    for rank in reversed(range(len(expanded))):
        effects += effects[expanded[rank]] * slopes[rank]
    expected = torch.cat(
        [
            by_layer[one.positions, one.indices]
            for by_layer, one in zip(found.effects.features, found.layers, strict=True)
        ]
    )
    torch.testing.assert_close(effects[: columns.n_features], expected, rtol=1e-8, atol=1e-9)
    tokens = effects[columns.tokens :]
    torch.testing.assert_close(tokens[1:], found.effects.tokens[1:], rtol=1e-8, atol=1e-9)


def test_candidates_are_the_strongest_effects_and_never_at_the_start_token(tiny: Model) -> None:
    found = trace_nodes(PROMPT, model=tiny, target=" w9", settings=TraceSettings(candidates=40))
    strengths = torch.stack([one.abs() for one in found.effects.features])
    strengths[:, 0] = 0
    least = strengths.flatten().sort(descending=True).values[39]
    assert sum(map(len, found.layers)) == 40
    for layer, features in enumerate(found.layers):
        assert (features.positions > 0).all()
        assert (strengths[layer][features.positions, features.indices] >= least).all()


HALVES = [(family, "bf16") for family in ("llama", "gemma2", "gpt2", "gpt-neox", "qwen3")]
HALVES += [("llama", "fp16"), ("gemma2", "fp16")]


@pytest.mark.parametrize(
    ("family", "precision"),
    [
        pytest.param(*pair, marks=() if pair in HALVES else pytest.mark.slow)
        for pair in product((*FAMILIES, *LATER), ("bf16", "fp16"))
    ],
)
def test_effects_in_half_precision_rank_as_in_float32(
    tmp_path: Path, family: str, precision: Precision
) -> None:
    folder = str(save_tiny_model(tmp_path, family))

    def traced(chosen: Precision) -> NodeGraph:
        model = load_model(folder, device="cpu", precision=chosen)
        return trace_nodes(PROMPT, model=model, target=" w9", settings=TraceSettings(candidates=60))

    full, half = traced("float32"), traced(precision)
    logits = torch.stack([full.frozen.logits, half.frozen.logits])
    assert rank_correlation(logits) > 0.99
    exact, rough = (
        torch.cat([layer.flatten() for layer in one.effects.features]).float()
        for one in (full, half)
    )
    strongest = exact.abs().topk(60).indices
    assert rank_correlation(torch.stack([exact[strongest], rough[strongest]])) > 0.98
    assert set(strongest[:20].tolist()) <= set(rough.abs().topk(30).indices.tolist())
    assert half.prune().links


def rank_correlation(pair: torch.Tensor) -> float:
    """Spearman's, of (2, n)."""
    ranks = pair.argsort(1).argsort(1).double()
    return float(torch.corrcoef(ranks)[0, 1])
