"""Rows of direct effects: what each source adds to a target in the frozen forward pass.

Source: Ameisen et al. 2025, "Circuit Tracing", "Constructing an Attribution Graph for a Prompt".
No autograd: a batch of targets walks down the layers once, each layer two matrix products and
a pattern product, and is contracted on its way with what every layer's sources write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from tracer.attribution.batches import Batches, halves
from tracer.attribution.columns import Columns
from tracer.attribution.walk import Walk, by_position
from tracer.attribution.writes import Writes
from tracer.features.source import LayerFeatures
from tracer.model.attention_map import AttentionMap
from tracer.model.frozen_pass import FrozenPass


class RowWriter:
    """Computes rows for batches of targets, halving the batch when memory runs out.

    Rows are given as zeros, and only what a target can be reached from is written.
    """

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
        self.transport = transport or frozen.embeddings.dtype
        self.batches = Batches.fitting(frozen, most=batch)
        self.notices: list[str] = []
        self._writes = [
            Writes.behind(layers[: layer + 1], self.columns) for layer in range(len(layers))
        ]
        self._attentions: dict[int, tuple[AttentionMap, Tensor | None]] = {}

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

        def walk(part: slice) -> None:
            if self.batches.allow(part):
                try:
                    self._walk(layer, positions[part], start[part], rows[part], biases[part])
                    return
                except torch.OutOfMemoryError:
                    self._make_room(part)
                    rows[part].zero_()
                    biases[part].zero_()
            for half in halves(part):
                walk(half)

        self.batches.run(walk, self.batches.of(positions.tolist()))
        return biases

    def _make_room(self, failed: slice) -> None:
        """Smaller batches from now on; what is finished stays."""
        count = failed.stop - failed.start
        if count == 1:
            raise
        self.batches = replace(self.batches, most=count // 2)
        self.notices.append(f"memory ran out: going on with batches of {count // 2}")
        if self.frozen.model.device.type == "cuda":
            torch.cuda.empty_cache()

    @torch.no_grad()
    def _walk(
        self, layer: int, positions: Tensor, start: Tensor, rows: Tensor, biases: Tensor
    ) -> None:
        """One batch from `layer`'s MLP input (or the final stream, layer = n_layers) down."""
        frozen, parallel = self.frozen, self.frozen.model.parallel_residual
        walk = Walk(positions, start, transport=self.transport)
        # An MLP beside its attention reads what the attention does, so both stand behind.
        reads_attention = layer < frozen.n_layers and not parallel
        top = layer + 1 if reads_attention else layer
        tokens = rows[:, self.columns.tokens :][:, : walk.reach].T
        for below in reversed(range(top)):
            beside = None  # what joins in front of attention from an MLP beside it
            if below < layer:
                self._writes[below].read(walk, rows, biases)
                beside = self._passed_on(below, walk)
            if beside is not None and not parallel:
                walk.add(beside)
                beside = None
            attention, constants = self._attention(below)
            if constants is not None:
                biases += walk.read(constants).sum(0).to(biases)
            if below:
                walk.through_attention(attention)
                if beside is not None:
                    walk.add(beside)
                continue
            tokens += walk.read_in_front(attention, frozen.embeddings)
            if beside is not None:
                tokens += by_position(frozen.embeddings, beside)
        if top == 0:
            tokens += walk.read(frozen.embeddings)

    def _passed_on(self, layer: int, walk: Walk) -> Tensor | None:
        """What a skip connection hands to the stream in front of the layer's MLP."""
        passes_on = self.layers[layer].passes_on
        return None if passes_on is None else walk.mapped(passes_on)

    def _attention(self, layer: int) -> tuple[AttentionMap, Tensor | None]:
        """A layer's attention, and what its biases add."""
        if layer not in self._attentions:
            self._attentions[layer] = (
                self.frozen.attention_map(layer).to(self.transport),
                self.frozen.attention_constant(layer),
            )
        return self._attentions[layer]
