"""Forward passes of one prompt with features set, many variants at once.

A feature that is set writes, beside all that the model computes, as much more or less as its value
differs from its activation in that very pass (as circuit-tracer's `feature_intervention` does).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tracer.errors import TracerError
from tracer.interventions.held import Held, holding
from tracer.interventions.targets import InterventionTargets
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.model.load import Model
from tracer.model.precision import is_narrow

MOST_TOKENS = 512  # in one batch of variants


@dataclass(frozen=True)
class Setting:
    """One feature's value at one position, and `onwards`: at all positions behind it."""

    layer: int
    index: int
    position: int
    value: float
    onwards: bool = False


@dataclass(frozen=True)
class Settings:
    """Many features' values at one position each, as columns of one length."""

    layers: Tensor
    indices: Tensor
    positions: Tensor
    values: Tensor

    def __len__(self) -> int:
        return len(self.layers)


Variant = Sequence[Setting] | Settings


@dataclass
class Run:
    """What a pass over some variants left behind."""

    logits: Tensor = field(default_factory=lambda: torch.empty(0))  # (variants, vocabulary)
    raw_logits: Tensor = field(default_factory=lambda: torch.empty(0))  # in front of any softcap
    reads: dict[int, Tensor] = field(default_factory=dict)  # layer -> (variants, n, width)
    outputs: dict[int, Tensor] = field(default_factory=dict)  # of held layers (variants, n, d)


