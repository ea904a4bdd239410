"""Rows of direct effects: what each source adds to a target in the frozen forward pass.

Source: Ameisen et al. 2025, "Circuit Tracing", "Constructing an Attribution Graph for a Prompt".
No autograd: a batch of targets walks down the layers once, each layer two matrix products and
a pattern product, and is contracted on its way with what every layer's sources write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.walk import Walk
from tracer.features.source import LayerFeatures
from tracer.model.frozen_pass import FrozenPass

BATCH_BYTES_ON_CPU = 256 * 2**20
COPIES = 3  # of the gradient: itself, and what each head has of it at queries and at keys
MOST_IN_A_BATCH = 1024


@dataclass(frozen=True)
class Columns:
    """The order of sources: features by (layer, position, index), errors layer-major, tokens."""

    starts: tuple[int, ...]  # first feature column of each layer, and the end
    n_layers: int
    n_positions: int

    @staticmethod
    def of(frozen: FrozenPass, layers: Sequence[LayerFeatures]) -> Columns:
        starts = [0]
        for layer in layers:
            starts.append(starts[-1] + len(layer))
        return Columns(tuple(starts), frozen.n_layers, frozen.n_positions)

    @property
    def n_features(self) -> int:
        return self.starts[-1]

    @property
    def tokens(self) -> int:
        """First token column."""
        return self.n_features + self.n_layers * self.n_positions

    @property
    def total(self) -> int:
        return self.tokens + self.n_positions

    def error(self, layer: int, position: int = 0) -> int:
        return self.n_features + layer * self.n_positions + position

    def features(self, layer: int) -> slice:
        return slice(self.starts[layer], self.starts[layer + 1])


class RowWriter:
    """Computes rows for batches of targets, halving the batch when memory runs out."""

    def __init__(
        self,
        frozen: FrozenPass,
        layers: Sequence[LayerFeatures],
        *,
        batch: int | None = None,
        transport: torch.dtype | None = None,
    ):
        self.frozen = frozen
        self.layers = layers
        self.columns = Columns.of(frozen, layers)
        self.transport = transport
        self.batch = batch or _batch_that_fits(frozen)
        self.notices: list[str] = []
        self._writes = [_writes(layers[: layer + 1], self.columns) for layer in range(len(layers))]

    @torch.no_grad()
    def logits(self, directions: Tensor, rows: Tensor) -> Tensor:
        """Writes rows of logit targets, (targets, columns); returns their bias terms."""
        start = self.frozen.pull_through_final_norm(directions)
        last = self.frozen.n_positions - 1
        positions = torch.full((len(start),), last, device=start.device)
        return self._in_batches(self.frozen.n_layers, positions, start, rows)

    @torch.no_grad()
    def reads(self, layer: int, position: int, vectors: Tensor, rows: Tensor) -> Tensor:
        """Writes rows of what `vectors`, (targets, d_model), read off the residual stream in
        front of the MLP of `layer` at `position`; returns their bias terms."""
        positions = torch.full((len(vectors),), position, device=vectors.device)
        return self._in_batches(layer, positions, vectors, rows)

    @torch.no_grad()
    def features(self, layer: int, chosen: Tensor, rows: Tensor) -> Tensor:
        """Writes rows of one layer's features, `chosen` (targets,) of them in ascending order;
        returns their bias terms, (targets,)."""
        sources = self.layers[layer]
        chosen = chosen.to(sources.positions.device)
        return self._in_batches(layer, sources.positions[chosen], sources.encoders[chosen], rows)

    def _in_batches(self, layer: int, positions: Tensor, start: Tensor, rows: Tensor) -> Tensor:
        biases = rows.new_zeros(len(start))
        done = 0
        while done < len(start):
            part = slice(done, min(done + self.batch, len(start)))
            try:
                self._walk(layer, positions[part], start[part], rows[part], biases[part])
            except torch.OutOfMemoryError:
                if self.batch == 1:
                    raise
                self.batch //= 2
                if start.is_cuda:
                    torch.cuda.empty_cache()
                self.notices.append(f"memory ran out: going on with batches of {self.batch}")
                continue
            done = part.stop
        return biases

    def _walk(
        self, layer: int, positions: Tensor, start: Tensor, rows: Tensor, biases: Tensor
    ) -> None:
        """One batch from `layer`'s MLP input (or the final stream, layer = n_layers) down."""
        rows.zero_()
        biases.zero_()
        frozen = self.frozen
        walk = Walk(frozen, positions, start, transport=self.transport)
        reads_attention = layer < frozen.n_layers and not frozen.model.parallel_residual
        # The lowest attention is only contracted, unless something passes beside it.
        lowest = 0 if layer or reads_attention else None
        for below in reversed(range(layer + 1 if reads_attention else layer)):
            onward = None
            if below < layer:
                self._contract(below, walk, rows, biases)
                onward = self._passed_on(below, walk)
            if onward is not None and not frozen.model.parallel_residual:
                walk.add(onward)
            self._add_constants(frozen.attention_constant(below), walk, biases)
            if below > 0 or onward is not None:
                walk.through_attention(below)
                lowest = None if below == 0 else lowest
            if onward is not None and frozen.model.parallel_residual:
                walk.add(onward)
        for position, first, weights in walk.to_embeddings(lowest, frozen.embeddings):
            rows[first : first + len(weights), self.columns.tokens + position] += weights.to(rows)

    def _contract(self, layer: int, walk: Walk, rows: Tensor, biases: Tensor) -> None:
        """What is written in the place of the layer's MLP: features of it and of layers below,
        its errors, and at position 0 one constant that belongs to the first token, since it is
        the same for every prompt."""
        written, columns = self._writes[layer], self.columns
        for position, first, gradient in walk.live():
            weights = (gradient.T @ written.at(position).T).to(rows)  # (targets, features + 1)
            targets = rows[first : first + len(weights)]
            done = 0
            for start, count in written.blocks[position]:
                targets[:, start : start + count] += weights[:, done : done + count]
                done += count
            error = columns.error(layer, position) if position else columns.tokens
            targets[:, error] += weights[:, -1]
        self._add_constants(written.constants, walk, biases)

    def _passed_on(self, layer: int, walk: Walk) -> Tensor | None:
        """What a skip connection hands to the stream in front of the layer's MLP."""
        passes_on = self.layers[layer].passes_on
        return None if passes_on is None else walk.map_gradient(passes_on)

    def _add_constants(self, constants: Tensor | None, walk: Walk, biases: Tensor) -> None:
        """Adds what biases write, (positions, d_model), to the targets' bias terms."""
        if constants is not None:
            for position, first, gradient in walk.live():
                total = (constants[position] @ gradient).to(biases)
                biases[first : first + len(total)] += total


