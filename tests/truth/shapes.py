"""Two shapes of model, GPT-2 and Llama: their sizes, and weights by their own names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

Shape = Literal["gpt2", "llama"]
Layer = dict[str, Tensor]
D_MODEL, HEADS, POSITIONS = 80, 4, 10
HEAD_DIM = D_MODEL // HEADS
THETA = 1e10  # rotary frequencies are 1, 0.1, 0.01, …: the slower ones do not tell near positions


def save_model(
    shape: Shape, words: Layer, layers: Sequence[Layer], *, norm: float, folder: Path
) -> None:
    """`words` and `layers` hold matrices as (out, in); all norms have this weight, and what is not
    given is 0."""
    make: Callable[[int, int, int], Any] = _gpt2 if shape == "gpt2" else _llama
    causal_lm = make(len(words["embedding"]), len(layers[0]["gate"]), len(layers))
    named = (_gpt2_names if shape == "gpt2" else _llama_names)(words, layers)
    state = {key: torch.zeros_like(one) for key, one in causal_lm.state_dict().items()}
    for key in state:
        if key.endswith("weight") and ("norm" in key or ".ln_" in key):
            state[key] += norm
    assert named.keys() <= state.keys(), named.keys() - state.keys()
    causal_lm.load_state_dict(state | {key: one.float() for key, one in named.items()})
    causal_lm.save_pretrained(folder)


def _llama(vocabulary: int, width: int, layers: int) -> Any:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=D_MODEL,
            intermediate_size=width,
            num_hidden_layers=layers,
            num_attention_heads=HEADS,
            num_key_value_heads=HEADS,
            max_position_embeddings=POSITIONS,
            rope_theta=THETA,
            mlp_bias=True,
            bos_token_id=0,
            eos_token_id=0,
            tie_word_embeddings=False,
        )
    )


def _llama_names(words: Layer, layers: Sequence[Layer]) -> Layer:
    named = {"model.embed_tokens.weight": words["embedding"]}
    named["lm_head.weight"] = words["unembedding"]
    for number, layer in enumerate(layers):
        block = f"model.layers.{number}"
        named |= {f"{block}.self_attn.{one}_proj.weight": layer[one] for one in "qkvo"}
        for one in ("gate", "up", "down"):
            named[f"{block}.mlp.{one}_proj.weight"] = layer[one]
        for one in ("gate", "up"):
            named[f"{block}.mlp.{one}_proj.bias"] = layer[f"{one}_bias"]
    return named


def _gpt2(vocabulary: int, width: int, layers: int) -> Any:
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocabulary,
            n_embd=D_MODEL,
            n_inner=width,
            n_layer=layers,
            n_head=HEADS,
            n_positions=POSITIONS,
            activation_function="relu",
            bos_token_id=0,
            eos_token_id=0,
            tie_word_embeddings=False,
        )
    )


def _gpt2_names(words: Layer, layers: Sequence[Layer]) -> Layer:
    named = {"transformer.wte.weight": words["embedding"]}
    named |= {"transformer.wpe.weight": words["positions"], "lm_head.weight": words["unembedding"]}
    for number, layer in enumerate(layers):
        block = f"transformer.h.{number}"
        joined = torch.cat([layer[one] for one in "qkv"])
        named |= {
            f"{block}.attn.c_attn.weight": joined.T,
            f"{block}.attn.c_proj.weight": layer["o"].T,
            f"{block}.mlp.c_fc.weight": layer["gate"].T,
            f"{block}.mlp.c_fc.bias": layer["gate_bias"],
            f"{block}.mlp.c_proj.weight": layer["down"].T,
        }
    return named