class SteeredPrompt:
    """One prompt on one model: what it gives, and what it gives with features set."""

    def __init__(
        self,
        model: Model,
        targets: InterventionTargets,
        token_ids: tuple[int, ...],
        held: Held | None = None,
        *,
        written_by: InterventionTargets | None = None,
    ) -> None:
        """`written_by` are the same features in another model: what is set writes what it would
        write there."""
        self.model, self.targets, self.token_ids = model, targets, token_ids
        self.written_by = written_by
        self.held = held or Held()
        self.frozen: FrozenPass | None = freeze(model, token_ids) if self.held.anything else None
        everything = range(model.info.layers)
        self.baseline = self._forward([()], self._ids(1), watch=everything, hold=False)

    @property
    def n_positions(self) -> int:
        return len(self.token_ids)

    def activation(self, layer: int, index: int, position: int) -> float:
        """A feature's activation with nothing set."""
        return self.activation_in(self.baseline, layer, index, position)

    def activation_in(self, run: Run, layer: int, index: int, position: int) -> float:
        """In a run of a single variant that watched the layer."""
        read = run.reads[layer][0, position][None]
        return float(self.targets.values(layer, read, torch.tensor([index], device=read.device))[0])

    def run(self, variant: Variant, *, watch: Iterable[int] = ()) -> Run:
        """One variant; `watch` names layers whose reads are kept.

        Raises TracerError when the numbers overflow.
        """
        return self._forward([variant], self._ids(1), watch=watch, hold=True)

    def runs(self, variants: Sequence[Variant], *, watch: Iterable[int] = ()) -> Iterator[Run]:
        """Many variants, as runs of several each, in order."""
        size = max(1, MOST_TOKENS // self.n_positions)
        for start in range(0, len(variants), size):
            part = variants[start : start + size]
            yield self._forward(part, self._ids(len(part)), watch=watch, hold=True)

    def extend(self, variant: Variant, ids: Tensor, cache: Any, start: int) -> Run:
        """One variant over `ids`, (1, m), from position `start` on, whose past is in `cache`, which
        grows. What is held, is held over the prompt only."""
        return self._forward([variant], ids, hold=start == 0, start=start, cache=cache)

    def _ids(self, variants: int) -> Tensor:
        return torch.tensor([self.token_ids], device=self.model.device).expand(variants, -1)

    @torch.no_grad()
    def _forward(
        self,
        variants: Sequence[Variant],
        ids: Tensor,
        *,
        watch: Iterable[int] = (),
        hold: bool,
        start: int = 0,
        cache: Any = None,
    ) -> Run:
        places = _Places.of(variants, start, start + ids.shape[1])
        hold = hold and bool(places.by_layer) and self.frozen is not None
        run = Run()
        held: AbstractContextManager[None] = nullcontext()
        if hold and self.frozen is not None:
            held = holding(self.frozen, norms=self.held.norms(self.model.info.layers))
        with held, self._hooked(run, places, set(watch), hold):
            result = self.model.causal_lm(
                ids, use_cache=cache is not None, past_key_values=cache, return_dict=True
            )
        run.logits = wide(result.logits[:, -1])
        run.raw_logits = wide(run.raw_logits)
        if not torch.isfinite(run.logits).all():
            raise _overflow(self.model.dtype)
        return run

    @contextmanager
    def _hooked(self, run: Run, places: _Places, watch: set[int], hold: bool) -> Iterator[None]:
        writing = _Writing(self, run, places, hold)
        lowest = min(places.by_layer, default=self.model.info.layers)
        handles = [
            self.model.module(self.model.architecture.unembedding).register_forward_hook(
                lambda _, _inputs, output: setattr(run, "raw_logits", output[:, -1])
            )
        ]
        constrained = self.held.layers if hold else range(0)
        for layer in range(self.model.info.layers):
            if layer in watch or layer in places.by_layer or layer in constrained:
                module = self.targets.read_from(layer)
                handles.append(module.register_forward_pre_hook(writing.note_read(layer)))
            if layer >= lowest or layer in constrained:
                module = self.targets.write_to(layer)
                handles.append(module.register_forward_hook(writing.write(layer)))
            elif not places.by_layer and layer in self.held.layers:
                module = self.targets.write_to(layer)
                handles.append(module.register_forward_hook(writing.note_output(layer)))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


@dataclass(frozen=True)
class _Place:
    """Features of one layer, set in one pass; positions count from the pass's own start."""

    rows: Tensor  # (m,): which variant
    positions: Tensor  # (m,)
    indices: Tensor  # (m,)
    values: Tensor  # (m,)


@dataclass(frozen=True)
class _Places:
    by_layer: dict[int, _Place]

    @staticmethod
    def of(variants: Sequence[Variant], start: int, stop: int) -> _Places:
        """What is set between two positions; of two values for one place the later wins."""
        columns = [_columns(one, start, stop) for one in variants]
        settings = _joined(columns)
        if not len(settings):
            return _Places({})
        counts = torch.tensor([len(one) for one in columns])
        rows = torch.repeat_interleave(torch.arange(len(columns)), counts)
        last = _last_of_each(settings.layers, rows, settings.positions, settings.indices)
        by_layer = {}
        for layer in sorted(set(settings.layers.tolist())):
            here = last[settings.layers[last] == layer]
            positions = settings.positions[here] - start
            by_layer[layer] = _Place(
                rows[here], positions, settings.indices[here], settings.values[here]
            )
        return _Places(by_layer)


def _columns(variant: Variant, start: int, stop: int) -> Settings:
    """What a variant sets between two positions, in order, each at one of them."""
    if isinstance(variant, Settings):
        here = (variant.positions >= start) & (variant.positions < stop)
        layers, indices = variant.layers[here].cpu(), variant.indices[here].cpu()
        values = variant.values[here].to("cpu", torch.float64)
        return Settings(layers, indices, variant.positions[here].cpu(), values)
    places, values_of = [], []
    for one in variant:
        last = stop if one.onwards else min(stop, one.position + 1)
        for position in range(max(start, one.position), last):
            places.append((one.layer, one.index, position))
            values_of.append(one.value)
    layers, indices, positions = torch.tensor(places, dtype=torch.long).view(-1, 3).unbind(1)
    return Settings(layers, indices, positions, torch.tensor(values_of, dtype=torch.float64))


def _joined(parts: Sequence[Settings]) -> Settings:
    return Settings(
        torch.cat([one.layers for one in parts]),
        torch.cat([one.indices for one in parts]),
        torch.cat([one.positions for one in parts]),
        torch.cat([one.values for one in parts]),
    )


def _last_of_each(*columns: Tensor) -> Tensor:
    """Where each different row of these columns, (m,) whole numbers, stands last, ascending."""
    key = torch.zeros_like(columns[0])
    for column in columns:
        key = key * (column.max() + 1) + column
    different, inverse = torch.unique(key, return_inverse=True)
    last = torch.zeros_like(different)
    every = torch.arange(len(key))
    return last.scatter_reduce_(0, inverse, every, "amax").sort().values


def _overflow(dtype: torch.dtype) -> TracerError:
    return TracerError(
        "the model's numbers overflow (NaN or infinity), so there is no result",
        hint="set smaller values" + (", or use float32" if is_narrow(dtype) else ""),
    )


class _Writing:
    """The hooks of one pass, in the order in which the model comes by."""

    def __init__(self, prompt: SteeredPrompt, run: Run, places: _Places, hold: bool) -> None:
        self.prompt, self.run, self.places, self.hold = prompt, run, places, hold
        self.pending: dict[int, Tensor] = {}  # layer -> (variants, n, d_model)

    def note_read(self, layer: int) -> Any:
        prompt = self.prompt
        held = self.hold and prompt.held.norms(prompt.model.info.layers)
        scale = prompt.frozen.mlp_norms[layer] if held and prompt.frozen is not None else None

        def hook(_: Any, inputs: tuple[Tensor, ...]) -> None:
            self.run.reads[layer] = prompt.targets.read(layer, inputs[0], scale)

        return hook

    def note_output(self, layer: int) -> Any:
        def hook(_: Any, _inputs: Any, output: Tensor) -> None:
            self.run.outputs[layer] = output

        return hook

    def write(self, layer: int) -> Any:
        constrained = self.hold and layer in self.prompt.held.layers

        def hook(_: Any, _inputs: Any, output: Tensor) -> Tensor | None:
            self._write_from(layer, output)
            added = self.pending.pop(layer, None)
            # A norm makes zero of what is too large to be squared, which would look like a result.
            if added is not None and not torch.isfinite(wide(added).square().sum(-1)).all():
                raise _overflow(self.prompt.model.dtype)
            if constrained:
                output = self._as_it_was(layer).expand_as(output)
            elif added is None:
                return None
            return output if added is None else output + added

        return hook

    def _as_it_was(self, layer: int) -> Tensor:
        """The output with nothing set, and what comes past the features of what has changed."""
        before = self.prompt.baseline
        change = self.run.reads[layer] - before.reads[layer]
        skipped = self.prompt.targets.skip(layer, change)
        return before.outputs[layer] if skipped is None else before.outputs[layer] + skipped

    def _write_from(self, layer: int, like: Tensor) -> None:
        """Hand what this layer's features write more or less to the layers they write to."""
        place = self.places.by_layer.get(layer)
        if place is None:
            return
        targets, held = self.prompt.targets, self.prompt.held.layers if self.hold else None
        rows, positions = place.rows.to(like.device), place.positions.to(like.device)
        indices = place.indices.to(like.device)
        if held:
            read = self.prompt.baseline.reads[layer][0, positions]
        else:
            read = self.run.reads[layer][rows, positions]
        values, now = place.values.to(read), targets.values(layer, read, indices)  # (m,)
        decoders = targets.decoders(layer, indices)  # (m, layers written to, d_model)
        changes = (values - now)[:, None, None] * decoders
        if (other := self.prompt.written_by) is not None:
            changes = changes + values[:, None, None] * (other.decoders(layer, indices) - decoders)
        for above in range(decoders.shape[1]):
            if held and layer + above not in held:
                continue
            into = self.pending.setdefault(layer + above, torch.zeros_like(like))
            into.index_put_((rows, positions), changes[:, above].to(like), accumulate=True)
