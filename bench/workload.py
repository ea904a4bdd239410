"""Random Llama weights and a random per-layer transcoder set, the same for both sides.

Run in tracer's own environment. Writes `model/` (transformers), `features/` (native PLT layout
with its config.yaml) and `tokens.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM


@dataclass(frozen=True)
class Size:
    """One workload. `expanded`: how many features get a row; None for all that are active."""

    name: str
    layers: int
    d_model: int
    features: int
    tokens: int
    per_position: int  # active features wanted at each position and layer
    expanded: int | None = None
    vocabulary: int = 2000
    heads: int = 0  # of width 64, as many as d_model gives
    kv_heads: int = 0  # as many
    head_dim: int = 64
    mlp: int = 0  # 2.6875 times d_model


SIZES = {
    "S": Size("S", layers=4, d_model=128, features=1024, tokens=12, per_position=12),
    "M": Size("M", layers=12, d_model=512, features=8192, tokens=24, per_position=25),
    "L": Size(
        "L", layers=16, d_model=768, features=16384, tokens=32, per_position=40, expanded=7500
    ),
    # A long prompt.
    "P": Size(
        "P", layers=12, d_model=512, features=8192, tokens=128, per_position=25, expanded=7500
    ),
}


def llama_config(size: Size, *, context: int = 4096, tied: bool = False) -> LlamaConfig:
    """`tied`: the head is the embedding."""
    return LlamaConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.d_model,
        intermediate_size=size.mlp or int(size.d_model * 2.6875),
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads or size.d_model // 64,
        num_key_value_heads=size.kv_heads or size.d_model // 64,
        head_dim=size.head_dim,
        max_position_embeddings=context,
        rms_norm_eps=1e-5,
        bos_token_id=0,
        eos_token_id=1,
        tie_word_embeddings=tied,
    )


def write_workload(size: Size, folder: Path) -> None:
    """Writes everything once; what is there is left alone."""
    if (folder / "tokens.json").exists():
        return
    torch.manual_seed(0)
    LlamaForCausalLM(llama_config(size)).save_pretrained(folder / "model")
    word_tokenizer(size).save_pretrained(folder / "model")
    _write_transcoders(size, folder / "features")
    ids = [0, *torch.randint(2, size.vocabulary, (size.tokens - 1,)).tolist()]
    (folder / "tokens.json").write_text(json.dumps(ids))


def word_tokenizer(size: Size) -> Any:
    """Words that are their own ids, so that both sides see the same tokens."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    words = {"<s>": 0, "</s>": 1} | {f"t{index}": index for index in range(2, size.vocabulary)}
    backend = Tokenizer(WordLevel(words, unk_token="</s>"))
    backend.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="</s>"
    )


def encoder_bias(size: Size) -> float:
    """What lets about `per_position` of the features through: a normalised input times a row of
    unit variance is standard normal."""
    wanted = torch.tensor(size.per_position / size.features, dtype=torch.float64)
    return float(torch.special.ndtri(wanted))


def _write_transcoders(size: Size, folder: Path) -> None:
    """ReLU encoders whose bias lets about `per_position` of the features through."""
    folder.mkdir(parents=True)
    d, bias = size.d_model, encoder_bias(size)
    for layer in range(size.layers):
        save_file(
            {
                "W_enc": torch.randn(size.features, d) / d**0.5,
                "b_enc": torch.full((size.features,), bias),
                "W_dec": torch.randn(size.features, d) / d**0.5,
                "b_dec": torch.randn(d) * 0.01,
            },
            folder / f"layer_{layer}.safetensors",
        )
    (folder / "config.yaml").write_text(
        "model_name: local\nmodel_kind: transcoder_set\n"
        "feature_input_hook: mlp.hook_in\nfeature_output_hook: hook_mlp_out\n"
    )
