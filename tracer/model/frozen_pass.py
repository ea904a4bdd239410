"""One forward pass, recorded so that the residual stream can be read as a linear map.

With attention patterns and norm scales held fixed and every MLP output taken as a constant
source, each later residual stream is linear in the sources. Source: Ameisen et al. 2025,
"Circuit Tracing", "Attribution graphs"; nothing else is approximated. What differs between model
families is in the rows of `architectures`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from tracer.errors import TracerError
from tracer.model.attention_map import AttentionMap
from tracer.model.frozen_norm import FrozenNorm, constant_scale, freeze_norm, wide
from tracer.model.model import Model
from tracer.model.precision import wider

MOST_KEPT = 2**24  # numbers of attention maps
Norms = tuple[FrozenNorm | None, ...]  # per layer, None where the family has none there


@dataclass(frozen=True)
class FrozenPass:
    """What one forward pass left behind. `n` is the number of positions."""

    model: Model
    token_ids: tuple[int, ...]
    patterns: tuple[Tensor, ...]  # per layer (heads, n queries, n keys)
    attention_norms: Norms  # in front of attention
    attention_post_norms: Norms  # behind it, before its output joins the residual stream
    mlp_norms: Norms  # in front of the MLP
    mlp_post_norms: Norms  # behind it, before its output joins the residual stream
    streams: tuple[Tensor, ...]  # per layer (n, d_model), in front of the MLP's norm
    mlp_inputs: tuple[Tensor, ...]  # per layer (n, d_model), normalised: what the neurons read
    mlp_outputs: tuple[Tensor, ...]  # per layer (n, d_model), in front of any post-norm
    embeddings: Tensor  # (n, d_model), the residual stream at its bottom
    final_norm: FrozenNorm
    final_stream: Tensor  # (n, d_model), normalised: what the unembedding reads
    raw_logits: Tensor  # (vocabulary,), at the last position, scaled, in front of any softcap
    logits: Tensor  # (vocabulary,), the model's own
    attention_named: tuple[Mapping[str, Any], ...]  # per layer, what attention got besides streams

    @property
    def n_positions(self) -> int:
        return len(self.token_ids)

    @property
    def n_layers(self) -> int:
        return len(self.patterns)

    @property
    def n_heads(self) -> int:
        """Query heads of a layer."""
        return len(self.patterns[0])

    def block_input(self, layer: int) -> Tensor:
        """(n, d_model): the residual stream in front of a layer, or behind the last one."""
        if layer == 0:
            return self.embeddings
        if self.model.parallel_residual and layer < self.n_layers:
            return self.streams[layer]
        below = layer - 1
        stream = self.streams[below]
        if self.model.parallel_residual:
            stream = stream + self.push_through_attention(below, stream)
        return stream + self.push_through_mlp_post_norm(below, self.mlp_outputs[below])

    def push_through_attention(self, layer: int, stream: Tensor) -> Tensor:
        """(n, d_model): what a layer's attention adds to the stream that it reads."""
        added = self.attention_map(layer).transposed.apply(stream)
        constant = self.attention_constant(layer)
        return added if constant is None else added + constant

    def attention_call(self, layer: int) -> tuple[Any, Mapping[str, Any]]:
        """A layer's attention module, and what it was given besides what it reads."""
        names = self.model.architecture
        block = self.model.module(names.layers)[layer]
        return block.get_submodule(names.attention), self.attention_named[layer]

    def attention_map(self, layer: int) -> AttentionMap:
        """The frozen attention block, its norms folded in; kept where all are small."""
        if layer not in self._maps:
            found = self._attention_map(layer)
            numbers = found.enter.numel() + found.pattern.numel() + found.leave.numel()
            if numbers * self.n_layers > MOST_KEPT:
                return found
            self._maps[layer] = found
        return self._maps[layer]

    @cached_property
    def _maps(self) -> dict[int, AttentionMap]:
        return {}

    def _attention_map(self, layer: int) -> AttentionMap:
        weights = self.model.layers[layer]
        kv_heads, head_dim, d_model = weights.value.shape
        pattern = self.patterns[layer].transpose(1, 2)  # (heads, keys, queries)
        before, behind = self.attention_norms[layer], self.attention_post_norms[layer]
        # Those that share a key-value head are neighbours in the model; here they stand apart.
        output = weights.output.view(d_model, kv_heads, -1, head_dim).permute(2, 1, 3, 0)
        output = output.reshape(-1, d_model)
        pattern = pattern.view(kv_heads, -1, *pattern.shape[1:]).transpose(0, 1).flatten(0, 1)
        value = weights.value.flatten(0, 1)  # (kv_heads * head_dim, d_model)
        if behind is not None:
            output = behind.map_pushed(output)
            pattern = pattern * behind.scale
        if before is not None:
            value = before.map_pulled(value)
            pattern = pattern * before.scale[:, None]
        return AttentionMap(enter=output, pattern=pattern, leave=value.T)

    def pull_through_attention(self, layer: int, gradient: Tensor) -> Tensor:
        """One gradient, (positions, d_model), from behind a layer's attention to in front."""
        return gradient + self.attention_map(layer).to(gradient.dtype).apply(gradient)

    def pull_through_block(self, layer: int, gradient: Tensor, on_stream: Tensor) -> Tensor:
        """The gradient in front of a whole block, from the one behind it and the one on the
        stream that its MLP reads, both (positions, d_model)."""
        if self.model.parallel_residual:
            return self.pull_through_attention(layer, gradient) + on_stream
        return self.pull_through_attention(layer, gradient + on_stream)

    def pull_through_mlp_norm(self, layer: int, positions: Tensor, gradient: Tensor) -> Tensor:
        """From gradients on the MLP's normalised input, (m, d_model) at `positions` (m,), to
        gradients on the residual stream in front of its norm."""
        return _pull(self.mlp_norms[layer], gradient, positions)

    def push_through_mlp_norm(self, layer: int, stream: Tensor, positions: Tensor) -> Tensor:
        """What joins the MLP's normalised input, (m, d_model), of what joins the residual stream
        in front of its norm at `positions` (m,)."""
        norm = self.mlp_norms[layer]
        return stream if norm is None else norm.push(stream, positions)

    def mlp_norm_constant(self, layer: int) -> Tensor | None:
        """(d_model,): what the MLP's normalised input holds whatever the stream is."""
        norm = self.mlp_norms[layer]
        return None if norm is None else norm.bias

    def pull_through_mlp_post_norm(
        self, layer: int, gradient: Tensor, positions: Tensor | slice = slice(None)
    ) -> Tensor:
        """From gradients on the residual stream behind the MLP, (m, d_model) at `positions`, to
        gradients on the MLP's output as its module gives it."""
        return _pull(self.mlp_post_norms[layer], gradient, positions)

    def push_through_mlp_post_norm(
        self, layer: int, written: Tensor, positions: Tensor | slice = slice(None)
    ) -> Tensor:
        """What joins the residual stream, (m, d_model), of what is written to the MLP's output at
        `positions` (m,)."""
        norm = self.mlp_post_norms[layer]
        return written if norm is None else norm.push(written, positions)

    def pull_through_final_norm(self, gradient: Tensor) -> Tensor:
        """From gradients on the normalised last position, (targets, d_model), to gradients on
        the final residual stream there."""
        return self.final_norm.pull(gradient, slice(-1, None))

    def attention_constant(self, layer: int) -> Tensor | None:
        """(n, d_model): what a layer's biases add behind attention whatever it reads."""
        weights, norm = self.model.layers[layer], self.attention_norms[layer]
        read, carried = weights.value_bias, None
        if norm is not None and norm.bias is not None:
            read = (0 if read is None else read) + weights.value @ norm.bias  # (kv_heads, head_dim)
        if read is not None:
            groups = weights.output.shape[1] // weights.value.shape[0]
            by_head = read.repeat_interleave(groups, 0)  # (heads, head_dim)
            attended = self.patterns[layer].sum(-1)  # (heads, n): one, up to rounding
            carried = torch.einsum("dhe,he,hn->nd", weights.output, by_head, attended)
        if weights.output_bias is not None:
            bias = weights.output_bias.expand(self.n_positions, -1)
            carried = bias if carried is None else carried + bias
        post_norm = self.attention_post_norms[layer]
        if carried is None or post_norm is None:
            return carried
        return post_norm.push(carried, slice(None))


