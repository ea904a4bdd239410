"""A model whose pieces do not add up to its own forward pass is refused when it is loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.tiny_models import save_tiny_model
from tracer.errors import TracerError
from tracer.model.architectures import Architecture, architecture_of
from tracer.model.load import load_model

# Of a family, a row that is nearly right, and what is found of it.
WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "as a plain Llama": (
        "granite",
        {"residual_multiplier": None, "logit_divisor": None},
        "streams behind the attention of layer 0 are not the sum",
    ),
    "logits that are scaled": ("granite", {"logit_divisor": None}, "the logits are not"),
    "one block after the other": (
        "cohere2",
        {"parallel": False},
        "streams behind the attention of layer 0",
    ),
    "no post-norm behind the MLP": ("glm4", {"mlp_post_norm": None}, "streams behind layer 0"),
    "no post-norm behind attention": ("olmo3", {"attention_post_norm": None}, "the attention of"),
    "norms with an offset": ("llama", {"norm_weight_offset": 1.0}, "the attention of layer 0"),
    "a norm that centres": ("llama", {"norm_centres": True}, "the attention of layer 0"),
    "gate and up exchanged": (
        "llama",
        {"gate": "mlp.up_proj", "up": "mlp.gate_proj"},
        "what the MLP of layer 0 gives is",
    ),
    "another norm at the end": (
        "gpt2",
        {"norm_centres": False},
        "the attention of layer 0",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_row_that_is_nearly_right_is_refused(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, change, found = WRONG[case]

    def wrong(model_type: str) -> Architecture:
        return replace(architecture_of(model_type), **change)

    monkeypatch.setattr("tracer.model.load.architecture_of", wrong)
    with pytest.raises(TracerError, match=rf"do not add up.*{found}.*`tracer models`"):
        load_model(str(save_tiny_model(tmp_path, family)), device="cpu")


def test_code_that_adds_what_no_row_knows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.models.llama.modeling_llama import LlamaDecoderLayer

    real = LlamaDecoderLayer.forward

    def more(self: Any, hidden_states: torch.Tensor, **named: Any) -> torch.Tensor:
        given: torch.Tensor = real(self, hidden_states, **named)
        return given + 0.1 * hidden_states

    monkeypatch.setattr(LlamaDecoderLayer, "forward", more)
    with pytest.raises(TracerError, match="streams behind layer 0 are not the sum"):
        load_model(str(save_tiny_model(tmp_path)), device="cpu")


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize("family", ["llama-biases", "gemma2", "granite", "gpt-neox"])
def test_rounding_is_no_other_sum(tmp_path: Path, family: str, precision: Any) -> None:
    folder = str(save_tiny_model(tmp_path, family))
    assert load_model(folder, device="cpu", precision=precision).info.layers == 3
