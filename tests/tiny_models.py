"""Random models of a few thousand weights, saved as a user's own model folder would be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer as RustTokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedTokenizerFast,
)

from tracer.model.load import Model, load_model

WORDS = ["<s>", "<unk>", *(f" w{index}" for index in range(58))]
PROMPT = " w3 w17 w5 w41 w8 w17 w30"
SIZES: dict[str, Any] = {
    "vocab_size": len(WORDS),
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "tie_word_embeddings": False,
}

FAMILIES = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SIZES)),
    "llama-biases": lambda: LlamaForCausalLM(
        LlamaConfig(**SIZES, attention_bias=True, mlp_bias=True, hidden_act="gelu")
    ),
    "llama-tied-full-heads": lambda: LlamaForCausalLM(
        LlamaConfig(**{**SIZES, "num_key_value_heads": 4, "tie_word_embeddings": True})
    ),
    "mistral-sliding": lambda: MistralForCausalLM(MistralConfig(**SIZES, sliding_window=3)),
}


def save_tiny_model(folder: Path, family: str = "llama", seed: int = 0) -> Path:
    """Weights large enough that every layer matters, and a word-level tokenizer."""
    torch.manual_seed(seed)
    model = FAMILIES[family]()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            scale = 0.2 if "bias" in name else 1.0 / weight.shape[-1] ** 0.5
            centre = 1.0 if "norm" in name else 0.0
            weight.copy_(centre + scale * torch.randn_like(weight))
    model.save_pretrained(folder)
    words = RustTokenizer(
        WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="<unk>")
    )
    words.pre_tokenizer = Split(" ", "merged_with_next")
    PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="<s>", unk_token="<unk>"
    ).save_pretrained(folder)
    return folder


def exact_tiny_model(folder: Path, family: str = "llama") -> Model:
    """A tiny model in float64, norms included (transformers computes them in float32)."""
    model = load_model(str(save_tiny_model(folder, family)), device="cpu")
    model.causal_lm.double()
    for module in model.causal_lm.modules():
        if type(module).__name__.endswith("RMSNorm"):
            module.forward = _exact_norm(module)
    return model


def _exact_norm(norm: Any) -> Any:
    def forward(x: torch.Tensor) -> torch.Tensor:
        variance = x.pow(2).mean(-1, keepdim=True)
        return norm.weight * (x * torch.rsqrt(variance + norm.variance_epsilon))

    return forward
