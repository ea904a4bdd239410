"""An independent forward pass of the frozen model, to test edges against.

transformers' own model runs once more on the same tokens, with its attention patterns and the
scales of its norms held at what they were, and MLP outputs as constants that a test may change.
Knows no family and shares no code with tracer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from tracer.model.load import Model


@dataclass
class Nudge:
    """Something added to what sources write."""

    tokens: dict[int, Tensor] = field(default_factory=dict)  # position -> (d_model,)
    mlps: dict[tuple[int, int], Tensor] = field(default_factory=dict)  # layer, position
    # What joins the stream behind the MLP, behind any post-norm: layer, position.
    streams: dict[tuple[int, int], Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Skip:
    """A linear connection past each MLP: what changes at `reads`, a key of `Rerun.read`, comes out
    again in the place of the MLP's output, or behind its post-norm."""

    matrices: list[Tensor]  # per layer (d_model, d_model), for `x @ matrix`
    reads: str
    behind_post_norm: bool


@dataclass
class Rerun:
    """What one frozen pass gave."""

    bottom: Tensor  # (n, d_model), the stream in front of the first block
    read: dict[str, list[Tensor]]  # by hook's name, per layer (n, d_model): in front of the MLP
    mlp_inputs: list[Tensor]  # per layer (n, d_model)
    mlp_outputs: list[Tensor]  # per layer (n, d_model)
    raw_logits: Tensor  # (vocabulary,) at the last position, scaled, in front of any softcap


OF_PATTERNS = ("q_norm", "k_norm", "query_layernorm", "key_layernorm")
READS = ("hook_resid_mid", "ln2.hook_normalized", "mlp.hook_in")


