"""Random models of a few thousand weights, saved as a user's own model folder would be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken
from tokenizers import Tokenizer as RustTokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from transformers import (
    ApertusConfig,
    ArceeConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    Cohere2Config,
    CwmConfig,
    Ernie4_5Config,
    Exaone4Config,
    Gemma2Config,
    Gemma3Config,
    Gemma3TextConfig,
    Glm4Config,
    GPT2Config,
    GPTNeoConfig,
    GPTNeoXConfig,
    GraniteConfig,
    HeliumConfig,
    HunYuanDenseV1Config,
    LlamaConfig,
    Ministral3Config,
    Mistral3Config,
    MistralConfig,
    Olmo2Config,
    Olmo3Config,
    Phi3Config,
    PixtralVisionConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
    SeedOssConfig,
    SiglipVisionConfig,
    SmolLM3Config,
    Starcoder2Config,
)

from tests.everyday import everyday
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

GEMMA: dict[str, Any] = {
    **SIZES,
    "head_dim": 12,
    "tie_word_embeddings": True,
    "sliding_window": 3,
    "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
    "query_pre_attn_scalar": 12,
}
GPT_NEOX: dict[str, Any] = {name: size for name, size in SIZES.items() if "key_value" not in name}


def _gemma_3_with_vision() -> PreTrainedConfig:
    vision = SiglipVisionConfig(
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=8,
        patch_size=4,
    )
    return Gemma3Config(
        text_config=Gemma3TextConfig(**GEMMA), vision_config=vision, mm_tokens_per_image=4
    )


FAMILIES: dict[str, Callable[[], PreTrainedConfig]] = {
    "llama": lambda: LlamaConfig(**SIZES),
    "llama-biases": lambda: LlamaConfig(
        **SIZES, attention_bias=True, mlp_bias=True, hidden_act="gelu"
    ),
    "llama-tied-full-heads": lambda: LlamaConfig(
        **{**SIZES, "num_key_value_heads": 4, "tie_word_embeddings": True}
    ),
    "mistral-sliding": lambda: MistralConfig(**SIZES, sliding_window=3),
    "qwen2": lambda: Qwen2Config(**SIZES),
    "qwen3": lambda: Qwen3Config(**SIZES, head_dim=12, attention_bias=True),
    "gpt2": lambda: GPT2Config(
        vocab_size=len(WORDS),
        n_embd=32,
        n_inner=48,
        n_layer=3,
        n_head=4,
        n_positions=64,
        bos_token_id=0,
        eos_token_id=0,
    ),
    "gpt-neox": lambda: GPTNeoXConfig(**GPT_NEOX),
    "gpt-neox-sequential": lambda: GPTNeoXConfig(
        **GPT_NEOX, use_parallel_residual=False, attention_bias=False
    ),
    "gemma2": lambda: Gemma2Config(
        **GEMMA, attn_logit_softcapping=5.0, final_logit_softcapping=3.0
    ),
    "gemma3": lambda: Gemma3TextConfig(**GEMMA),
    "gemma3-multimodal": _gemma_3_with_vision,
    "olmo2": lambda: Olmo2Config(**SIZES),
    "olmo2-biases": lambda: Olmo2Config(**SIZES, attention_bias=True),
    "phi3": lambda: Phi3Config(**SIZES, pad_token_id=0),
}
MIXED: dict[str, Any] = {name: GEMMA[name] for name in ("sliding_window", "layer_types")}
HEADS: dict[str, Any] = {**SIZES, "head_dim": 8}
# Of these the forward pass and one account are looked at every day, all the rest by `slow` tests.
LATER: dict[str, Callable[[], PreTrainedConfig]] = {
    "smollm3": lambda: SmolLM3Config(**SIZES, no_rope_layers=[1, 0, 1], pad_token_id=0),
    "ministral3": lambda: Ministral3Config(**HEADS, sliding_window=3, pad_token_id=0),
    "mistral3-multimodal": lambda: _mistral_3_with_vision(),
    "seed-oss": lambda: SeedOssConfig(**HEADS, attention_bias=True, pad_token_id=0),
    "hunyuan": lambda: HunYuanDenseV1Config(**HEADS, pad_token_id=0),
    "ernie4.5": lambda: Ernie4_5Config(**HEADS, use_bias=True, pad_token_id=0),
    "cwm": lambda: CwmConfig(**HEADS, **MIXED, pad_token_id=0),
    "olmo3": lambda: Olmo3Config(**SIZES, **MIXED, pad_token_id=0),
    "exaone4": lambda: Exaone4Config(**SIZES, **MIXED, pad_token_id=0),
    "glm4": lambda: Glm4Config(**HEADS, attention_bias=True, pad_token_id=0),
    "arcee": lambda: ArceeConfig(**HEADS, mlp_bias=True, pad_token_id=0),
    "apertus": lambda: ApertusConfig(**SIZES, pad_token_id=0),
    "starcoder2": lambda: Starcoder2Config(**SIZES, sliding_window=3),
    "granite": lambda: GraniteConfig(
        **SIZES,
        embedding_multiplier=3.0,
        residual_multiplier=0.6,
        attention_multiplier=0.5,
        logits_scaling=2.5,
        pad_token_id=0,
    ),
    "cohere2": lambda: Cohere2Config(**HEADS, **MIXED, logit_scale=0.4, pad_token_id=0),
    "gpt-neo": lambda: GPTNeoConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        intermediate_size=48,
        num_layers=3,
        num_heads=4,
        max_position_embeddings=64,
        window_size=3,
        attention_types=[[["global", "local"], 1], [["global"], 1]],
        bos_token_id=0,
        eos_token_id=0,
    ),
    "helium": lambda: HeliumConfig(**HEADS, attention_bias=True, pad_token_id=0),
}
# What these differ in from their neighbours above is looked at by tests of its own.
VARIANTS = ("llama-tied-full-heads", "gemma3-multimodal", "olmo2")
EVERY_FAMILY = everyday([*FAMILIES, *LATER], [one for one in FAMILIES if one not in VARIANTS])
# Whose blocks are put together differently: enough each day for what stands upon the sweep.
UNLIKE = ("llama", "gpt2", "gpt-neox", "gemma2")
UNLIKE_FAMILIES = everyday([*FAMILIES, *LATER], UNLIKE)


def _mistral_3_with_vision() -> PreTrainedConfig:
    vision = PixtralVisionConfig(
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=8,
        patch_size=4,
    )
    text = Ministral3Config(**HEADS, pad_token_id=0)
    return Mistral3Config(text_config=text, vision_config=vision, tie_word_embeddings=False)


def auto_class(config: PreTrainedConfig) -> Any:
    """By which transformers loads such a model."""
    sees = config.model_type == "mistral3"
    return AutoModelForImageTextToText if sees else AutoModelForCausalLM


def save_tiny_model(folder: Path, family: str = "llama", seed: int = 0) -> Path:
    """Weights large enough that every layer matters, and a word-level tokenizer."""
    torch.manual_seed(seed)
    config = {**FAMILIES, **LATER}[family]()
    model = auto_class(config).from_config(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            scale = 0.2 if "bias" in name else 1.0 / weight.shape[-1] ** 0.5
            centre = 1.0 if _is_norm(name) and "Gemma" not in type(model).__name__ else 0.0
            weight.copy_(centre + scale * torch.randn_like(weight))
    model.save_pretrained(folder)
    save_word_tokenizer(folder, WORDS)
    return folder


def save_word_tokenizer(folder: Path, names: Sequence[str]) -> None:
    """One token a word, each with its space in front; the first two are `<s>` and `<unk>`."""
    words = RustTokenizer(
        WordLevel({word: index for index, word in enumerate(names)}, unk_token="<unk>")
    )
    words.pre_tokenizer = Split(" ", "merged_with_next")
    # Families that build their own tokenizer around the vocabulary keep words added to it.
    words.add_tokens([AddedToken(word, normalized=False) for word in names[2:]])
    PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="<s>", unk_token="<unk>"
    ).save_pretrained(folder)


def _is_norm(parameter: str) -> bool:
    module, _, kind = parameter.rpartition(".")
    return kind == "weight" and ("norm" in module or module.rpartition(".")[2].startswith("ln_"))


def exact_tiny_model(folder: Path, family: str = "llama") -> Model:
    """A tiny model in float64, norms included (transformers computes RMS norms in float32)."""
    return in_float64(load_model(str(save_tiny_model(folder, family)), device="cpu"))


def in_float64(model: Model) -> Model:
    """The same model, its numbers widened in place."""
    model.causal_lm.double()
    for module in model.causal_lm.modules():
        kind = type(module).__name__
        if kind.endswith("RMSNorm") or kind == "Cohere2LayerNorm":
            module.forward = _exact_norm(module)
    return model


def _exact_norm(norm: Any) -> Any:
    epsilon = norm.variance_epsilon if hasattr(norm, "variance_epsilon") else norm.eps
    offset = 1.0 if type(norm).__name__.startswith("Gemma") else 0.0

    def forward(x: torch.Tensor) -> torch.Tensor:
        if type(norm).__name__.endswith("LayerNorm"):
            x = x - x.mean(-1, keepdim=True)
        variance = x.pow(2).mean(-1, keepdim=True)
        scale: torch.Tensor = offset + norm.weight
        return scale * (x * torch.rsqrt(variance + epsilon))

    return forward


def hidden_units(model: Model, token_ids: tuple[int, ...]) -> list[torch.Tensor]:
    """Per layer (positions, neurons): what the real model's MLPs hand to their down projection."""
    hidden: list[torch.Tensor] = []
    down = model.architecture.down
    handles = [
        block.get_submodule(down).register_forward_pre_hook(
            lambda _, inputs: hidden.append(inputs[0][0])
        )
        for block in model.module(model.architecture.layers)
    ]
    with torch.no_grad():
        model.causal_lm(torch.tensor([token_ids]))
    for handle in handles:
        handle.remove()
    return hidden


def save_chatty_model(folder: Path) -> Path:
    """A tiny model whose chat template is made of words that its tokenizer knows; the day comes
    first, as a number, where one is given."""
    save_tiny_model(folder)
    (folder / "chat_template.jinja").write_text(
        "{% if date_string is defined %} w{{ date_string[:2] | int }}{% endif %}"
        "{% for m in messages %} w50{{ m.content }} w51{% endfor %}"
        "{% if add_generation_prompt %} w52{% endif %}",
        encoding="utf-8",
    )
    return folder
