"""Which attention heads carried what flows between groups from one word to another.

A flow is a sum over paths, and a path moves from word to word through heads. Each gets an equal
part of what the path carries, the Shapley value: with every move scaled by α, a path of m moves
carries α^m, and the integral of what passes one head, less its own α, over 0 to 1 is 1 / m. Heads
that look at their own position move nothing, and are passed like a layer's other pieces.

Values only: patterns and norms are frozen. Why a head looked where it did is said by `why`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import torch
from torch import Tensor

from tracer.attribution.account.account import Account
from tracer.attribution.account.head_moves import HeadMoves
from tracer.attribution.account.rows import Rows
from tracer.attribution.origin import Origin
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.attention_map import AttentionMap
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass

SHORT = 128  # tokens
NODES = 2  # of the integral: exact for paths of up to four moves, within 5e-4 of a flow beyond
QUICK = 1  # for up to three, within 6e-3


@dataclass(frozen=True)
class HeadFlows:
    """Targets are groups, then what is asked about; sources are groups, then words, then the
    start. A flow is its `in_place` and all that heads `carried`."""

    carried: Tensor  # (targets, sources, layers, heads)
    in_place: Tensor  # (targets, sources): along paths that stay at one word
    # By layer (positions, d_model): gradients of what is asked behind its attention, over all
    # paths, none of them cut.
    asked: tuple[Tensor, ...]


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

    `nodes` is how many the integral over the scale of moves has; with one it costs half as much.
    `groups` (groups, k) says with 1 which of them are together; `words` which positions, none of
    them 0, are one source each; `direction` and `origin` what is asked. Memory: layers × sources ×
    positions × the width of values.
    """
    split = _Split(frozen, active, listed, account, groups, words, direction, origin)
    *moving, still = _rule(nodes)
    size = len(moving) if frozen.n_positions <= SHORT else 1  # as each takes memory
    carried: list[Tensor] = []
    in_place = split.direction.new_zeros(())
    for begin in range(0, len(moving), size):
        # Along with the first, what no head moves: weights are read from memory once for all.
        part = [*moving[begin : begin + size], *([] if begin else [still])]
        counted = [share for _, share in part if share]
        alphas = [alpha for alpha, _ in part]
        found, moved = split.run(alphas, moving=len(counted), whole=not begin)
        in_place = in_place if begin else found[-1]
        carried.append(torch.einsum("a,atslh->tslh", moved.new_tensor(counted), moved))
    total = torch.stack(carried).sum(0).double().cpu()
    return HeadFlows(total, in_place.double().cpu(), tuple(split.asked))


