"""Neurons by the half rule."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import tracer.features.neurons
from tests.same_graph import assert_same_graph
from tests.tiny_models import EVERY_FAMILY, PROMPT, exact_tiny_model, hidden_units
from tests.tracing import trace_nodes
from tracer.errors import TracerError
from tracer.features.choose import find_features
from tracer.features.neurons import Neurons
from tracer.model.frozen_pass import freeze


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_encoders_give_the_activation_and_decoders_with_errors_the_output(
    tmp_path: Path, family: str
) -> None:
    model = exact_tiny_model(tmp_path, family)
    frozen = freeze(model, model.tokenizer.encode_prompt(PROMPT))
    hidden = hidden_units(model, frozen.token_ids)
    active = Neurons(model).read(frozen)
    effects = [torch.rand_like(layer.activation) for layer in active.layers]
    for layer, one in enumerate(active.admit(effects, 100)):
        read = (one.encoders * frozen.streams[layer][one.positions]).sum(-1) + one.biases
        real = hidden[layer][one.positions, one.indices]
        torch.testing.assert_close(one.activations, real)
        torch.testing.assert_close(read, real, rtol=1e-9, atol=1e-12)
        rebuilt = one.error.clone()
        if one.constant is not None:
            rebuilt += one.constant
        assert one.decoders_into(1) is None
        rebuilt.index_add_(0, one.positions, one.activations[:, None] * one.decoders[:, 0])
        joined = frozen.push_through_mlp_post_norm(layer, frozen.mlp_outputs[layer])
        torch.testing.assert_close(rebuilt, joined, rtol=1e-9, atol=1e-12)
        order = one.positions * 10_000 + one.indices
        assert torch.equal(order, order.sort().values)


def test_every_neuron_admitted_leaves_nothing_over(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path, "gpt2")
    frozen = freeze(model, model.tokenizer.encode_prompt(PROMPT))
    active = Neurons(model).read(frozen)
    for one in active.admit([layer.activation for layer in active.layers], 10**6):
        assert one.error[1:].abs().max() < 1e-12


def test_neurons_of_a_long_prompt_are_read_again_and_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = exact_tiny_model(tmp_path)
    kept = trace_nodes(PROMPT, model=model, target=" w9")
    monkeypatch.setattr(tracer.features.neurons, "MOST_KEPT", 0)
    again = trace_nodes(PROMPT, model=model, target=" w9")
    assert_same_graph(kept.prune(), again.prune())


def test_the_strongest_are_admitted_and_of_equals_the_earlier(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path, "gpt2")
    frozen = freeze(model, model.tokenizer.encode_prompt(PROMPT))
    active = Neurons(model).read(frozen)
    effects = [torch.zeros_like(layer.activation) for layer in active.layers]
    effects[2][3, 4], effects[1][5, :6] = -3.0, 1.0
    found = active.admit(effects, 4)
    places = [
        (layer, int(position), int(index))
        for layer, one in enumerate(found)
        for position, index in zip(one.positions, one.indices, strict=True)
    ]
    assert places == [(1, 5, 0), (1, 5, 1), (1, 5, 2), (2, 3, 4)]
    assert sum(map(len, active.admit(effects, 0))) == 0


def test_a_gate_of_exactly_zero_has_a_finite_slope(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path)
    with torch.no_grad():
        model.causal_lm.model.layers[1].mlp.gate_proj.weight[5] = 0
    frozen = freeze(model, model.tokenizer.encode_prompt(PROMPT))
    layer = Neurons(model).read(frozen).layers[1]
    expected = 0.5 * 0.5 * model.causal_lm.model.layers[1].mlp.up_proj(frozen.mlp_inputs[1])[:, 5]
    by_gate = layer.readings[0].factor[:, 5]
    torch.testing.assert_close(by_gate, expected, rtol=1e-3, atol=1e-9)


def test_unknown_features_get_the_near_match() -> None:
    with pytest.raises(TracerError, match=r"unknown features `nurons`; did you mean `neurons`\?"):
        find_features("nurons", model_source="tiny", model_identity="0")
    with pytest.raises(
        TracerError, match="use `neurons`, `hf:org/repo`, a folder, `gemma`, `llama`"
    ):
        find_features("/no/such/folder", model_source="tiny", model_identity="0")
