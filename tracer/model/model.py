"""A model in memory, as everything that traces it sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import Any, cast

import torch
from torch import Tensor

from tracer.documents.trace_info import ModelInfo
from tracer.model.architectures import Architecture
from tracer.model.layer_weights import LayerWeights, layer_weights
from tracer.model.tokens import Tokenizer
from tracer.model.unneeded_memory import let_go


@dataclass(frozen=True)
class Model:
    """A model in evaluation mode, its tokenizer, and views of its linear pieces."""

    info: ModelInfo
    source_name: str
    causal_lm: Any  # transformers' PreTrainedModel
    tokenizer: Tokenizer
    architecture: Architecture
    notices: tuple[str, ...] = ()  # what is not as it was said to be
    stays: bool = False  # it is asked again and again: what was read of it stays in memory
    # Held while it runs, whole or in part: what is hooked into it then is seen by every thread.
    alone: Any = field(default_factory=RLock, repr=False, compare=False)

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
        return self.architecture.parallel or (
            switch is not None and bool(getattr(self.config, switch))
        )

    @property
    def residual_multiplier(self) -> float | None:
        """What scales all that attention and MLP add to the residual stream, in some families."""
        name = self.architecture.residual_multiplier
        return None if name is None else float(getattr(self.config, name))

    @property
    def logit_scale(self) -> float:
        """What the unembedding gives, times this, are the logits in front of any softcap."""
        times, over = self.architecture.logit_multiplier, self.architecture.logit_divisor
        scale = 1.0 if times is None else float(getattr(self.config, times))
        return scale if over is None else scale / float(getattr(self.config, over))

    def let_go(self) -> None:
        """Weights that were read take memory again only where they are read again."""
        if not self.stays:
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
