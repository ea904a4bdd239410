"""Which attention heads carried what flows between groups from one word to another.

A flow is a sum over paths, and a path moves from word to word through heads. Each gets an equal
part of what the path carries, the Shapley value: with every move scaled by α, a path of m moves
carries α^m, and the integral of what passes one head, less its own α, over 0 to 1 is 1 / m. Heads
that look at their own position move nothing, and are passed like a layer's other pieces.

Values only: patterns and norms are frozen. Why a head looked where it did is said by `why`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

import numpy as np
import torch
from torch import Tensor

from tracer.attribution.account.account import Account
from tracer.attribution.account.head_moves import HeadMoves
from tracer.attribution.account.rows import Rows
from tracer.attribution.origin import Origin
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass

SHORT = 128  # tokens
NODES = 2  # of the integral: exact for paths of up to four moves, within 5e-4 of what flows beyond, both signs added


@dataclass(frozen=True)
class HeadFlows:
    """Targets are groups, then what is asked about; sources are groups, then words, then the
    start. A flow is its `in_place` and all that heads `carried`."""

    carried: Tensor  # (targets, sources, layers, heads)
    in_place: Tensor  # (targets, sources): along paths that stay at one word


Part = Callable[[], Tensor]  # a share of the work


@torch.no_grad()
def head_flows(split: HeadSplit, found: Sequence[Tensor] | None = None) -> HeadFlows:
    """What became of `split.parts()`, which are run where they were not."""
    found = [part() for part in split.parts()] if found is None else found
    carried = torch.cat([one.double().cpu() for one in found])
    total = torch.einsum("a,atslh->tslh", torch.from_numpy(split.weights), carried)
    in_place = _in_place(split.account, split.groups, split.words, split.asked_at)
    return HeadFlows(total, split.still().double().cpu() if in_place is None else in_place)


def _in_place(
    account: Account, groups: Tensor, words: Sequence[Sequence[int]], asked_at: int
) -> Tensor | None:
    """(targets, sources): what runs between features, words and what is asked at one position.
    Nothing comes back to a position that it left. None where the account does not tell all words
    alone."""
    at = torch.cat([account.positions, account.positions.new_tensor([asked_at])])
    flows = torch.cat([account.flows, account.answer_flows[None]])
    flows = torch.where(at[:, None] == account.positions, flows, 0.0) @ groups.T
    inputs = torch.cat([account.input_flows, account.answer_inputs[None]])
    place = {one.position: place for place, one in enumerate(account.sources) if one.kind == "word"}
    if not all(one in place for word in words for one in word):
        return None
    found = flows.new_zeros(len(at), len(words) + 1)  # at the start's own position nothing is told
    for column, word in enumerate(words):
        for one in word:
            found[:, column] += torch.where(at == one, inputs[:, place[one]], 0.0)
    every = torch.cat([flows, found], dim=1)
    return torch.cat([groups @ every[:-1], every[-1:]])


class HeadSplit:
    """Flows of the account of the `listed` features, by layer, to be shared out among heads.

    `groups` (groups, k) says with 1 which of them are together; `words` which positions, none of
    them 0, are one source each; `direction` and `origin` what is asked. `nodes` is how many the
    integral over the scale of moves has, which cost as much each. Memory, for each that runs:
    layers × sources × positions × the width of values.
    """

    def __init__(
        self,
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
    ) -> None:
        self.frozen, self.active, self.listed, self.account = frozen, active, listed, account
        self.groups, self.words, self.origin = groups, words, origin
        places, weights = np.polynomial.legendre.leggauss(nodes)
        self.scales, self.weights = ((places + 1) / 2).tolist(), weights / 2
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
        self.asked_at = frozen.n_positions - 1 if origin is None else origin.position
        # Threads that make the same at once make it twice, and no harm is done.
        self._moves: dict[int, HeadMoves] = {}

    def parts(self) -> list[Part]:
        """Each scale by itself; of a short prompt all in one on a device that has many cores."""
        together = self.frozen.model.device.type != "cpu" and self.frozen.n_positions <= SHORT
        chunks = [self.scales] if together else [[one] for one in self.scales]
        return [partial(self.run, chunk) for chunk in chunks]

    @torch.no_grad()
    def run(self, alphas: Sequence[float]) -> Tensor:
        """With every move from word to word scaled by each of them, what passes each head, its own
        scale left out: (alphas, targets, sources, layers, heads)."""
        scales = self.direction.new_tensor(list(alphas))
        values: list[Tensor] = []
        self.up(scales, values)
        return self._down(scales, values)

    @torch.no_grad()
    def still(self) -> Tensor:
        """(targets, sources): what no head moves."""
        return self.up(self.direction.new_zeros(1), [])[0]

    def up(self, alphas: Tensor, values: list[Tensor]) -> Tensor:
        """Streams of all sources; notes the `values` that each layer's heads read, (columns,
        positions, width). Gives what they add to each target, (alphas, targets, sources)."""
        frozen, scales = self.frozen, alphas.repeat_interleave(self.n_sources)
        streams = self._bottom(len(alphas))
        later: list[Rows] = []
        found = scales.new_zeros(self.n_targets, len(scales))
        for layer in range(self.top):
            streams = self._started(layer, streams)
            moves = self._heads(layer)
            values.append(moves.values(streams))
            streams = streams.where(_above(streams.there, scales))
            behind = streams.holding(streams.vectors + moves.up(values[-1], streams, scales))
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
        """Words and the start, in front of all layers."""
        embeddings = wide(self.frozen.embeddings)
        streams = Rows.none(copies * self.n_sources, len(embeddings), embeddings)
        for place, positions in enumerate(self.words, self.n_groups):
            here = torch.tensor(positions, device=embeddings.device, dtype=torch.long)
            for copy in range(copies):
                column = torch.full_like(here, copy * self.n_sources + place)
                streams = streams.plus(column, here, embeddings[here])
        starts = torch.arange(copies, device=embeddings.device) + 1
        starts = starts * self.n_sources - 1
        return streams.plus(starts, torch.zeros_like(starts), embeddings[:1])

    def _started(self, layer: int, streams: Rows) -> Rows:
        """The start's streams are what the model itself had at position 0."""
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

    def _down(self, alphas: Tensor, values: Sequence[Tensor]) -> Tensor:
        """Gradients of all targets, which meet the values at each layer's heads."""
        frozen, like, n = self.frozen, wide(self.frozen.embeddings), self.frozen.n_positions
        copies, scales = len(alphas), alphas.repeat_interleave(self.n_targets)
        answers = torch.arange(copies, device=like.device) * self.n_targets + self.n_targets - 1
        gradient = Rows.none(len(scales), n, like)
        if self.origin is None:
            last = wide(frozen.pull_through_final_norm(self.direction[None]))
            gradient = gradient.plus(answers, torch.full_like(answers, n - 1), last)
        shape = (copies, self.n_targets, self.n_sources, frozen.n_layers, frozen.n_heads)
        found = like.new_zeros(shape)
        behind: list[Rows] = []
        for layer in reversed(range(self.top)):
            behind = [gradient, *behind][: self.above]
            onward = self._pulled(layer, behind)
            if self.origin is not None and self.origin.layer == layer:
                at = torch.full_like(answers, self.origin.position)
                onward = onward.plus(answers, at, self.direction[None])
            moves = self._heads(layer)
            left = gradient if frozen.model.parallel_residual else gradient + onward
            asked = moves.asked(left)
            at_keys = moves.at_keys(asked)
            each = zip(
                torch.split(at_keys, self.n_targets, dim=2),
                torch.split(values[layer], self.n_sources),
                strict=True,
            )
            for copy, (one, held) in enumerate(each):
                found[copy, :, :, layer] = moves.met(one, held)
            if layer:
                gradient = (gradient + onward).where(_below(onward.there, scales))
                moved = moves.down(asked, at_keys, gradient, scales)
                gradient = gradient.holding(gradient.vectors + moved)
        return found

    def _pulled(self, layer: int, behind: Sequence[Rows]) -> Rows:
        """Gradients in front of an MLP, through all features but those listed, and of those that
        are targets there."""
        one, here = self.listed[layer], behind[0]
        vectors = [each.at(here.places).vectors for each in behind]
        onward = here.holding(wide(self.active.pull_at(layer, here.positions, vectors)))
        if not len(one):
            return onward
        weights = here.vectors.new_zeros(len(here.there), len(one))
        weights.view(-1, self.n_targets, len(one))[:, : self.n_groups] = self.taken[layer]
        for each, decoders in zip(behind, wide(one.decoders).unbind(1), strict=False):
            weights -= (each.spread()[:, one.positions] * decoders).sum(-1)
        columns, features = weights.nonzero(as_tuple=True)
        own = weights[columns, features, None] * wide(one.encoders)[features]
        return onward.plus(columns, one.positions[features], own)

    def _heads(self, layer: int) -> HeadMoves:
        if layer not in self._moves:
            attention = self.frozen.attention_map(layer)
            self._moves[layer] = HeadMoves(attention.to(self.direction.dtype))
        return self._moves[layer]


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