def freeze(model: Model, token_ids: tuple[int, ...]) -> FrozenPass:
    """Run the real model once on one prompt and record its frozen pass.

    Raises TracerError when the model's numbers overflow (fp16 and bf16 can).
    """
    frozen = record(model, token_ids)
    if not torch.isfinite(frozen.logits).all():
        raise TracerError(
            f"the model's logits are not finite in {str(model.dtype).removeprefix('torch.')}",
            hint=wider(model.dtype),
        )
    return frozen


@torch.no_grad()
def record(model: Model, token_ids: tuple[int, ...]) -> FrozenPass:
    """The same, whatever the numbers are."""
    ids = torch.tensor([token_ids], device=model.device)
    with model.alone, _recording(model) as seen:
        result = model.causal_lm(ids, output_attentions=True, use_cache=False)
    logits = wide(result.logits[0, -1])

    def by_layer(name: str) -> tuple[Any, ...]:
        return tuple(seen.get((name, layer)) for layer in range(model.info.layers))

    if (multiplier := model.residual_multiplier) is not None:
        scaled = constant_scale(seen["block_input", 0], multiplier)
        for layer in range(model.info.layers):
            seen["attention_post_norm", layer] = seen["mlp_post_norm", layer] = scaled

    return FrozenPass(
        model=model,
        token_ids=token_ids,
        patterns=tuple(one[0] for one in result.attentions),
        attention_norms=by_layer("attention_norm"),
        attention_post_norms=by_layer("attention_post_norm"),
        mlp_norms=by_layer("mlp_norm"),
        mlp_post_norms=by_layer("mlp_post_norm"),
        streams=by_layer("stream"),
        mlp_inputs=by_layer("mlp_input"),
        mlp_outputs=by_layer("mlp_output"),
        embeddings=seen["block_input", 0],
        final_norm=seen["final_norm", 0],
        final_stream=seen["final_stream", 0],
        raw_logits=wide(seen["raw_logits", 0][-1]) * model.logit_scale,
        logits=logits,
        attention_named=by_layer("attention_named"),
    )