class FrozenModel:
    """One model on one prompt, frozen at its first run."""

    def __init__(self, model: Model, token_ids: tuple[int, ...], skip: Skip | None = None) -> None:
        self.skip = skip
        self.lm = model.causal_lm
        self.token_ids = torch.tensor([token_ids])
        self.patterns: dict[int, Tensor] = {}
        self.spreads: dict[Any, Tensor] = {}
        self.outputs: list[Tensor] = []
        self.latest: tuple[Tensor, ...] = ()  # the last norm's result, input, and that input scaled
        depth = model.info.layers
        blocks = next(
            one
            for one in self.lm.modules()
            if isinstance(one, torch.nn.ModuleList) and len(one) == depth
        )
        self.blocks: list[Any] = list(blocks)
        self.real = self.run()
        self.outputs = self.real.mlp_outputs

    @torch.no_grad()
    def run(self, nudge: Nudge | None = None) -> Rerun:
        nudge = nudge or Nudge()
        read: dict[str, list[Tensor]] = {name: [] for name in READS}
        seen = Rerun(torch.empty(0), read, [], [], torch.empty(0))
        with self._hooked(nudge, seen), self._attention():
            self.lm(self.token_ids, use_cache=False)
        return seen

    def neuron(self, layer: int, index: int, position: int, run: Rerun) -> float:
        """One neuron's activation in a rerun, by the half rule, its non-linearity frozen."""
        mlp = self.blocks[layer].mlp
        then, now = (_parts(mlp, one.mlp_inputs[layer][position]) for one in (self.real, run))
        gate, acted = then[0][index], _activation(mlp)(then[0])[index]
        if len(then) == 1:
            return float(acted / gate * now[0][index])
        up = then[1][index]
        return float(0.5 * acted / gate * up * now[0][index] + 0.5 * acted * now[1][index])

    @contextmanager
    def _attention(self) -> Iterator[None]:
        """The first run's patterns, whatever the queries and keys."""
        code = sys.modules[type(self.blocks[0]).__module__]
        if hasattr(code, "GPTNeoSelfAttention"):  # older than the others
            with patch.object(code.GPTNeoSelfAttention, "_attn", self._attend_in_gpt_neo()):
                yield
            return
        real = code.eager_attention_forward

        def attend(module: Any, query: Tensor, key: Tensor, value: Tensor, *rest: Any, **kw: Any):  # type: ignore[no-untyped-def]
            if module.layer_idx not in self.patterns:
                result = real(module, query, key, value, *rest, **kw)
                self.patterns[module.layer_idx] = result[1]
                return result
            pattern = self.patterns[module.layer_idx]  # (1, heads, n, n)
            shared = pattern.shape[1] // value.shape[1]
            mixed = pattern @ value.repeat_interleave(shared, dim=1)
            return mixed.transpose(1, 2), pattern

        with patch.object(code, "eager_attention_forward", attend):
            yield

    def _attend_in_gpt_neo(self) -> Any:
        code: Any = sys.modules[type(self.blocks[0]).__module__]
        real = code.GPTNeoSelfAttention._attn

        def attend(module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Any) -> Any:
            if module.layer_id not in self.patterns:
                self.patterns[module.layer_id] = real(module, query, key, value, mask)[1]
            pattern = self.patterns[module.layer_id]
            return pattern @ value, pattern

        return attend

    @contextmanager
    def _hooked(self, nudge: Nudge, seen: Rerun) -> Iterator[None]:
        def token(_: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            stream = inputs[0].clone()
            for position, change in nudge.tokens.items():
                stream[0, position] += change
            seen.bottom = stream[0]
            return stream, *inputs[1:]

        def norm(module: Any, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            x, centres = inputs[0], _centres(module)
            now = _spread(module, x)
            then = self.spreads.setdefault(module, now)
            bias = getattr(module, "bias", None)
            bias = 0 if bias is None else bias
            result = (output - bias) * (now / then) + bias
            self.latest = (result, x, (x - x.mean(-1, keepdim=True) if centres else x) / then)
            return result

        def note_reads(x: Tensor) -> None:
            result, before, scaled = self.latest
            is_norm = result is x  # some families have no norm in front of the MLP
            for name, one in zip(READS, (before, scaled, x), strict=True):
                seen.read[name].append((one if is_norm else x)[0])

        def skipped(layer: int) -> Tensor | int:
            if self.skip is None or not self.outputs:
                return 0
            now, then = (one.read[self.skip.reads][layer] for one in (seen, self.real))
            return (now - then) @ self.skip.matrices[layer]

        def mlp(layer: int) -> Any:
            def hook(_: Any, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
                output = (self.outputs[layer] if self.outputs else output[0]).clone()
                note_reads(inputs[0])
                for (at, position), change in nudge.mlps.items():
                    if at == layer:
                        output[position] += change
                if self.skip is not None and not self.skip.behind_post_norm:
                    output += skipped(layer)
                seen.mlp_inputs.append(inputs[0][0])
                seen.mlp_outputs.append(output)
                return output[None]

            return hook

        def block(layer: int) -> Any:
            def hook(_: Any, _inputs: Any, output: Any) -> Any:
                stream = (output if torch.is_tensor(output) else output[0]).clone()
                for (at, position), change in nudge.streams.items():
                    if at == layer:
                        stream[0, position] += change
                if self.skip is not None and self.skip.behind_post_norm:
                    stream += skipped(layer)
                return stream if torch.is_tensor(output) else (stream, *output[1:])

            return hook

        def unembedding(_: Any, _inputs: Any, output: Tensor) -> None:
            said = self.lm.config
            scale = getattr(said, "logit_scale", 1.0) / getattr(said, "logits_scaling", 1.0)
            seen.raw_logits = output[0, -1] * scale

        handles = [
            self.blocks[0].register_forward_pre_hook(token),
            self.lm.get_output_embeddings().register_forward_hook(unembedding),
        ]
        for layer, module in enumerate(self.blocks):
            handles.append(module.mlp.register_forward_hook(mlp(layer)))
            handles.append(module.register_forward_hook(block(layer)))
        for name, module in self.lm.named_modules():
            # Norms of queries and keys decide patterns, which are frozen as a whole.
            if type(module).__name__.endswith("Norm") and not name.endswith(OF_PATTERNS):
                handles.append(module.register_forward_hook(norm))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _centres(norm: Any) -> bool:
    return type(norm).__name__.endswith("LayerNorm")


def _spread(norm: Any, x: Tensor) -> Tensor:
    """What a norm divides by, (1, n, 1)."""
    epsilon = norm.variance_epsilon if hasattr(norm, "variance_epsilon") else norm.eps
    if _centres(norm):
        x = x - x.mean(-1, keepdim=True)
    variance: Tensor = x.square().mean(-1, keepdim=True) + epsilon
    return variance.sqrt()


def _parts(mlp: Any, x: Tensor) -> tuple[Tensor, ...]:
    """What goes into the non-linearity, and what its result is multiplied by, if anything."""
    if hasattr(mlp, "gate_up_proj"):
        both: Tensor = mlp.gate_up_proj(x)
        return both.chunk(2, -1)
    if hasattr(mlp, "gate_proj"):
        return mlp.gate_proj(x), mlp.up_proj(x)
    first = next(one for one in ("c_fc", "dense_h_to_4h", "up_proj") if hasattr(mlp, one))
    return (getattr(mlp, first)(x),)


def _activation(mlp: Any) -> Any:
    return next(
        getattr(mlp, one) for one in ("act_fn", "activation_fn", "act") if hasattr(mlp, one)
    )
