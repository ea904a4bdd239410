"""The frozen pass is the real model's pass."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.attribution.frozen_rerun import Nudge, rerun
from tests.tiny_models import FAMILIES, PROMPT, exact_tiny_model, save_tiny_model
from tracer.errors import TracerError
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model, load_model


@pytest.mark.parametrize("family", list(FAMILIES))
def test_logits_are_transformers_own_and_the_frozen_stream_reaches_them(
    tmp_path: Path, family: str
) -> None:
    model = exact_tiny_model(tmp_path, family)
    ids = model.tokenizer.encode_prompt(PROMPT)
    frozen = freeze(model, ids)
    real = model.causal_lm(torch.tensor([ids])).logits[0, -1]
    assert torch.equal(frozen.logits, real)
    _, final = rerun(frozen, Nudge())
    norm = final[-1] * frozen.final_scale[-1] * model.causal_lm.model.norm.weight
    torch.testing.assert_close(model.causal_lm.lm_head(norm), real, rtol=1e-6, atol=1e-6)


def test_hooks_are_gone_afterwards(tmp_path: Path) -> None:
    model = load_model(str(save_tiny_model(tmp_path)), device="cpu")
    ids = model.tokenizer.encode_prompt(PROMPT)

    def hooks() -> int:
        return sum(len(module._forward_hooks) for module in model.causal_lm.modules())

    model.causal_lm(torch.tensor([ids]), output_attentions=True)  # transformers adds its own once
    before = hooks()
    freeze(model, ids)
    assert hooks() == before


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_ranks_as_float32_does(tmp_path: Path, precision: str) -> None:
    folder = str(save_tiny_model(tmp_path))
    full = load_model(folder, device="cpu")
    half = load_model(folder, device="cpu", precision=precision)  # type: ignore[arg-type]
    ids = full.tokenizer.encode_prompt(PROMPT)
    top = freeze(full, ids).logits.topk(5).indices.tolist()
    assert freeze(half, ids).logits.topk(5).indices.tolist()[:2] == top[:2]


def test_numbers_that_overflow_are_reported(tmp_path: Path) -> None:
    model: Model = load_model(str(save_tiny_model(tmp_path)), device="cpu", precision="fp16")
    with torch.no_grad():
        model.causal_lm.model.norm.weight.fill_(60000.0)
    with pytest.raises(TracerError, match=r"not finite in float16; .*float32"):
        freeze(model, model.tokenizer.encode_prompt(PROMPT))