def _pull(norm: FrozenNorm | None, gradient: Tensor, positions: Tensor | slice) -> Tensor:
    return gradient if norm is None else norm.pull(gradient, positions)


@contextmanager
def _recording(model: Model) -> Iterator[dict[tuple[str, int], Any]]:
    """Hooks that note what the frozen pass needs, by name and layer."""
    seen: dict[tuple[str, int], Any] = {}
    names = model.architecture
    blocks = model.module(names.layers)

    def note(
        module: Any, layer: int = 0, *, norm: str = "", reads: str = "", gives: str = ""
    ) -> Any:
        def hook(_: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if norm:
                seen[norm, layer] = freeze_norm(names, module, inputs[0][0])
            if reads:
                seen[reads, layer] = inputs[0][0]
            if gives:
                seen[gives, layer] = output[0]

        return module.register_forward_hook(hook)

    def named(layer: int) -> Any:
        def hook(_: Any, inputs: tuple[Tensor, ...], given: dict[str, Any]) -> None:
            others = {name: one for name, one in given.items() if name != "hidden_states"}
            seen["attention_named", layer] = others

        return hook

    handles = [
        note(blocks[0], reads="block_input"),
        note(model.module(names.final_norm), norm="final_norm", gives="final_stream"),
        note(model.module(names.unembedding), gives="raw_logits"),
    ]
    for layer, block in enumerate(blocks):
        mlp = block.get_submodule(names.mlp)
        handles.append(note(mlp, layer, reads="mlp_input", gives="mlp_output"))
        front = mlp if names.mlp_norm is None else block.get_submodule(names.mlp_norm)
        handles.append(note(front, layer, reads="stream"))
        attention = block.get_submodule(names.attention)
        handles.append(attention.register_forward_pre_hook(named(layer), with_kwargs=True))
        for place in ("attention_norm", "attention_post_norm", "mlp_norm", "mlp_post_norm"):
            name = getattr(names, place)
            if name is not None:
                handles.append(note(block.get_submodule(name), layer, norm=place))
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
