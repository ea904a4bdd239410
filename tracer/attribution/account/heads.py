"""Which attention heads carried what flows between groups from one word to another.

A flow is a sum over paths, and a path moves from word to word through heads. Each gets an equal
part of what the path carries, the Shapley value: with every move scaled by α, a path of m moves
carries α^m, and the integral of what passes one head, less its own α, over 0 to 1 is 1 / m. Heads
that look at their own position move nothing, and are passed like a layer's other pieces.

Values only: patterns and norms are frozen. Why a head looked where it did is said by `why`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tracer.attribution.account.account import Account
from tracer.attribution.origin import Origin
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.attention_map import AttentionMap
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass

NODES = 2  # of the integral: exact for paths of up to twice as many moves, within 3e-4 beyond


@dataclass(frozen=True)
class HeadFlows:
    """Targets are groups, then what is asked about; sources are groups, then words, then the
    start. A flow is its `in_place` and all that heads `carried`."""

    carried: Tensor  # (targets, sources, layers, heads)
    in_place: Tensor  # (targets, sources): along paths that stay at one word


@torch.no_grad()
def head_flows(
    frozen: FrozenPass,
    active: ActiveFeatures,
    listed: Sequence[LayerFeatures],
    account: Account,
    groups: Tensor,
    words: Sequence[Sequence[int]],
    direction: Tensor,
    *,
    origin: Origin | None = None,
    nodes: int = NODES,
) -> HeadFlows:
    """Of the account of the `listed` features, by layer.

    `groups` (groups, k) says with 1 which of them are together; `words` which positions, none of
    them 0, are one source each; `direction` and `origin` what is asked. Memory: layers × sources ×
    positions × the width of values.
    """
    split = _Split(frozen, active, listed, account, groups, words, direction, origin)
    in_place = split.flows(0.0)
    carried = torch.zeros(*in_place.shape, frozen.n_layers, frozen.n_heads).to(in_place)
    places, weights = np.polynomial.legendre.leggauss(nodes)
    for place, weight in zip(places.tolist(), weights.tolist(), strict=True):
        carried += weight / 2 * split.carried((place + 1) / 2)
    return HeadFlows(carried.double().cpu(), in_place.double().cpu())


class _Split:
    def __init__(
        self,
        frozen: FrozenPass,
        active: ActiveFeatures,
        listed: Sequence[LayerFeatures],
        account: Account,
        groups: Tensor,
        words: Sequence[Sequence[int]],
        direction: Tensor,
        origin: Origin | None,
    ) -> None:
        self.frozen, self.active, self.listed = frozen, active, listed
        self.words, self.origin = words, origin
        like = wide(frozen.embeddings)
        self.direction = wide(direction).to(like)
        sizes = [len(one) for one in listed]
        self.given = _by_layer(groups * account.activations, sizes, like)
        self.taken = _by_layer(groups * account.gradient, sizes, like)
        self.n_groups = len(groups)
        self.n_sources = len(groups) + len(words) + 1
        self.n_targets = len(groups) + 1
        self.above = max(one.decoders.shape[1] for one in listed)
        self.top = frozen.n_layers if origin is None else origin.layer + 1

    def flows(self, alpha: float) -> Tensor:
        """(targets, sources): with every move from word to word scaled by `alpha`."""
        return self._up(alpha, [])

    def carried(self, alpha: float) -> Tensor:
        """(targets, sources, layers, heads): what passes each head, its own scale left out."""
        values: list[Tensor] = []
        self._up(alpha, values)
        return self._down(alpha, values)

    def _up(self, alpha: float, values: list[Tensor]) -> Tensor:
        """Streams of all sources; notes the `values` that each layer's heads read, (width,
        positions, sources). Gives what they add to each target."""
        frozen = self.frozen
        streams = self._bottom()
        later: list[Tensor] = []
        found = streams.new_zeros(self.n_targets, self.n_sources)
        for layer in range(self.top):
            streams[-1, 0] = wide(frozen.block_input(layer)[0])
            attention = self._attention(layer)
            entered = _product(attention.leave.T, streams)
            values.append(entered)
            attended = _moved(attention.transposed, entered, alpha)
            read = streams if frozen.model.parallel_residual else streams + attended
            found[: self.n_groups] += self._read(layer, read)
            if self.origin is not None and self.origin.layer == layer:
                found[-1] += read[:, self.origin.position] @ self.direction
                break
            streams = streams + attended
            written = self._written(layer, read)
            for above, one in enumerate(written):
                if above >= len(later):
                    later.append(torch.zeros_like(streams))
                later[above] += one
            streams = streams + later.pop(0)
        if self.origin is None:
            final = wide(frozen.final_norm.push(streams[:, -1], slice(-1, None)))
            found[-1] += final @ self.direction
        return found

    def _bottom(self) -> Tensor:
        """(sources, positions, d_model): words, in front of all layers."""
        embeddings = wide(self.frozen.embeddings)
        streams = embeddings.new_zeros(self.n_sources, *embeddings.shape)
        for place, positions in enumerate(self.words, self.n_groups):
            streams[place, list(positions)] = embeddings[list(positions)]
        return streams

    def _written(self, layer: int, read: Tensor) -> list[Tensor]:
        """What joins the streams behind this layer's MLP, and those above."""
        one = self.listed[layer]
        there = (read != 0).any(-1)  # most streams begin above, or behind, most places
        passed = self.active.pass_up(layer, read[there], there.nonzero()[:, 1], one)
        found = []
        for part in passed:
            found.append(torch.zeros_like(read))
            found[-1][there] = part
        for above, decoders in enumerate(wide(one.decoders).unbind(1)):
            if above >= len(found):
                found.append(torch.zeros_like(read))
            written = self.given[layer][:, :, None] * decoders
            found[above][: self.n_groups].index_add_(1, one.positions, written)
        return found

    def _read(self, layer: int, streams: Tensor) -> Tensor:
        """(groups, sources): what streams in front of an MLP add to the groups that read there."""
        one = self.listed[layer]
        found = (streams[:, one.positions] * wide(one.encoders)).sum(-1)  # (sources, features)
        return self.taken[layer] @ found.T

    def _down(self, alpha: float, values: Sequence[Tensor]) -> Tensor:
        """Gradients of all targets, which meet the values at each layer's heads."""
        frozen = self.frozen
        like = wide(frozen.embeddings)
        gradient = like.new_zeros(self.n_targets, *like.shape)
        if self.origin is None:
            gradient[-1, -1] = wide(frozen.pull_through_final_norm(self.direction[None])[0])
        found = like.new_zeros(self.n_targets, self.n_sources, frozen.n_layers, frozen.n_heads)
        behind: list[Tensor] = []
        for layer in reversed(range(self.top)):
            behind = [gradient, *behind][: self.above]
            onward = self._pulled(layer, behind)
            if self.origin is not None and self.origin.layer == layer:
                onward[-1, self.origin.position] += self.direction
            attention = self._attention(layer)
            parallel = frozen.model.parallel_residual
            left = gradient if parallel else gradient + onward
            entered = _product(attention.enter, left)
            found[:, :, layer] = _met(attention, entered, values[layer])
            gradient = gradient + onward + _moved(attention, entered, alpha)
        return found

    def _pulled(self, layer: int, behind: Sequence[Tensor]) -> Tensor:
        """(targets, positions, d_model): gradients in front of an MLP, through all features but
        those listed, and of those that are targets there."""
        one = self.listed[layer]
        encoders = wide(one.encoders)
        onward = torch.zeros_like(behind[0])
        there = torch.stack([each.flatten(1).any(1) for each in behind]).any(0)
        if there.any():  # of most groups nothing has begun yet
            onward[there] = wide(self.active.pull_several(layer, [each[there] for each in behind]))
        through = onward.new_zeros(self.n_targets, len(one))
        for each, decoders in zip(behind, wide(one.decoders).unbind(1), strict=False):
            through += (each[:, one.positions] * decoders).sum(-1)
        begun = torch.zeros_like(through)
        begun[: self.n_groups] = self.taken[layer]
        return onward.index_add_(1, one.positions, (begun - through)[..., None] * encoders)

    def _attention(self, layer: int) -> AttentionMap:
        return self.frozen.attention_map(layer).to(wide(self.frozen.embeddings[:1]).dtype)