def _rule(nodes: int) -> list[tuple[float, float]]:
    """Places and weights of the integral, the last at 0, which costs little: Radau's rule of one
    other place, or Gauss's of several and what stays in place."""
    if nodes == 1:
        return [(2 / 3, 3 / 4), (0.0, 1 / 4)]
    places, weights = np.polynomial.legendre.leggauss(nodes)
    return [*zip(((places + 1) / 2).tolist(), (weights / 2).tolist(), strict=True), (0.0, 0.0)]


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
        self.asked: list[Tensor] = []

    def run(
        self, alphas: Sequence[float], *, moving: int, whole: bool = False
    ) -> tuple[Tensor, Tensor]:
        """With every move from word to word scaled by each of them: (alphas, targets, sources); and
        of the first so many what passes each head, its own scale left out, (moving, targets,
        sources, layers, heads). If `whole`, notes the gradients of what is `asked` too."""
        scales = wide(self.frozen.embeddings).new_tensor(list(alphas))
        values: list[Tensor] = []
        found = self._up(scales, values)
        return found, self._down(scales[:moving], values, whole) if moving else found[:0]

    def _up(self, alphas: Tensor, values: list[Tensor]) -> Tensor:
        """Streams of all sources; notes the `values` that each layer's heads read, (columns,
        positions, width). Gives what they add to each target."""
        frozen, scales = self.frozen, alphas.repeat_interleave(self.n_sources)
        streams = self._bottom(len(alphas))
        later: list[Rows] = []
        found = scales.new_zeros(self.n_targets, len(scales))
        for layer in range(self.top):
            streams = self._started(layer, streams)
            moves = HeadMoves(self._attention(layer), scales)
            values.append(moves.values(streams))
            streams = streams.where(_above(streams.there, scales))
            behind = streams.holding(streams.vectors + moves.up(values[-1], streams))
            read = streams if frozen.model.parallel_residual else behind
            found[: self.n_groups] += self._read(layer, read)
            if self.origin is not None and self.origin.layer == layer:
                found[-1] += read.spread()[:, self.origin.position] @ self.direction
                break
            written = self._written(layer, read)
            later = [sum(pair[1:], pair[0]) for pair in _together(later, written)]
            streams = behind + later.pop(0)
        if self.origin is None:
            final = frozen.final_norm.push(streams.spread()[:, -1], slice(-1, None))
            found[-1] += wide(final) @ self.direction
        return found.view(self.n_targets, len(alphas), -1).transpose(0, 1)

    def _bottom(self, copies: int) -> Rows:
        """Words, in front of all layers."""
        embeddings = wide(self.frozen.embeddings)
        streams = Rows.none(copies * self.n_sources, len(embeddings), embeddings)
        for place, positions in enumerate(self.words, self.n_groups):
            here = torch.tensor(positions, device=embeddings.device, dtype=torch.long)
            for copy in range(copies):
                column = torch.full_like(here, copy * self.n_sources + place)
                streams = streams.plus(column, here, embeddings[here])
        return streams

    def _started(self, layer: int, streams: Rows) -> Rows:
        """The start's streams are what the model itself had at position 0."""
        starts = torch.arange(len(streams.there), device=streams.there.device)
        starts = starts[self.n_sources - 1 :: self.n_sources]
        streams = streams.plus(starts, torch.zeros_like(starts), streams.vectors[:0].sum(0)[None])
        vectors = streams.vectors.clone()
        vectors[streams.positions == 0] = wide(self.frozen.block_input(layer)[0])
        return streams.holding(vectors)

    def _written(self, layer: int, read: Rows) -> list[Rows]:
        """What joins the streams behind this layer's MLP, and those above."""
        one = self.listed[layer]
        inner = read.positions > 0  # the start's own stream is known
        passed = self.active.pass_up(layer, read.vectors[inner], read.positions[inner], one)
        groups, features = self.given[layer].nonzero(as_tuple=True)
        given = self.given[layer][groups, features, None]
        copies = torch.arange(0, len(read.there), self.n_sources, device=groups.device)
        columns = (copies[:, None] + groups).flatten()
        positions = one.positions[features].repeat(len(copies))
        written = []
        for above in range(max(len(passed), one.decoders.shape[1])):
            vectors = torch.zeros_like(read.vectors)
            if above < len(passed):
                vectors[inner] = wide(passed[above])
            rows = read.holding(vectors)
            if above < one.decoders.shape[1] and len(groups):
                own = given * wide(one.decoders[features, above])
                rows = rows.plus(columns, positions, own.repeat(len(copies), 1))
            written.append(rows)
        return written

    def _read(self, layer: int, read: Rows) -> Tensor:
        """(groups, columns): what streams in front of an MLP add to the groups that read there."""
        one = self.listed[layer]
        if not len(one):
            return read.vectors.new_zeros(())
        found = (read.spread()[:, one.positions] * wide(one.encoders)).sum(-1)
        return self.taken[layer] @ found.T

    def _down(self, alphas: Tensor, values: Sequence[Tensor], whole: bool) -> Tensor:
        """Gradients of all targets, which meet the values at each layer's heads."""
        frozen, like = self.frozen, wide(self.frozen.embeddings)
        copies, n = len(alphas), frozen.n_positions
        uncut = alphas.new_ones(int(whole))  # scales of a last column that no feature cuts
        scales = torch.cat([alphas.repeat_interleave(self.n_targets), uncut])
        answers = torch.arange(copies, device=like.device) * self.n_targets + self.n_targets - 1
        if whole:
            answers = torch.cat([answers, answers.new_tensor([len(scales) - 1])])
        gradient = Rows.none(len(scales), n, like)
        if self.origin is None:
            last = wide(frozen.pull_through_final_norm(self.direction[None]))
            gradient = gradient.plus(answers, torch.full_like(answers, n - 1), last)
        shape = (copies, self.n_targets, self.n_sources, frozen.n_layers, frozen.n_heads)
        found = like.new_zeros(shape)
        behind: list[Rows] = []
        for layer in reversed(range(self.top)):
            behind = [gradient, *behind][: self.above]
            onward = self._pulled(layer, behind, copies * self.n_targets)
            if self.origin is not None and self.origin.layer == layer:
                at = torch.full_like(answers, self.origin.position)
                onward = onward.plus(answers, at, self.direction[None])
            moves = HeadMoves(self._attention(layer), scales)
            left = gradient if frozen.model.parallel_residual else gradient + onward
            if whole:
                self.asked.insert(0, left.spread()[-1])
            asked = moves.asked(left)
            each = zip(
                asked[: copies * self.n_targets].chunk(copies),
                torch.split(values[layer], self.n_sources),
                strict=False,
            )
            for copy, (one, held) in enumerate(each):
                found[copy, :, :, layer] = moves.met(one, held)
            gradient = (gradient + onward).where(_below(onward.there, scales))
            gradient = gradient.holding(gradient.vectors + moves.down(asked, gradient))
        return found

    def _pulled(self, layer: int, behind: Sequence[Rows], cut: int) -> Rows:
        """Gradients in front of an MLP, through all features, of the first columns, which are
        `cut`, but those listed, and of those that are targets there."""
        one, here = self.listed[layer], behind[0]
        vectors = [each.where(here.there).vectors for each in behind]
        onward = here.holding(wide(self.active.pull_at(layer, here.positions, vectors)))
        if not len(one):
            return onward
        weights = here.vectors.new_zeros(len(here.there), len(one))
        weights[:cut].view(-1, self.n_targets, len(one))[:, : self.n_groups] = self.taken[layer]
        for each, decoders in zip(behind, wide(one.decoders).unbind(1), strict=False):
            weights[:cut] -= (each.spread()[:cut, one.positions] * decoders).sum(-1)
        columns, features = weights.nonzero(as_tuple=True)
        own = weights[columns, features, None] * wide(one.encoders)[features]
        return onward.plus(columns, one.positions[features], own)

    def _attention(self, layer: int) -> AttentionMap:
        return self.frozen.attention_map(layer).to(wide(self.frozen.embeddings[:1]).dtype)


def _by_layer(weights: Tensor, sizes: Sequence[int], like: Tensor) -> list[Tensor]:
    """(groups, features) of each layer."""
    return list(torch.split(weights.to(like), list(sizes), dim=1))


def _above(there: Tensor, scales: Tensor) -> Tensor:
    """Where streams may stand behind an attention: from each column's first position on, unless
    nothing moves."""
    reached = there.cumsum(1) > 0
    return torch.where(scales[:, None] > 0, reached, there)


def _below(there: Tensor, scales: Tensor) -> Tensor:
    """Where gradients may stand in front of one; at the start nobody asks for them."""
    reached = there.flip(1).cumsum(1).flip(1) > 0
    reached[:, 0] = False
    return torch.where(scales[:, None] > 0, reached, there)


def _together(later: Sequence[Rows], written: Sequence[Rows]) -> Iterator[tuple[Rows, ...]]:
    for pair in zip_longest(later, written):
        yield tuple(one for one in pair if one is not None)
