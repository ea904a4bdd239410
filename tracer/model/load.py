"""Load a causal language model with its tokenizer, ready to be frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from tracer.documents.graph import AdapterInfo, ModelInfo
from tracer.documents.listed_settings import DEFAULT_MODEL
from tracer.documents.trace_settings import Device, Precision
from tracer.errors import TracerError
from tracer.model.architectures import Architecture, architecture_of
from tracer.model.default_model import Say
from tracer.model.files import ModelFiles, find_model
from tracer.model.given import as_device, as_precision
from tracer.model.layer_weights import LayerWeights, layer_weights
from tracer.model.merge import merge
from tracer.model.precision import DTYPES
from tracer.model.third_party import third_party
from tracer.model.tokens import Tokenizer, load_tokenizer
from tracer.model.unneeded_memory import let_go
from tracer.model.weights import load_weights


@dataclass(frozen=True)
class Model:
    """A model in evaluation mode, its tokenizer, and views of its linear pieces."""

    info: ModelInfo
    source_name: str
    causal_lm: Any  # transformers' PreTrainedModel
    tokenizer: Tokenizer
    architecture: Architecture
    notices: tuple[str, ...] = ()  # what is not as it was said to be

    def __repr__(self) -> str:
        info, dtype = self.info, str(self.dtype).removeprefix("torch.")
        size = f"{info.layers} layers of width {info.d_model}"
        return f"<Model {info.full_name}: {info.family}, {size}, {dtype} on {self.device}>"

    @property
    def device(self) -> torch.device:
        return cast(torch.device, self.causal_lm.device)

    @property
    def dtype(self) -> torch.dtype:
        return cast(torch.dtype, self.causal_lm.dtype)

    @property
    def config(self) -> Any:
        """The text model's configuration, by transformers' common names."""
        return self.causal_lm.config.get_text_config()

    @property
    def context(self) -> int:
        """The most tokens the model was made for."""
        return cast(int, self.config.max_position_embeddings)

    @property
    def softcap(self) -> float | None:
        """Where the model caps its logits softly, how far they go: `cap · tanh(raw / cap)`."""
        return getattr(self.config, "final_logit_softcapping", None) or None

    @property
    def end_tokens(self) -> frozenset[int]:
        """The tokens that end a text."""
        ends = self.causal_lm.generation_config.eos_token_id
        return frozenset([] if ends is None else ends if isinstance(ends, list) else [ends])

    @property
    def parallel_residual(self) -> bool:
        """Whether a block's MLP reads the stream in front of its attention, not behind it."""
        switch = self.architecture.parallel_switch
        return switch is not None and bool(getattr(self.config, switch))

    def let_go(self) -> None:
        """Weights that were read take memory again only where they are read again."""
        let_go(self.causal_lm.parameters())

    def module(self, name: str) -> Any:
        return self.causal_lm.get_submodule(name)

    @cached_property
    def layers(self) -> list[LayerWeights]:
        heads = self.config.num_attention_heads
        kv_heads = getattr(self.config, "num_key_value_heads", None) or heads
        blocks = self.module(self.architecture.layers)
        return [
            layer_weights(self.architecture, block, heads=heads, kv_heads=kv_heads)
            for block in blocks
        ]

    @property
    def unembedding(self) -> Tensor:
        """(vocabulary, d_model)"""
        return cast(Tensor, self.module(self.architecture.unembedding).weight)

    @property
    def unembedding_bias(self) -> Tensor | None:
        """(vocabulary,)"""
        return cast("Tensor | None", self.module(self.architecture.unembedding).bias)


def load_model(
    name: str = DEFAULT_MODEL,
    *,
    adapter: str | Path | Sequence[str | Path] = (),
    device: Device = "auto",
    precision: Precision = "float32",
    say: Say = lambda _: None,
) -> Model:
    """Load a model by name: the default, a hub id (`org/repo[@revision]`) or a local folder.

    `precision` is the number format of the weights and of all that is traced with them; `say` is
    told of downloads and conversions. Weights are read from safetensors and GGUF only. `adapter`
    names LoRA folders as peft saves them, merged into the weights in order. PyTorch's names of
    devices and number formats (`cuda:0`, `float16`) are understood too.

    Raises TracerError when it cannot be had, is not whole, is of a family that is not supported,
    an adapter does not fit it or holds what is not followed, or the device is absent.
    """
    chosen, precision = choose_device(as_device(device)), as_precision(precision)
    if not isinstance(name, str | Path):
        raise _no_model(name)
    with third_party(f"the model `{name}` cannot be loaded"):
        files = find_model(str(name), say, adapters=adapter_folders(adapter))
        return open_model(files, device=chosen, precision=precision)


def as_model(given: Any) -> Model:
    """A model, or the name of one, which is then loaded as `load_model` does; the last that was
    named so is kept. Raises TracerError for anything else."""
    if isinstance(given, Model):
        return given
    if isinstance(given, str | Path):
        return _named(str(given))
    raise _no_model(given)


@lru_cache(maxsize=1)
def _named(name: str) -> Model:
    return load_model(name)


def _no_model(given: object) -> TracerError:
    what = f"a model is named, or what `tracer.load_model` gives, not a {type(given).__name__}"
    hint = "`tracer.load_model(NAME)` takes the default, a hub id or a local folder"
    if hasattr(given, "save_pretrained"):
        hint = "save it with its tokenizer by `save_pretrained(FOLDER)`, then name the folder"
    return TracerError(what, hint=hint)


def adapter_folders(adapter: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """One or several, as paths."""
    return tuple(map(Path, [adapter] if isinstance(adapter, str | Path) else adapter))


def open_model(
    files: ModelFiles, *, device: torch.device | str = "cpu", precision: Precision = "float32"
) -> Model:
    """Load the weights of files already found, adapters merged into them. Raises TracerError when
    they are not whole, or an adapter does not fit."""
    causal_lm = load_weights(files, DTYPES[precision])
    for adapter in files.adapters:
        merge(causal_lm, adapter)
    causal_lm = causal_lm.eval().requires_grad_(False).to(device)
    config = causal_lm.config.get_text_config()
    info = ModelInfo(
        name=files.name,
        identity=files.identity,
        family=files.family,
        layers=config.num_hidden_layers,
        d_model=config.hidden_size,
        adapters=tuple(AdapterInfo(name=one.name, identity=one.identity) for one in files.adapters)
        or None,
    )
    return Model(
        info=info,
        source_name=files.source_name,
        causal_lm=causal_lm,
        tokenizer=load_tokenizer(files),
        architecture=architecture_of(causal_lm.config.model_type),
        notices=files.notices,
    )


def choose_device(device: Device = "auto") -> torch.device:
    """`auto` takes CUDA, then MPS, then the CPU. Raises TracerError for one that is absent."""
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if device == "auto":
        return torch.device(next(name for name, here in present.items() if here))
    if not present[device]:
        here = ", ".join(name for name, is_here in present.items() if is_here)
        raise TracerError(
            f"there is no {device} device on this machine", hint=f"use --device auto (here: {here})"
        )
    return torch.device(device)
