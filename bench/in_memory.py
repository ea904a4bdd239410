"""Random models and transcoders made where they are needed: on the card, without a file.

Llama's blocks, in the shape of any model, and per-layer transcoders whose rows lie in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from bench.workload import Size, encoder_bias, llama_config, word_tokenizer
from tracer.attribution.question import Ask
from tracer.documents.trace_info import FeaturesInfo, ModelInfo
from tracer.features.choose import FoundFeatures
from tracer.features.weights.dictionary import Dictionary, Settings, StoredLayer
from tracer.features.weights.stored import Array, Rows
from tracer.model.architectures import architecture_of
from tracer.model.load import Model
from tracer.model.tokens import Tokenizer

NOWHERE = Path("in-memory")
IDENTITY = "0" * 64
CONTEXT = 32_768


@dataclass(frozen=True)
class Held:
    """A tensor in memory, where `tracer.features.weights` expects one in a file."""

    tensor: Tensor
    name: str
    layer: int
    file: Path = NOWHERE
    bfloat16: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    def array(self) -> Array:
        found: Array = self.tensor.cpu().numpy()
        return found


@dataclass(frozen=True)
class HeldRows(Rows):
    """Rows that need not be read from anywhere."""

    stored: Held

    def blocks(self, size: int) -> Iterator[tuple[int, Tensor]]:
        for start in range(0, len(self), size):
            yield start, self.stored.tensor[start : start + size]

    def take(self, rows: Tensor) -> Tensor:
        return self.stored.tensor[rows.to(self.stored.tensor.device)]


def random_model(size: Size, device: str) -> Model:
    """The weights are the same for one size on one kind of device."""
    torch.manual_seed(0)
    with torch.device(device):
        config = llama_config(size, context=CONTEXT, tied=True)
        config._attn_implementation = "eager"  # the other kinds do not give the patterns
        causal_lm = LlamaForCausalLM(config).eval().requires_grad_(False)
    info = ModelInfo(
        name="local.random",
        identity=IDENTITY,
        family="llama",
        layers=size.layers,
        d_model=size.d_model,
    )
    tokenizer = Tokenizer(word_tokenizer(size), info.name, CONTEXT, size.vocabulary)
    return Model(info, info.name, causal_lm, tokenizer, architecture_of("llama"))


def random_transcoders(size: Size, device: str) -> FoundFeatures:
    """ReLU, per layer, of which about `per_position` are active at each position."""
    torch.manual_seed(1)
    d, bias = size.d_model, encoder_bias(size)

    def made(layer: int) -> StoredLayer:
        with torch.device(device):
            encoder, decoder = (torch.randn(size.features, d).div_(d**0.5) for _ in range(2))
            biases = torch.full((size.features,), bias), torch.randn(d) * 0.01
        return StoredLayer(
            encoder=HeldRows(Held(encoder, "W_enc", layer)),
            decoder=HeldRows(Held(decoder, "W_dec", layer)),
            encoder_bias=Held(biases[0], "b_enc", layer),
            decoder_bias=Held(biases[1], "b_dec", layer),
        )

    layers = [made(layer) for layer in range(size.layers)]
    dictionary = Dictionary(layers, Settings(reads="mlp.hook_in", writes="hook_mlp_out"))
    info = FeaturesInfo(source="local.random", kind="transcoders", identity=IDENTITY)
    return FoundFeatures(info, dictionary)


def neurons(model: Model) -> FoundFeatures:
    source = f"{model.source_name}.neurons"
    return FoundFeatures(FeaturesInfo(source=source, kind="neurons", identity=IDENTITY))


def random_question(size: Size, tokens: int) -> Ask:
    """So many tokens, the same ones each time; what is asked is left to the default."""
    chance = torch.Generator().manual_seed(tokens)
    drawn = torch.randint(2, size.vocabulary, (tokens - 1,), generator=chance).tolist()
    prompt = " ".join(f"t{one}" for one in drawn)
    return Ask(prompt=prompt, chat=None, token_ids=(0, *drawn), target=None, contrast=())
