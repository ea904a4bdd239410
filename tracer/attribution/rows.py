"""Rows of direct effects: what each source adds to a target in the frozen forward pass.

Source: Ameisen et al. 2025, "Circuit Tracing", "Constructing an Attribution Graph for a Prompt".
No autograd: a batch of targets walks down the layers once, each layer two matrix products and
a pattern product, is contracted on its way with what every layer's sources write, and meets at
the cut what the sources below it write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from tracer.attribution.columns import Columns
from tracer.attribution.meeting import Arrived
from tracer.attribution.memory_batches import Batches
from tracer.attribution.pushed_writes import PushedWrites
from tracer.attribution.walk import Walk, by_position
from tracer.attribution.writes import Writes
from tracer.features.source import LayerFeatures
from tracer.model.attention_map import AttentionMap
from tracer.model.frozen_pass import FrozenPass
from tracer.model.unneeded_memory import trim

TOGETHER = 64  # targets that meet sources in one matrix product
SLOTS = 32  # targets that meet are given room in multiples of so many
MOST_AT_CUT = 2**24  # numbers that targets hold there at one time


class RowWriter:
    """Computes rows for batches of targets, halving the batch when memory runs out.

    What layers below `cut` write meets the gradients behind so many blocks; with 0, gradients walk
    down to the embeddings. Rows are given as zeros, and only what a target can be reached from is
    written.
    """

    def __init__(
        self,
        frozen: FrozenPass,
        layers: Sequence[LayerFeatures],
        *,
        cut: int = 0,
        batch: int | None = None,
        transport: torch.dtype | None = None,
    ):
        self.frozen = frozen
        self.layers = layers
        self.columns = Columns.of(frozen, layers)
        self.transport = transport or frozen.embeddings.dtype
        self.batches = Batches.fitting(frozen, most=batch)
        self.pushed = self._pushed_writes(cut, batch) if cut else None
        self.cut = self.pushed.cut if self.pushed else 0
        self._writes: dict[int, Writes] = {}
        self._attentions: dict[int, tuple[AttentionMap, Tensor | None]] = {}

    @property
    def notices(self) -> list[str]:
        return self.batches.notices

    @torch.no_grad()
    def _pushed_writes(self, cut: int, batch: int | None) -> PushedWrites | None:
        try:
            return PushedWrites(
                self.frozen, self.layers, cut, batches=self.batches, transport=self.transport
            )
        except torch.OutOfMemoryError:
            self.batches = Batches.fitting(self.frozen, most=batch)  # not halved to nothing
            self.notices.append("memory ran out: going on without meeting half-way")
            return None

    @torch.no_grad()
    def logits(self, directions: Tensor, rows: Tensor) -> Tensor:
        """Writes rows of logit targets, (targets, columns); returns their bias terms."""
        start = self.frozen.pull_through_final_norm(directions)
        last = self.frozen.n_positions - 1
        positions = torch.full((len(start),), last, device=start.device)
        return self._in_chunks(self.frozen.n_layers, positions, start, rows)

    @torch.no_grad()
    def reads(self, layer: int, position: int, vectors: Tensor, rows: Tensor) -> Tensor:
        """Writes rows of what `vectors`, (targets, d_model), read off the residual stream in
        front of the MLP of `layer`, at the cut or above it, at `position`; returns their bias
        terms."""
        positions = torch.full((len(vectors),), position, device=vectors.device)
        return self._in_chunks(layer, positions, vectors, rows)

    @torch.no_grad()
    def features(self, layer: int, chosen: Tensor, rows: Tensor) -> Tensor:
        """Writes rows of one layer's features, `chosen` (targets,) of them in ascending order;
        returns their bias terms, (targets,)."""
        sources = self.layers[layer]
        if self.pushed is not None and layer < self.cut:
            found = self.pushed.rows[layer]
            self._add_below(layer, rows, lambda below: found[:, below][chosen])
            return self.pushed.biases[layer].to(rows)[chosen]
        chosen = chosen.to(sources.positions.device)
        return self._in_chunks(layer, sources.positions[chosen], sources.encoders[chosen], rows)

    def _stand_at(self, layer: int) -> None:
        """Holds what gradients from a layer's MLP input, or from the final stream, pass on their
        way down, and no longer what stands above."""
        self._writes = {
            below: self._writes.get(below) or Writes.behind(self.layers[: below + 1], self.columns)
            for below in range(max(0, self.cut - 1), layer)
        }
        self._attentions = {
            below: self._attentions.get(below) or self._attention(below)
            for below in range(self.cut, self._top(layer))
        }
        trim()

    def _top(self, layer: int) -> int:
        """How many layers' attention gradients from a layer's MLP input pass: an MLP beside its
        attention reads what the attention does, so both stand behind."""
        reads_attention = layer < self.frozen.n_layers and not self.frozen.model.parallel_residual
        return layer + 1 if reads_attention else layer

    def _attention(self, layer: int) -> tuple[AttentionMap, Tensor | None]:
        """A layer's attention, and what its biases add."""
        attention = self.frozen.attention_map(layer).to(self.transport)
        return attention, self.frozen.attention_constant(layer)

    def _in_chunks(self, layer: int, positions: Tensor, start: Tensor, rows: Tensor) -> Tensor:
        self._stand_at(layer)
        biases = rows.new_zeros(len(start))
        for chunk in self._chunks(len(start)):
            given = (positions[chunk], start[chunk], rows[chunk], biases[chunk])
            self._in_batches(layer, *given)
        return biases

    def _chunks(self, count: int) -> Iterator[slice]:
        most = count
        if self.pushed is not None:
            most = max(TOGETHER, MOST_AT_CUT // self.frozen.embeddings.numel())
        for begin in range(0, count, max(1, most)):
            yield slice(begin, min(begin + most, count))

    def _in_batches(
        self, layer: int, positions: Tensor, start: Tensor, rows: Tensor, biases: Tensor
    ) -> None:
        arrived, pushed = None, self.pushed
        if pushed is not None:
            arrived = self._expected(positions)

        def walk(part: slice) -> None:
            try:
                walked = self._walk(layer, positions[part], start[part], rows[part], biases[part])
                if arrived is not None:
                    places = torch.arange(part.start, part.stop, device=positions.device)
                    arrived.put(walked, places)
            except torch.OutOfMemoryError:
                rows[part].zero_()
                biases[part].zero_()
                raise

        reaches = [position + 1 for position in positions.tolist()]
        self.batches.run((walk, part) for part in self.batches.of(reaches))
        if arrived is None or pushed is None:
            return

        def meet(part: slice) -> None:
            slots = slice(part.start, _slots(part.stop))
            found = arrived.products(slots, pushed.arrived, pushed.count)[: part.stop - part.start]
            self._add_below(self.cut - 1, rows[part], lambda below: found[:, pushed.places[below]])

        count = len(positions)
        parts = (slice(at, min(at + TOGETHER, count)) for at in range(0, count, TOGETHER))
        self.batches.run((meet, part) for part in parts)

    def _expected(self, positions: Tensor) -> Arrived:
        """Room for targets at `positions` (targets,), ascending. For each other size of a product
        a library of products may compile, and keep, another program: so all that meet together have
        room wherever one of them may arrive."""
        n, count = self.frozen.n_positions, len(positions)
        here = torch.bincount(positions, minlength=n)
        begins = (here.cumsum(0) - here).tolist()  # those that started in front do not come here
        parts = [
            slice(begin // TOGETHER * TOGETHER, _slots(count)) if begin < count else slice(0, 0)
            for begin in begins
        ]
        return Arrived.none_yet(parts, self.frozen.embeddings.to(self.transport))

    def _add_below(self, layer: int, rows: Tensor, found: Callable[[slice], Tensor]) -> None:
        """Adds to rows what is `found` of sources below `layer`, (targets, sources), given which
        of the pushed writes' columns."""
        if self.pushed is None:
            return
        below, columns = self.pushed.columns, self.columns
        errors = layer * below.n_positions
        for sources, first in (
            (slice(0, below.starts[layer]), 0),
            (slice(below.n_features, below.n_features + errors), columns.n_features),
            (slice(below.tokens, below.total), columns.tokens),
        ):
            values = found(sources)
            rows[:, first : first + values.shape[1]] += values.to(rows)

    def _walk(
        self, layer: int, positions: Tensor, start: Tensor, rows: Tensor, biases: Tensor
    ) -> Walk:
        """One batch from `layer`'s MLP input (or the final stream, layer = n_layers) down to the
        cut, or to the embeddings."""
        frozen, parallel = self.frozen, self.frozen.model.parallel_residual
        walk = Walk.down(positions, start, self.transport)
        top = self._top(layer)
        tokens = rows[:, self.columns.tokens :][:, : walk.reach].T
        for below in reversed(range(self.cut, top)):
            beside = None  # what joins in front of attention from an MLP beside it
            if below < layer:
                self._writes[below].read(walk, rows, biases)
                beside = self._passed_on(below, walk)
            if beside is not None and not parallel:
                walk.add(beside)
                beside = None
            attention, constants = self._attentions[below]
            if constants is not None:
                biases += walk.read(constants).sum(0).to(biases)
            if below:
                walk.through_attention(attention)
                if beside is not None:
                    walk.add(beside)
                continue
            tokens += walk.read_across(attention, frozen.embeddings).to(tokens)
            if beside is not None:
                tokens += by_position(frozen.embeddings[walk.window], beside).to(tokens)
        if self.pushed is not None:
            self._writes[self.cut - 1].read(walk, rows, biases)
            biases += walk.read(self.pushed.constant).sum(0).to(biases)
        elif top == 0:
            tokens += walk.read(frozen.embeddings).to(tokens)
        return walk

    def _passed_on(self, layer: int, walk: Walk) -> Tensor | None:
        """What a skip connection hands to the stream in front of the layer's MLP."""
        passage = self.layers[layer].passes_on
        return None if passage is None else walk.mapped(passage.pull)


def _slots(count: int) -> int:
    return -(-count // SLOTS) * SLOTS
