"""Families that are known and not followed, and why: what their layers do beside adding up."""

from __future__ import annotations

import re

_EXPERTS = "a mixture of experts, in which the model chooses what runs, word by word"
_STATE = "carries a state from word to word, which no attention pattern holds"
_EMBEDDINGS = "feeds further embeddings into each layer, beside the residual stream"
_BOTH_WAYS = "does not continue a text from its beginning"
_UNDONE = "an ordinary decoder for which tracer has no row yet"

_WHY: dict[str, tuple[str, ...]] = {
    _EXPERTS: (
        *("mixtral", "olmoe", "phimoe", "jetmoe", "dbrx", "gpt_oss", "deepseek_v2", "deepseek_v3"),
        *("llama4", "llama4_text", "dots1", "longcat_flash", "minimax", "mistral4", "flex_olmo"),
        *("granitemoeshared", "grok", "solar_open"),
    ),
    _STATE: (
        *("mamba", "mamba2", "falcon_mamba", "rwkv", "recurrent_gemma", "jamba", "zamba", "zamba2"),
        *("bamba", "falcon_h1", "nemotron_h", "lfm2", "xlstm", "olmo_hybrid", "qwen3_next"),
        *("qwen3_5", "qwen3_5_text", "granitemoehybrid", "kimi_linear"),
    ),
    _EMBEDDINGS: ("gemma3n", "gemma3n_text", "gemma4", "gemma4_text"),
    _BOTH_WAYS: ("bert", "roberta", "modernbert", "t5", "bart", "t5gemma", "t5gemma2", "llada"),
    _UNDONE: (
        *("bloom", "codegen", "cohere", "falcon", "glm", "gpt_bigcode", "gptj", "internlm3"),
        *("ministral", "mpt", "nanochat", "nemotron", "olmo", "opt", "persimmon", "phi"),
        *("stablelm",),
    ),
}
_OF_EXPERTS = re.compile(r"_?moe(_|\Z)")


def why_refused(model_type: str) -> str | None:
    """What such a model is; None for one that is not known at all."""
    for why, types in _WHY.items():
        if model_type in types:
            return why
    return _EXPERTS if _OF_EXPERTS.search(model_type) else None
