"""The frozen pass is the real model's pass."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.attribution.frozen_rerun import FrozenModel
from tests.tiny_models import EVERY_FAMILY, PROMPT, exact_tiny_model, save_tiny_model
from tracer.errors import TracerError
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model, load_model


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_what_is_recorded_is_what_transformers_computes(tmp_path: Path, family: str) -> None:
    model = exact_tiny_model(tmp_path, family)
    ids = model.tokenizer.encode_prompt(PROMPT)
    frozen = freeze(model, ids)
    real = model.causal_lm(torch.tensor([ids]), output_hidden_states=True)
    torch.testing.assert_close(frozen.logits, real.logits[0, -1], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(frozen.embeddings, real.hidden_states[0][0])
    independent = FrozenModel(model, ids).run()
    torch.testing.assert_close(frozen.raw_logits, independent.raw_logits)
    for layer in range(frozen.n_layers):
        torch.testing.assert_close(frozen.mlp_inputs[layer], independent.mlp_inputs[layer])
        torch.testing.assert_close(frozen.mlp_outputs[layer], independent.mlp_outputs[layer])


@pytest.mark.parametrize("family", ["gemma2", "gemma3"])
def test_a_softcap_on_the_logits_is_not_part_of_the_raw_ones(tmp_path: Path, family: str) -> None:
    model = exact_tiny_model(tmp_path, family)
    frozen = freeze(model, model.tokenizer.encode_prompt(PROMPT))
    cap = model.config.final_logit_softcapping
    capped = cap * torch.tanh(frozen.raw_logits / cap) if cap else frozen.raw_logits
    torch.testing.assert_close(frozen.logits, capped)
    assert torch.allclose(frozen.logits, frozen.raw_logits) == (cap is None)


def test_hooks_are_gone_afterwards(tmp_path: Path) -> None:
    model = load_model(str(save_tiny_model(tmp_path)), device="cpu")
    ids = model.tokenizer.encode_prompt(PROMPT)

    def hooks() -> int:
        return sum(len(module._forward_hooks) for module in model.causal_lm.modules())

    model.causal_lm(torch.tensor([ids]), output_attentions=True)  # transformers adds its own once
    before = hooks()
    freeze(model, ids)
    assert hooks() == before


def test_numbers_that_overflow_are_reported(tmp_path: Path) -> None:
    model: Model = load_model(str(save_tiny_model(tmp_path)), device="cpu", precision="fp16")
    with torch.no_grad():
        model.causal_lm.model.norm.weight.fill_(60000.0)
    with pytest.raises(TracerError, match=r"not finite in float16; .*float32"):
        freeze(model, model.tokenizer.encode_prompt(PROMPT))
