"""Neurons by the half rule."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.tiny_models import FAMILIES, PROMPT, exact_tiny_model
from tracer.errors import TracerError
from tracer.features.choose import find_features
from tracer.features.neurons import Neurons
from tracer.model.frozen_pass import freeze


@pytest.mark.parametrize("family", list(FAMILIES))
def test_encoders_give_the_activation_and_decoders_with_errors_the_output(
    tmp_path: Path, family: str
) -> None:
    model = exact_tiny_model(tmp_path, family)
    frozen = freeze(model, model.tokenizer.encode_prompt(PROMPT))
    active = Neurons(model).read(frozen)
    effects = [torch.rand_like(layer.activation) for layer in active.layers]
    for layer, one in enumerate(active.admit(effects, 100)):
        block = model.causal_lm.model.layers[layer]
        # The stream in front of the MLP's norm, got back from what the norm gave.
        stream = frozen.mlp_inputs[layer] / frozen.mlp_scales[layer][:, None]
        stream = stream / block.post_attention_layernorm.weight
        read = (one.encoders * stream[one.positions]).sum(-1) + one.biases
        real = block.mlp.act_fn(block.mlp.gate_proj(frozen.mlp_inputs[layer]))
        real = real * block.mlp.up_proj(frozen.mlp_inputs[layer])
        torch.testing.assert_close(one.activations, real[one.positions, one.indices])
        torch.testing.assert_close(read, one.activations, rtol=1e-9, atol=1e-12)
        rebuilt = one.error.clone()
        if one.decoder_bias is not None:
            rebuilt += one.decoder_bias
        rebuilt.index_add_(0, one.positions, one.activations[:, None] * one.decoders)
        torch.testing.assert_close(rebuilt, frozen.mlp_outputs[layer], rtol=1e-9, atol=1e-12)
        order = one.positions * 10_000 + one.indices
        assert torch.equal(order, order.sort().values)


def test_a_gate_of_exactly_zero_has_a_finite_slope(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path)
    with torch.no_grad():
        model.causal_lm.model.layers[1].mlp.gate_proj.weight[5] = 0
    frozen = freeze(model, model.tokenizer.encode_prompt(PROMPT))
    layer = Neurons(model).read(frozen).layers[1]
    expected = 0.5 * 0.5 * model.causal_lm.model.layers[1].mlp.up_proj(frozen.mlp_inputs[1])[:, 5]
    torch.testing.assert_close(layer.by_gate[:, 5], expected, rtol=1e-3, atol=1e-9)


def test_unknown_features_get_the_near_match() -> None:
    with pytest.raises(TracerError, match=r"unknown features `nurons`; did you mean `neurons`\?"):
        find_features("nurons", model_source="tiny", model_identity="0")
    with pytest.raises(TracerError, match="use `features: neurons`"):
        find_features("hf:org/repo", model_source="tiny", model_identity="0")