@dataclass(frozen=True)
class _Writes:
    """What joins the stream behind one MLP: at each position features, by layer, then an error."""

    vectors: Tensor  # (features + positions, d_model)
    ends: tuple[int, ...]  # of each position's vectors
    blocks: tuple[tuple[tuple[int, int], ...], ...]  # its features: first column, and how many
    constants: Tensor | None  # (positions, d_model)

    def at(self, position: int) -> Tensor:
        return self.vectors[self.ends[position - 1] if position else 0 : self.ends[position]]


def _writes(layers: Sequence[LayerFeatures], columns: Columns) -> _Writes:
    """Behind the MLP of the last of the `layers`, which are all those below it too."""
    n, own = columns.n_positions, layers[-1]
    places = torch.arange(n, device=own.positions.device)
    vectors, positions = [], []
    blocks: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for layer, one in enumerate(layers):
        decoders = one.decoders_into(len(layers) - 1 - layer)
        if decoders is None or not len(one):
            continue
        vectors.append(decoders * one.activations[:, None])
        positions.append(one.positions)
        start = columns.starts[layer]
        for position, count in enumerate(torch.bincount(one.positions, minlength=n).tolist()):
            blocks[position] += [(start, count)] if count else []
            start += count
    at = torch.cat([*positions, places])
    order = torch.argsort(at, stable=True)
    ends = torch.bincount(at, minlength=n).cumsum(0)
    return _Writes(
        vectors=torch.cat([*vectors, own.error])[order],
        ends=tuple(ends.tolist()),
        blocks=tuple(map(tuple, blocks)),
        constants=own.constant,
    )


def _batch_that_fits(frozen: FrozenPass) -> int:
    device, free = frozen.model.device, BATCH_BYTES_ON_CPU
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0] // 2
    width = frozen.n_positions * frozen.model.info.d_model
    return max(1, min(MOST_IN_A_BATCH, free // (width * COPIES * 4)))
