"""What lower layers write, pushed forward through the frozen blocks to meet gradients from above.

Where many targets and many sources are asked about, both going half of the way costs half as
much as one of them going all of it. On the way, lower layers' features read what passes: their
rows need no walk of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from tracer.attribution.columns import Columns
from tracer.attribution.meeting import Arrived
from tracer.attribution.memory_batches import Batches
from tracer.attribution.pieces import Pieces
from tracer.attribution.walk import Walk
from tracer.features.source import LayerFeatures
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass

SIZES = 16  # of products at the cut: each may have a program of its own that is kept


@dataclass(frozen=True)
class Rising:
    """Sources that start on one stream: behind the MLP of `layer`, or in front of all blocks."""

    layer: int  # -1 in front of all blocks
    columns: Tensor  # (sources,)
    positions: Tensor  # (sources,), ascending
    start: Tensor  # (sources, d_model)
    later: Callable[[int, slice], Tensor | None]  # what some of them write behind a higher MLP


class PushedWrites:
    """What sources in layers below `cut` write, as it stands behind that many blocks, less what the
    last of these blocks writes; and the rows of those layers' features, by layer."""

    def __init__(
        self,
        frozen: FrozenPass,
        layers: Sequence[LayerFeatures],
        cut: int,
        *,
        batches: Batches,
        transport: torch.dtype,
    ) -> None:
        self.frozen, self.layers, self.cut = frozen, layers[:cut], cut
        self.columns = Columns.of(frozen, layers).below(cut)
        self.transport = transport
        self.rows = [self.columns.zeros(len(one), one.encoders.dtype) for one in self.layers]
        self.biases: list[Tensor] = []  # per layer (features,)
        self.constant = self._constants()
        n = self.columns.n_positions
        self._encoders = [Pieces.of([(one.positions, one.encoders)], n) for one in self.layers]
        self._maps = [frozen.attention_map(one).transposed.to(transport) for one in range(cut)]
        rising = [_tokens(frozen, layers, self.columns)]
        rising += [_layer(layers, layer, self.columns) for layer in range(cut - 1)]
        positions = torch.cat([one.positions for one in rising])
        order = torch.argsort(positions, stable=True)
        place = torch.empty_like(order)
        place[order] = torch.arange(len(order), device=order.device)
        # Where what each column writes stands among what arrives; what writes nothing stands last.
        self.places = torch.full_like(order[:1], len(order)).repeat(self.columns.total)
        self.places[torch.cat([one.columns for one in rising])] = place
        self.count = len(order) + 1
        reached = torch.bincount(positions, minlength=n).cumsum(0).tolist()
        step = -(-len(order) // SIZES)
        parts = [slice(0, min(-(-end // step) * step, len(order))) for end in reached]
        self.arrived = Arrived.none_yet(parts, frozen.embeddings.to(transport))
        batches.run(
            (partial(self._rise, one), part)
            for one in rising
            for part in batches.of([n - position for position in one.positions.tolist()])
        )
        del self._encoders, self._maps

    def _rise(self, rising: Rising, part: slice) -> None:
        """One batch, up to the cut."""
        parallel, n = self.frozen.model.parallel_residual, self.columns.n_positions
        walk = Walk.up(rising.positions[part], rising.start[part], n, self.transport)
        columns = rising.columns[part]
        for layer in range(rising.layer + 1, self.cut):
            if not parallel:
                walk.through_attention(self._maps[layer])
            self._read(layer, walk, columns)
            passage = self.layers[layer].passes_on
            beside = None if passage is None else walk.mapped(passage.push)
            if parallel:
                walk.through_attention(self._maps[layer])
            if beside is not None:
                walk.add(beside)
            written = rising.later(layer, part) if layer + 1 < self.cut else None
            if written is not None:
                walk.join(written)
        self.arrived.put(walk, self.places[columns])

    def _read(self, layer: int, walk: Walk, columns: Tensor) -> None:
        """What a layer's features read of it."""
        encoders = self._encoders[layer]
        (found,) = encoders.products(walk)
        rows = self.rows[layer]
        rows[encoders.runs[0].within(walk.window), columns.to(rows.device)] = found.to(rows)

    def _constants(self) -> Tensor:
        """(positions, d_model): what biases write, of which no node stands; notes what features
        read of it."""
        frozen, parallel = self.frozen, self.frozen.model.parallel_residual
        stream = wide(torch.zeros_like(frozen.embeddings))
        every = torch.arange(len(stream), device=stream.device)
        for layer, features in enumerate(self.layers):
            in_front = stream
            attention = frozen.attention_map(layer).transposed.to(stream.dtype)
            stream = stream + attention.apply(stream)
            constant = frozen.attention_constant(layer)
            if constant is not None:
                stream = stream + constant
            read = in_front if parallel else stream
            self.biases.append((features.encoders * read[features.positions]).sum(-1))
            if features.passes_on is not None:
                stream = stream + features.passes_on.push(read, every)
            if features.constant is not None and layer + 1 < self.cut:
                stream = stream + features.constant
        return stream


def _tokens(frozen: FrozenPass, layers: Sequence[LayerFeatures], columns: Columns) -> Rising:
    every = torch.arange(columns.n_positions, device=frozen.embeddings.device)

    def later(layer: int, part: slice) -> Tensor | None:
        """At position 0 one constant belongs to the first token."""
        if part.start > 0:
            return None
        written = torch.zeros_like(frozen.embeddings[part])
        written[0] = layers[layer].error[0]
        return written

    return Rising(-1, columns.tokens + every, every, frozen.embeddings, later)


def _layer(layers: Sequence[LayerFeatures], layer: int, columns: Columns) -> Rising:
    """One layer's features and errors."""
    own = layers[layer]
    here = torch.arange(1, columns.n_positions, device=own.positions.device)
    features = torch.arange(len(own), device=here.device)
    positions, order = torch.sort(torch.cat([own.positions, here]), stable=True)
    written_here = own.decoders[:, 0] * own.activations[:, None]
    start = torch.cat([written_here, own.error[1:]])

    def later(above: int, part: slice) -> Tensor | None:
        decoders = own.decoders_into(above - layer)
        if decoders is None:
            return None
        written = start.new_zeros(part.stop - part.start, start.shape[1])
        some = order[part]
        writes = some < len(own)
        some = some[writes]
        written[writes] = decoders[some] * own.activations[some, None]
        return written

    every = torch.cat([columns.features(layer).start + features, columns.error(layer) + here])
    return Rising(layer, every[order], positions, start[order], later)
