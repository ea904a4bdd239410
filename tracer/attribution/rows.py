"""Rows of direct effects: what each source adds to a target in the frozen forward pass.

Source: Ameisen et al. 2025, "Circuit Tracing", "Constructing an Attribution Graph for a Prompt".
No autograd: a batch of targets walks down the layers once, each layer two matrix products and
a pattern product, and is contracted on its way with what every layer's sources write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tracer.features.source import LayerFeatures
from tracer.model.frozen_pass import FrozenPass

BATCH_BYTES_ON_CPU = 512 * 2**20
COPIES = 6  # of the gradient that one step through attention holds at once


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


@dataclass
class RowWriter:
    """Computes rows for batches of targets, halving the batch when memory runs out."""

    frozen: FrozenPass
    layers: Sequence[LayerFeatures]
    columns: Columns
    batch: int = 0
    notices: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.batch:
            device = self.frozen.model.device
            free = BATCH_BYTES_ON_CPU
            if device.type == "cuda":
                free = torch.cuda.mem_get_info(device)[0] // 2
            width = self.frozen.n_positions * self.frozen.model.info.d_model
            self.batch = max(1, min(1024, free // (width * COPIES * 4)))

    @torch.no_grad()
    def logits(self, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Rows of logit targets, (targets, columns), and their bias terms, (targets,)."""
        pulled = self.frozen.pull_through_final_norm(directions)
        last = self.frozen.n_positions - 1
        positions = torch.full((len(pulled),), last, device=pulled.device)
        return self._in_batches(self.frozen.n_layers, positions, pulled)

    @torch.no_grad()
    def reads(self, layer: int, position: int, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Rows of what `vectors`, (targets, d_model), read off the residual stream in front of
        the MLP of `layer` at `position`, and their bias terms."""
        positions = torch.full((len(vectors),), position, device=vectors.device)
        return self._in_batches(layer, positions, vectors)

    @torch.no_grad()
    def features(self, layer: int, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Rows of one layer's features, `chosen` (targets,) among them, and their bias terms."""
        sources = self.layers[layer]
        return self._in_batches(layer, sources.positions[chosen], sources.encoders[chosen])

    def _in_batches(self, layer: int, positions: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
        rows = torch.zeros(len(start), self.columns.total)
        biases = torch.zeros(len(start))
        if start.dtype == torch.float64:
            rows, biases = rows.double(), biases.double()
        done = 0
        while done < len(start):
            part = slice(done, done + self.batch)
            try:
                row, bias = self._walk(layer, positions[part], start[part])
            except torch.OutOfMemoryError:
                if self.batch == 1:
                    raise
                self.batch //= 2
                torch.cuda.empty_cache()
                self.notices.append(f"memory ran out: going on with batches of {self.batch}")
                continue
            rows[part] = row.to(rows)
            biases[part] = bias.to(biases)
            done += len(row)
        return rows, biases

    def _walk(self, layer: int, positions: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
        """One batch from `layer`'s MLP input (or the final stream, layer = n_layers) down."""
        reach = int(positions.max()) + 1  # nothing to the right is ever looked at
        gradient = start.new_zeros(len(start), reach, start.shape[1])
        gradient[torch.arange(len(start), device=start.device), positions] = start
        rows = start.new_zeros(len(start), self.columns.total)
        biases = start.new_zeros(len(start))
        if layer < self.frozen.n_layers:
            gradient = self._through_attention(layer, gradient, biases)
        for below in reversed(range(layer)):
            self._contract(below, gradient, rows, biases)
            gradient = self._through_attention(below, gradient, biases)
        tokens = self.columns.tokens
        embeddings = self.frozen.embeddings[:reach]
        rows[:, tokens : tokens + reach] += torch.einsum("tpd,pd->tp", gradient, embeddings)
        return rows, biases

    def _through_attention(self, layer: int, gradient: Tensor, biases: Tensor) -> Tensor:
        constant = self.frozen.attention_constant(layer)
        if constant is not None:
            biases += torch.einsum("tpd,pd->t", gradient, constant[: gradient.shape[1]])
        return self.frozen.pull_through_attention(layer, gradient)

    def _contract(self, layer: int, gradient: Tensor, rows: Tensor, biases: Tensor) -> None:
        """What the layer's MLP writes: its features, its errors, and at position 0 one constant
        that belongs to the first token, since it is the same for every prompt."""
        sources, reach = self.layers[layer], gradient.shape[1]
        first, done = self.columns.starts[layer], 0
        counts = torch.bincount(sources.positions, minlength=reach)[:reach].tolist()
        for position, count in enumerate(counts):
            here = slice(done, done + count)
            weights = gradient[:, position] @ sources.decoders[here].T  # (targets, count)
            rows[:, first + done : first + done + count] = weights * sources.activations[here]
            done += count
        errors = torch.einsum("tpd,pd->tp", gradient, sources.error[:reach])
        rows[:, self.columns.tokens] += errors[:, 0]
        rows[:, self.columns.error(layer, 1) : self.columns.error(layer, reach)] = errors[:, 1:]
        if sources.decoder_bias is not None:
            biases += gradient.sum(1) @ sources.decoder_bias
