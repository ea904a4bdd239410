"""One sweep up the frozen layers that gives a whole account.

Patterns, norm scales and the features' readings are held fixed, so the network is linear; a
feature that is not listed hands on what it reads, a listed one is read and hands nothing on. What
a source adds to a listed feature is then the sum over all paths that touch no other listed one:
the exact elimination of everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.account.sources import Source, sources_of
from tracer.attribution.account.streams import Streams
from tracer.attribution.origin import Origin
from tracer.attribution.sweep import Progress
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass


@dataclass(frozen=True)
class Swept:
    """What one sweep found, of `k` listed features and the other sources.

    Of listed features everything is told for one unit of activation.
    """

    sources: tuple[Source, ...]
    links: Tensor  # (k, k): what one unit of a feature (column) adds to another's activation
    inputs: Tensor  # (k, sources): what the other sources add to each feature's activation
    answer: Tensor  # (k,): what one unit of each adds to the question
    answer_inputs: Tensor  # (sources,): what the other sources add to it
    finals: Tensor  # (k + sources, d_model): what they add to the last position, normalised


@torch.no_grad()
def sweep_up(
    frozen: FrozenPass,
    active: ActiveFeatures,
    listed: Sequence[LayerFeatures],
    direction: Tensor,
    *,
    origin: Origin | None = None,
    bias: float = 0.0,
    words: Sequence[int] | None = None,
    errors: bool = True,
    progress: Progress = lambda *_: None,
) -> Swept:
    """The account of one question: `direction` (d_model,) in the normalised final stream, or with
    an `origin` in the stream there; `bias` is what the question holds beyond it.

    `listed` are the nodes, by layer, none at position 0; `words` the positions of words with a row
    of their own, by default all; without `errors` what features leave out adds nothing. Memory:
    about sources × positions × d_model.
    """
    return _Sweep(frozen, active, listed, words, errors=errors).run(
        direction, origin, bias, progress
    )


class _Sweep:
    def __init__(
        self,
        frozen: FrozenPass,
        active: ActiveFeatures,
        listed: Sequence[LayerFeatures],
        words: Sequence[int] | None,
        *,
        errors: bool,
    ) -> None:
        self.frozen, self.active, self.listed = frozen, active, listed
        self.k = sum(map(len, listed))
        self.sources = sources_of(frozen.n_positions, words, self._errors() if errors else [])
        like = wide(frozen.embeddings[:1])
        self.streams = Streams(frozen.n_positions, like)
        total = self.k + len(self.sources)
        self.read = like.new_zeros(self.k, total)  # rows of links and inputs
        self.device = like.device
        self._places = {source: self.k + at for at, source in enumerate(self.sources)}
        self._begin()

    def run(
        self, direction: Tensor, origin: Origin | None, bias: float, progress: Progress
    ) -> Swept:
        frozen, asked = self.frozen, None
        first = 0
        for layer in range(frozen.n_layers):
            parallel = frozen.model.parallel_residual
            before = None if not parallel else self.streams.rows
            self._attend(layer)
            rows = self.streams.rows if before is None else before
            if origin is not None and origin.layer == layer:
                asked = self._read_at(rows, origin.position, wide(direction)[None])[:, 0]
                break
            self._through_mlp(layer, rows, first)
            first += len(self.listed[layer])
            progress("sweep", layer + 1, frozen.n_layers)
        finals = self._finals()
        if asked is None:
            asked = finals @ wide(direction).to(finals)
        asked[self._places[Source("biases")]] += bias
        k = self.k
        return Swept(
            sources=self.sources,
            links=self.read[:, :k],
            inputs=self.read[:, k:],
            answer=asked[:k],
            answer_inputs=asked[k:],
            finals=finals,
        )

    def _errors(self) -> list[tuple[int, int]]:
        """Layer and position of all that features leave out."""
        return [
            (layer, position)
            for layer in range(self.frozen.n_layers)
            if (error := self.active.errors(layer)) is not None
            for position in (error != 0).any(-1).nonzero()[:, 0].tolist()
            if position
        ]

    def _begin(self) -> None:
        """Start and biases, and the words' embeddings."""
        frozen, n = self.frozen, self.frozen.n_positions
        embeddings = wide(frozen.embeddings)
        self._join(0, [self._places[Source("start")]], embeddings.new_zeros(1, n, self.width))
        if n == 1:
            return
        alone = [one.position for one in self.sources if one.kind == "word"]
        shared = embeddings[1:].clone()
        shared[[position - 1 for position in alone if position is not None]] = 0
        constant = [self._places[Source("biases")]]
        together = torch.zeros_like(shared)[None]
        if (rest := self._places.get(Source("other words"))) is not None:
            constant.append(rest)
            together = torch.cat([together, shared[None]])
        self._join(1, constant, together)
        for position in alone:
            if position is None:
                continue
            written = embeddings.new_zeros(1, n - position, self.width)
            written[0, 0] = embeddings[position]
            self._join(position, [self._places[Source("word", position)]], written)

    @property
    def width(self) -> int:
        return self.frozen.model.info.d_model

    def _join(self, first: int, owners: list[int], written: Tensor) -> None:
        self.streams.join(first, torch.tensor(owners, device=self.device), written[:, None])

    def _attend(self, layer: int) -> None:
        """Attention; the start's stream is what the model itself had at position 0."""
        frozen, streams = self.frozen, self.streams
        streams.put(0, 0, wide(frozen.block_input(layer)[0]))
        streams.add(streams.through_attention(frozen.attention_map(layer).transposed))
        constant = frozen.attention_constant(layer)
        if constant is not None and frozen.n_positions > 1:
            streams.add_to(1, 0, wide(constant)[1:])

    def _through_mlp(self, layer: int, rows: Tensor, first: int) -> None:
        """Reads the listed features of a layer, lets all else through, and begins their streams."""
        streams, listed = self.streams, self.listed[layer]
        positions, owners = streams.positions, streams.row_owners
        for position in torch.unique(listed.positions).tolist():
            chosen = (listed.positions == position).nonzero()[:, 0]
            here = (positions == position).nonzero()[:, 0]
            found = wide(listed.encoders[chosen]) @ rows[here].T  # (chosen, sources)
            self.read[(first + chosen)[:, None], owners[here]] = found
        self.read[first : first + len(listed), self._places[Source("biases")]] += wide(
            listed.biases
        )
        streams.arrive()
        passed = self.active.pass_up(layer, rows, positions, listed)
        for above, one in enumerate(passed):
            streams.add(one, above)
        if self.frozen.n_positions > 1:
            for above, one in enumerate(self.active.constants_up(layer, listed)):
                streams.add_to(1, 0, wide(one)[1:], above)
        self._begin_streams(layer, listed, first)

    def _begin_streams(self, layer: int, listed: LayerFeatures, first: int) -> None:
        n = self.frozen.n_positions
        decoders = wide(listed.decoders)  # (features, layers, d_model)
        for position in torch.unique(listed.positions).tolist():
            chosen = (listed.positions == position).nonzero()[:, 0]
            written = decoders.new_zeros(len(chosen), decoders.shape[1], n - position, self.width)
            written[:, :, 0] = decoders[chosen]
            self.streams.join(position, first + chosen, written)
        error = self.active.errors(layer)
        if error is None:
            return
        for position in range(1, n):
            place = self._places.get(Source("error", position, layer))
            if place is not None:
                written = decoders.new_zeros(1, n - position, self.width)
                written[0, 0] = wide(error[position])
                self._join(position, [place], written)

    def _read_at(self, rows: Tensor, position: int, directions: Tensor) -> Tensor:
        """(sources, directions): what every source adds to them in front of an MLP."""
        here = (self.streams.positions == position).nonzero()[:, 0]
        found = rows.new_zeros(self.read.shape[1], len(directions))
        found[self.streams.row_owners[here]] = rows[here] @ directions.T.to(rows)
        return found

    def _finals(self) -> Tensor:
        frozen = self.frozen
        self.streams.put(0, 0, wide(frozen.block_input(frozen.n_layers)[0]))
        finals = self.read.new_zeros(self.read.shape[1], self.width)
        for owners, rows in self.streams.at_last():
            finals[owners] = wide(frozen.final_norm.push(rows, slice(-1, None)))
        if frozen.final_norm.bias is not None:
            finals[self._places[Source("biases")]] += wide(frozen.final_norm.bias)
        return finals