def _by_layer(weights: Tensor, sizes: Sequence[int], like: Tensor) -> list[Tensor]:
    """(groups, features) of each layer."""
    return list(torch.split(weights.to(like), list(sizes), dim=1))


def _product(rows: Tensor, streams: Tensor) -> Tensor:
    """(rows, positions, sources) of streams (sources, positions, d_model)."""
    there = (streams != 0).any(-1)
    found = streams.new_zeros(*there.shape, len(rows))
    found[there] = streams[there] @ rows.T
    return found.permute(2, 1, 0).contiguous()


def _moved(attention: AttentionMap, entered: Tensor, alpha: float) -> Tensor:
    """(sources, positions, d_model): through an attention whose moves are scaled."""
    scaled = attention.pattern * alpha
    diagonal = torch.diagonal(attention.pattern, dim1=1, dim2=2)
    torch.diagonal(scaled, dim1=1, dim2=2).copy_(diagonal)
    mixing = AttentionMap(attention.enter, scaled, attention.leave)
    left = entered.new_empty(attention.leave.shape[1], *entered.shape[1:])
    mixing.mix(entered, left)
    return _product(attention.leave, left.permute(2, 1, 0)).permute(2, 1, 0)


def _met(attention: AttentionMap, entered: Tensor, values: Tensor) -> Tensor:
    """(targets, sources, heads), heads in the model's order: gradients behind them, (width of all
    query heads, queries, targets), meet the values at the keys, (width of values, keys, sources),
    other words' alone."""
    pattern = attention.pattern.clone()  # (heads, keys, queries)
    torch.diagonal(pattern, dim1=1, dim2=2).zero_()
    heads, dim = len(pattern), attention.head_dim
    kv_heads = len(values) // dim
    asked = entered.view(heads, dim, *entered.shape[1:])
    held = values.view(kv_heads, dim, *values.shape[1:])
    found = entered.new_empty(entered.shape[2], values.shape[2], heads)
    for head in range(heads):
        member, kv_head = divmod(head, kv_heads)
        at_keys = torch.einsum("kq,eqt->ekt", pattern[head], asked[head])
        place = kv_head * (heads // kv_heads) + member
        found[:, :, place] = torch.einsum("ekt,eks->ts", at_keys, held[kv_head])
    return found
