"""What stands in the streams in front of a layer: each token's embedding, what its MLPs wrote and
what heads brought from each word, by bands of layers. The pieces add up to the stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from tracer.attribution.origin import FeatureName
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass

BANDS = 5  # of all layers
Kind = Literal["embedding", "mlp", "heads", "feature", "constant", "rest"]


@dataclass(frozen=True)
class Piece:
    """One of them. `layers` are the first and last that wrote it, `word` the tokens that heads
    brought it from; `constant` is biases, and all that is left by rounding; `rest` what was not
    told by itself."""

    kind: Kind
    layers: tuple[int, int] | None = None
    word: tuple[int, ...] | None = None
    feature: FeatureName | None = None


class Standing:
    """Grows from the bottom up. `words` hold positions, all of them, each once."""

    def __init__(self, frozen: FrozenPass, words: Sequence[Sequence[int]], positions: int) -> None:
        """For the first `positions` of the prompt."""
        self.frozen, self.words, self.layer = frozen, words, 0
        self.here = slice(0, positions)
        bands = min(BANDS, frozen.n_layers)
        self._bands = [layer * bands // frozen.n_layers for layer in range(frozen.n_layers)]
        self._embeddings = wide(frozen.embeddings)[self.here]
        self._mlps: dict[int, Tensor] = {}
        self._heads: dict[int, Tensor] = {}
        first = self._embeddings.new_tensor([min(word) for word in words])
        at = torch.arange(positions, device=first.device)
        self._behind = (at[:, None] >= first).flatten()  # nothing comes from words behind
        self._members = first.new_zeros(len(words), frozen.n_positions)
        for place, word in enumerate(words):
            self._members[place, list(word)] = 1
        self._pieces: tuple[tuple[Piece, ...], Tensor] | None = None

    def rise(self, layer: int) -> None:
        """Up to the stream in front of a layer."""
        for below in range(self.layer, layer):
            self._pieces = None
            band, frozen = self._bands[below], self.frozen
            mlp = wide(frozen.push_through_mlp_post_norm(below, frozen.mlp_outputs[below]))
            self._mlps[band] = self._mlps.get(band, 0) + mlp[self.here]
            self._heads[band] = self._heads.get(band, 0) + self._brought(below)
        self.layer = max(self.layer, layer)

    @property
    def pieces(self) -> tuple[tuple[Piece, ...], Tensor]:
        """In front of the layer, and their streams, (pieces, positions, d_model)."""
        if self._pieces is None:
            names, streams = zip(*self._each(), strict=True)
            self._pieces = names, torch.stack(streams)
        return self._pieces

    def _each(self) -> Iterator[tuple[Piece, Tensor]]:
        stream = wide(self.frozen.block_input(self.layer))[self.here]
        left = stream - self._embeddings
        yield Piece("embedding"), self._embeddings
        for band, one in self._mlps.items():
            left = left - one
            yield Piece("mlp", self.layers_of(band)), one
        for band, brought in self._heads.items():
            left = left - brought.sum(0)
            for word, one in zip(self.words, brought, strict=True):
                yield Piece("heads", self.layers_of(band), tuple(word)), one
        yield Piece("constant"), left

    def layers_of(self, band: int) -> tuple[int, int]:
        """The first and the last, of those below."""
        first = self._bands.index(band)
        return first, first + self._bands[: self.layer].count(band) - 1

    def mlp_of(self, layer: int) -> Piece:
        """The piece that what a layer's MLP writes is a part of."""
        return Piece("mlp", self.layers_of(self._bands[layer]))

    def _brought(self, layer: int) -> Tensor:
        """(words, positions, d_model): what a layer's heads bring to each from the words."""
        frozen, n = self.frozen, self._embeddings.shape[0]
        attention = frozen.attention_map(layer).to(self._embeddings.dtype).transposed
        read = wide(frozen.block_input(layer))[self.here]
        values = (attention.enter @ read.T).view(-1, attention.head_dim, n)  # (key-value heads, …)
        looks = attention.pattern[:, self.here, self.here].reshape(-1, len(values), n, n)
        apart = looks[..., None, :] * self._members[:, :n]  # (…, to, words, from)
        mixed = apart.flatten(2, 3) @ values.transpose(1, 2)
        mixed = mixed.permute(2, 0, 1, 3).flatten(1)  # (to and words, width)
        brought = read.new_zeros(n * len(self.words), read.shape[1])
        brought[self._behind] = mixed[self._behind] @ attention.leave.T
        return brought.view(n, len(self.words), -1).transpose(0, 1)
