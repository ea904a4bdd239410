"""Whether a model's pieces add up to its own forward pass: looked at once, when it is loaded.

A family's row in `architectures` says where its pieces stand. A row that is nearly right (a plain
Llama's for a model that scales what joins its residual stream) gives graphs that look right and are
not, so each loaded model is held against its own run on a few tokens: streams, neurons, norms and
logits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from tracer.errors import TracerError
from tracer.model.frozen_norm import FrozenNorm, wide
from tracer.model.frozen_pass import FrozenPass, record
from tracer.model.layer_weights import Mlp
from tracer.model.model import Model
from tracer.model.precision import is_narrow

TOKENS = 6
# How far off rounding may put a sum, as a share of what is added, and of what it is added to.
SHARE, NARROW_SHARE = 5e-3, 0.2
ROUNDINGS = 8

Sum = tuple[str, Tensor, Tensor, Tensor]  # what it is, what it begins with, the sum, the model's


@torch.no_grad()
def refuse_other_sum(model: Model) -> None:
    """Raises TracerError where the pieces of a model do not add up to what it computes. Numbers
    that overflow are left to whoever traces with them."""
    with _streams(model) as real:
        frozen = record(model, _tokens(model))
    if not torch.isfinite(frozen.logits).all():
        return
    for what, before, found, expected in _sums(frozen, real):
        if not _same(before, found, expected):
            raise TracerError(
                f"the pieces of this model do not add up to its own forward pass: {what} not the "
                f"sum that models of the family {model.info.family} make",
                hint="its code scales or adds what tracer does not know of, so every graph would "
                "be wrong; take a model of this family as its makers published it, or of another "
                "(`tracer models` lists them)",
            )


def _tokens(model: Model) -> tuple[int, ...]:
    """A few from all over the vocabulary."""
    n = min(TOKENS, model.context)
    return tuple(at * (len(model.unembedding) - 1) // n for at in range(n))


@contextmanager
def _streams(model: Model) -> Iterator[list[Tensor]]:
    """(n, d_model) in front of each block and behind the last one, as the model runs."""
    seen: list[Tensor] = []

    def note(_: Any, inputs: tuple[Tensor, ...]) -> None:
        seen.append(inputs[0][0])

    names = model.architecture
    modules = [*model.module(names.layers), model.module(names.final_norm)]
    handles = [one.register_forward_pre_hook(note) for one in modules]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _sums(frozen: FrozenPass, real: list[Tensor]) -> Iterator[Sum]:
    for layer in range(frozen.n_layers):
        yield from _sums_of_block(frozen, layer, real[layer], real[layer + 1])
    read = _normed(frozen.final_norm, real[-1])
    yield "what the unembedding reads is", *_from_nothing(read, frozen.final_stream)
    model = frozen.model
    logits = model.unembedding @ frozen.final_stream[-1]
    if model.unembedding_bias is not None:
        logits = logits + model.unembedding_bias
    logits = wide(logits) * model.logit_scale
    if model.softcap is not None:
        logits = model.softcap * torch.tanh(logits / model.softcap)
    yield "the logits are", *_from_nothing(logits[None], frozen.logits[None])


def _sums_of_block(frozen: FrozenPass, layer: int, block: Tensor, behind: Tensor) -> Iterator[Sum]:
    parallel, read = frozen.model.parallel_residual, frozen.streams[layer]
    attended = block + frozen.push_through_attention(layer, block)
    if not parallel:
        yield f"streams behind the attention of layer {layer} are", block, attended, read
    if (norm := frozen.mlp_norms[layer]) is not None:
        pair = _from_nothing(_normed(norm, read), frozen.mlp_inputs[layer])
        yield f"what the MLP of layer {layer} reads is", *pair
    output = frozen.mlp_outputs[layer]
    written = _written(frozen.model.layers[layer].mlp, frozen.mlp_inputs[layer])
    yield f"what the MLP of layer {layer} gives is", *_from_nothing(written, output)
    passed = frozen.push_through_mlp_post_norm(layer, output)
    before = attended if parallel else read
    yield f"streams behind layer {layer} are", block, before + passed, behind


def _from_nothing(found: Tensor, expected: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return torch.zeros_like(expected), found, expected


def _normed(norm: FrozenNorm, stream: Tensor) -> Tensor:
    pushed = norm.push(stream)
    return pushed if norm.bias is None else pushed + norm.bias


def _written(mlp: Mlp, x: Tensor) -> Tensor:
    linear = torch.nn.functional.linear
    hidden = mlp.activation(linear(x, mlp.gate, mlp.gate_bias))
    if mlp.up is not None:
        hidden = hidden * linear(x, mlp.up, mlp.up_bias)
    return linear(hidden, mlp.down, mlp.down_bias)


def _same(before: Tensor, found: Tensor, expected: Tensor) -> bool:
    """At every position, (n, …): a few of them hold numbers that others would vanish beside."""
    share = NARROW_SHARE if is_narrow(expected.dtype) else SHARE
    rounding = ROUNDINGS * torch.finfo(expected.dtype).eps
    before, found, expected = wide(before), wide(found), wide(expected)
    allowed = share * (expected - before).norm(dim=-1) + rounding * expected.norm(dim=-1)
    return bool(((found - expected).norm(dim=-1) <= allowed).all())
