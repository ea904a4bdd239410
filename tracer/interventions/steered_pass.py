"""Forward passes of one prompt with features set, many variants at once.

A feature that is set writes, beside all that the model computes, as much more or less as its value
differs from its activation in that very pass (as circuit-tracer's `feature_intervention` does).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tracer.errors import TracerError
from tracer.interventions.held import Held, holding
from tracer.interventions.knock_out import KnockOut, knocked_out
from tracer.interventions.settings import Place, Places, Setting, Settings, Variant, batches
from tracer.interventions.targets import InterventionTargets
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.model.load import Model
from tracer.model.precision import is_narrow

__all__ = ["Run", "Setting", "Settings", "SteeredPrompt", "Variant"]
MOST_TOKENS = 512  # in one batch of variants
MANY = 4  # settings for each different feature of a layer: from here on, products of matrices


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
        self._most_tokens, self._between = MOST_TOKENS, _nothing
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

    def in_small_batches(self, between: Callable[[], None], most_tokens: int) -> SteeredPrompt:
        """The same, which calls `between` in front of each batch of variants."""
        found = copy.copy(self)
        found._between, found._most_tokens = between, most_tokens
        return found

    def run(self, variant: Variant, *, watch: Iterable[int] = ()) -> Run:
        """One variant; `watch` names layers whose reads are kept.

        Raises TracerError when the numbers overflow.
        """
        return self._forward([variant], self._ids(1), watch=watch, hold=True)

    def runs(
        self,
        variants: Sequence[Variant],
        *,
        watch: Iterable[int] = (),
        words: Sequence[tuple[int, ...]] | None = None,
    ) -> Iterator[Run]:
        """Many variants, as runs of several each, in order. `words` are each variant's own token
        ids, as many as the prompt has; what is held, is held as it was in the prompt itself."""
        for part in self._batches([len(one) for one in variants]):
            some = variants[part]
            ids = self._ids(len(some)) if words is None else self._tensor(words[part])
            yield self._forward(some, ids, watch=watch, hold=True, other_words=words is not None)

    def runs_without(
        self, looks: Sequence[Sequence[KnockOut]], *, watch: Iterable[int] = ()
    ) -> Iterator[Run]:
        """Variants in which heads do not look somewhere, as runs of several each, in order."""
        for part in self._batches([0] * len(looks)):
            some = looks[part]
            with knocked_out(self.model, some):
                yield self._forward([()] * len(some), self._ids(len(some)), watch=watch, hold=True)

    def _batches(self, settings: Sequence[int]) -> Iterator[slice]:
        for part in batches(settings, self._most_tokens // self.n_positions):
            self._between()
            yield part

    def extend(self, variant: Variant, ids: Tensor, cache: Any, start: int) -> Run:
        """One variant over `ids`, (1, m), from position `start` on, whose past is in `cache`, which
        grows. What is held, is held over the prompt only."""
        return self._forward([variant], ids, hold=start == 0, start=start, cache=cache)

    def pulls(
        self, variants: Sequence[Variant], ids: Tensor, answers: Tensor, start: int, cache: Any
    ) -> tuple[Run, list[Tensor]]:
        """Variants over `ids`, (variants, m), from position `start` on, whose past is in `cache`;
        and the gradients of each one's lead on what is written to each layer, (variants, m,
        d_model). `answers`, (variants, 2), is what leads, and what it leads over.

        These are the running model's own gradients: patterns and norms move.
        """
        leaves: list[Tensor] = []

        def open_to_gradients(_: Any, _inputs: Any, output: Tensor) -> Tensor:
            leaves.append(torch.zeros_like(output).requires_grad_())
            return output + leaves[-1]

        everything = range(self.model.info.layers)
        places = Places.of(variants, start, start + ids.shape[1])
        run = Run()
        with torch.enable_grad(), self._hooked(run, places, set(everything), hold=False):
            modules = [self.targets.write_to(layer) for layer in everything]
            handles = [one.register_forward_hook(open_to_gradients) for one in modules]
            try:
                self.model.causal_lm(ids, use_cache=True, past_key_values=cache, return_dict=True)
            finally:
                for handle in handles:
                    handle.remove()
            raw = wide(run.raw_logits) * self.model.logit_scale
            leads = raw.gather(1, answers[:, :1]) - raw.gather(1, answers[:, 1:])
            gradients = torch.autograd.grad(leads.sum(), leaves)
        run.raw_logits = raw.detach()
        run.reads = {layer: read.detach() for layer, read in run.reads.items()}
        return run, list(gradients)

    def _ids(self, variants: int) -> Tensor:
        return self._tensor([self.token_ids]).expand(variants, -1)

    def _tensor(self, rows: Sequence[tuple[int, ...]]) -> Tensor:
        return torch.tensor(rows, device=self.model.device)

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
        other_words: bool = False,
    ) -> Run:
        places = Places.of(variants, start, start + ids.shape[1])
        changed = bool(places.by_layer) or other_words
        hold = hold and changed and self.frozen is not None
        run = Run()
        held: AbstractContextManager[None] = nullcontext()
        if hold and self.frozen is not None and not self.held.outputs_only:
            held = holding(self.frozen, norms=self.held.norms(self.model.info.layers))
        with held, self._hooked(run, places, set(watch), hold):
            result = self.model.causal_lm(
                ids,
                use_cache=cache is not None,
                past_key_values=cache,
                return_dict=True,
                logits_to_keep=1,
            )
        run.logits = wide(result.logits[:, -1])
        run.raw_logits = wide(run.raw_logits) * self.model.logit_scale
        if not torch.isfinite(run.logits).all():
            raise _overflow(self.model.dtype)
        return run

    @contextmanager
    def _hooked(self, run: Run, places: Places, watch: set[int], hold: bool) -> Iterator[None]:
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


def _nothing() -> None:
    pass


def _overflow(dtype: torch.dtype) -> TracerError:
    return TracerError(
        "the model's numbers overflow (NaN or infinity), so there is no result",
        hint="set smaller values" + (", or use float32" if is_narrow(dtype) else ""),
    )


class _Writing:
    """The hooks of one pass, in the order in which the model comes by."""

    def __init__(self, prompt: SteeredPrompt, run: Run, places: Places, hold: bool) -> None:
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
        place = place.to(like.device)
        different = torch.unique(place.indices)
        many = len(place.indices) >= MANY * len(different)
        if many and self.prompt.written_by is None:
            self._write_many(layer, like, place, different)
        else:
            self._write_few(layer, like, place)

    def _write_few(self, layer: int, like: Tensor, place: Place) -> None:
        """A row for each feature that is set."""
        targets, held = self.prompt.targets, self.prompt.held.layers if self.hold else None
        if held:
            read = self.prompt.baseline.reads[layer][0, place.positions]
        else:
            read = self.run.reads[layer][place.rows, place.positions]
        values, now = place.values.to(read), targets.values(layer, read, place.indices)  # (m,)
        decoders = targets.decoders(layer, place.indices)  # (m, layers written to, d_model)
        changes = (values - now)[:, None, None] * decoders
        if (other := self.prompt.written_by) is not None:
            theirs = other.decoders(layer, place.indices)
            changes = changes + values[:, None, None] * (theirs - decoders)
        for above in range(decoders.shape[1]):
            if held and layer + above not in held:
                continue
            into = self.pending.setdefault(layer + above, torch.zeros_like(like))
            written = changes[:, above].to(like)
            into.index_put_((place.rows, place.positions), written, accumulate=True)

    def _write_many(self, layer: int, like: Tensor, place: Place, different: Tensor) -> None:
        """The same where most features are set at many places; `different`, (d,), are these."""
        targets, held = self.prompt.targets, self.prompt.held.layers if self.hold else None
        read = (self.prompt.baseline if held else self.run).reads[layer]
        before = targets.everywhere(layer, read.flatten(0, 1), different)  # (variants * n, d)
        before = before.view(*read.shape[:2], -1).expand(*like.shape[:2], -1)
        change = torch.zeros_like(before, memory_format=torch.contiguous_format)
        at = (place.rows, place.positions, torch.searchsorted(different, place.indices))
        change[at] = place.values.to(read) - before[at]  # (variants, n, d)
        decoders = targets.decoders(layer, different)  # (d, layers written to, d_model)
        for above in range(decoders.shape[1]):
            if held and layer + above not in held:
                continue
            into = self.pending.setdefault(layer + above, torch.zeros_like(like))
            into += (change @ decoders[:, above].to(change)).to(like)
