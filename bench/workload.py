"""Random Llama weights and a random per-layer transcoder set, the same for both sides.

Run in tracer's own environment. Writes `model/` (transformers), `features/` (native PLT layout
with its config.yaml) and `tokens.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

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


# Llama's blocks in the shape of Gemma 2's 2B model, which both sides read alike.
GEMMA_SHAPE = {
    "layers": 26,
    "d_model": 2304,
    "features": 16384,
    "per_position": 40,
    "heads": 8,
    "kv_heads": 4,
    "head_dim": 256,
    "mlp": 9216,
    "vocabulary": 256000,
    "expanded": 7500,
}
CARD_SIZES = {
    "2B": Size("2B", tokens=12, **GEMMA_SHAPE),
    "2B-long": Size("2B-long", tokens=2300, **GEMMA_SHAPE),
}
SIZES = {
    "S": Size("S", layers=4, d_model=128, features=1024, tokens=12, per_position=12),
    "M": Size("M", layers=12, d_model=512, features=8192, tokens=24, per_position=25),
    "L": Size(
        "L", layers=16, d_model=768, features=16384, tokens=32, per_position=40, expanded=7500
    ),
}


def write_workload(size: Size, folder: Path) -> None:
    """Writes everything once; what is there is left alone."""
    if (folder / "tokens.json").exists():
        return
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.d_model,
        intermediate_size=size.mlp or int(size.d_model * 2.6875),
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads or size.d_model // 64,
        num_key_value_heads=size.kv_heads or size.d_model // 64,
        head_dim=size.head_dim,
        max_position_embeddings=4096,
        rms_norm_eps=1e-5,
        bos_token_id=0,
        eos_token_id=1,
        tie_word_embeddings=False,
    )
    LlamaForCausalLM(config).save_pretrained(folder / "model")
    _write_tokenizer(size, folder / "model")
    _write_transcoders(size, folder / "features")
    ids = [0, *torch.randint(2, size.vocabulary, (size.tokens - 1,)).tolist()]
    (folder / "tokens.json").write_text(json.dumps(ids))


def _write_tokenizer(size: Size, folder: Path) -> None:
    """Words that are their own ids, so that both sides see the same tokens."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    words = {"<s>": 0, "</s>": 1} | {f"t{index}": index for index in range(2, size.vocabulary)}
    backend = Tokenizer(WordLevel(words, unk_token="</s>"))
    backend.pre_tokenizer = WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="</s>"
    ).save_pretrained(folder)


def _write_transcoders(size: Size, folder: Path) -> None:
    """ReLU encoders whose bias lets about `per_position` of the features through."""
    folder.mkdir(parents=True)
    d, wanted = size.d_model, size.per_position / size.features
    # A normalised input times a unit-variance row is standard normal.
    bias = float(torch.special.ndtri(torch.tensor(wanted, dtype=torch.float64)))
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
