"""Forward passes of one prompt with features set, many variants at once.

A feature that is set writes, beside all that the model computes, as much more or less as its value
differs from its activation in that very pass (as circuit-tracer's `feature_intervention` does).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

from tracer.interventions.held import Held, holding
from tracer.interventions.kept_pass import Begin, KeptPass, cut_back, reads_from
from tracer.interventions.knock_out import KnockOut, knocked_out
from tracer.interventions.settings import Places, Setting, Settings, Variant, batches
from tracer.interventions.targets import InterventionTargets
from tracer.interventions.writing import Run, Writing, overflow
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.model.load import Model

__all__ = ["Run", "Setting", "Settings", "SteeredPrompt", "Variant"]
MOST_TOKENS = 512  # in one batch of variants
Result = TypeVar("Result")


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
        keep: bool = False,
    ) -> None:
        """`written_by` are the same features in another model: what is set writes what it would
        write there. `keep`: what the first pass computed stays in memory, so that the others
        compute only what differs; not where anything is held."""
        self.model, self.targets, self.token_ids = model, targets, token_ids
        self.written_by = written_by
        self._most_tokens, self._between, self._waits = MOST_TOKENS, _nothing, _never
        self.held = held or Held()
        self.frozen: FrozenPass | None = freeze(model, token_ids) if self.held.anything else None
        everything = range(model.info.layers)
        kept = KeptPass(model) if keep and not self.held.anything else None
        with kept.recording() if kept else nullcontext():
            cache = kept.cache if kept else None
            self.baseline = self._forward(
                [()], self._ids(1), watch=everything, hold=False, cache=cache
            )
        self.kept = kept

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

    def in_small_batches(
        self,
        between: Callable[[], None],
        most_tokens: int,
        waits: Callable[[], bool] | None = None,
    ) -> SteeredPrompt:
        """The same, which calls `between` in front of each batch of variants; and in the midst of
        one whenever something `waits`, after which the batch is run anew."""
        found = copy.copy(self)
        found._between, found._most_tokens = between, most_tokens
        found._waits = waits or _never
        return found

    def run(
        self, variant: Variant, *, watch: Iterable[int] = (), looks: Sequence[KnockOut] = ()
    ) -> Run:
        """One variant, in which heads do not look somewhere too; `watch` names layers whose reads
        are kept.

        Raises TracerError when the numbers overflow.
        """
        return self._passed([variant], watch=watch, looks=[looks])

    def runs(
        self,
        variants: Sequence[Variant],
        *,
        watch: Iterable[int] = (),
        words: Sequence[tuple[int, ...]] | None = None,
    ) -> Iterator[Run]:
        """Many variants, as runs of several each, in order. `words` are each variant's own token
        ids, as many as the prompt has; what is held, is held as it was in the prompt itself."""
        looks: list[Sequence[KnockOut]] = [()] * len(variants)
        for part in self._batches(variants, looks, words is None):
            some = variants[part]
            if words is None:
                yield self._unhurried(partial(self._passed, some, watch=watch, looks=looks[part]))
            else:
                ids = self._tensor(words[part])
                yield self._forward(some, ids, watch=watch, hold=True, other_words=True)

    def runs_without(
        self, looks: Sequence[Sequence[KnockOut]], *, watch: Iterable[int] = ()
    ) -> Iterator[Run]:
        """Variants in which heads do not look somewhere, as runs of several each, in order."""
        variants: list[Variant] = [()] * len(looks)
        for part in self._batches(variants, looks, True):
            some, cuts = variants[part], looks[part]
            yield self._unhurried(partial(self._passed, some, watch=watch, looks=cuts))

    def _batches(
        self, variants: Sequence[Variant], looks: Sequence[Sequence[KnockOut]], same_words: bool
    ) -> Iterator[slice]:
        """Of no more tokens than are computed at one time."""
        tokens = [self.n_positions] * len(variants)
        if self.kept is not None and same_words:
            begins = (self._begin([one], [cuts]) for one, cuts in zip(variants, looks, strict=True))
            tokens = [self.n_positions - (one.position if one else 0) for one in begins]
        for part in batches([len(one) for one in variants], tokens, self._most_tokens):
            self._between()
            yield part

    def _begin(
        self, variants: Sequence[Variant], looks: Sequence[Sequence[KnockOut]]
    ) -> Begin | None:
        places = Places.of(variants, 0, self.n_positions)
        return Begin.of(places, (cut for each in looks for cut in each))

    def _unhurried(self, run: Callable[[], Result]) -> Result:
        while True:
            try:
                return run()
            except _GaveWay:
                self._between()

    def _passed(
        self,
        variants: Sequence[Variant],
        *,
        watch: Iterable[int],
        looks: Sequence[Sequence[KnockOut]],
    ) -> Run:
        """The prompt in several variants, by the short way where there is one."""
        watch = set(watch)
        if self.kept is not None:
            return self._passed_in_short(variants, watch, looks)[0]
        without = knocked_out(self.model, looks) if any(looks) else nullcontext()
        with self.model.alone, without:
            return self._forward(variants, self._ids(len(variants)), watch=watch, hold=True)

    def _passed_in_short(
        self, variants: Sequence[Variant], watch: set[int], looks: Sequence[Sequence[KnockOut]]
    ) -> tuple[Run, Any]:
        """And the cache behind it, which is whole of one variant."""
        kept, before, many = self.kept, self.baseline, len(variants)
        assert kept is not None
        begin = self._begin(variants, looks)
        if begin is None:
            reads = reads_from(before.reads, {}, watch, None)
            logits, raw = (one.expand(many, -1) for one in (before.logits, before.raw_logits))
            reads = {at: one.expand(many, -1, -1) for at, one in reads.items()}
            return Run(logits, raw, reads), None
        cache = kept.past(begin.position, many)
        ids = self._ids(many)[:, begin.position :]
        cut = knocked_out(self.model, looks, start=begin.position)
        without = cut if any(looks) else nullcontext()
        with self.model.alone, kept.skipping(begin, many), without:
            run = self._forward(
                variants, ids, watch=watch, hold=False, start=begin.position, cache=cache
            )
        if many == 1:
            kept.complete(cache, begin)
        run.reads = reads_from(before.reads, run.reads, watch, begin)
        return run, cache

    def begun(self, variant: Variant, looks: Sequence[KnockOut] = ()) -> tuple[Run, Any]:
        """The prompt in one variant, and the cache that what follows it goes on from."""
        if self.kept is None:
            from transformers import DynamicCache

            cache = DynamicCache(config=self.model.config)
            without = knocked_out(self.model, [looks]) if looks else nullcontext()
            with self.model.alone, without:
                return self._forward([variant], self._ids(1), hold=True, cache=cache), cache
        run, cache = self._unhurried(partial(self._passed_in_short, [variant], set(), [looks]))
        return run, self.kept.whole() if cache is None else cache

    def extend(self, variant: Variant, ids: Tensor, cache: Any, start: int) -> Run:
        """One variant over `ids`, (1, m), from position `start` on, behind the prompt, whose past
        is in `cache`, which grows."""

        def run() -> Run:
            cut_back(cache, start)
            return self._forward([variant], ids, hold=False, start=start, cache=cache)

        return self._unhurried(run)

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
        hooked = self._hooked(run, places, set(everything), hold=False)
        with self.model.alone, torch.enable_grad(), hooked:
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
        with self.model.alone, held, self._hooked(run, places, set(watch), hold):
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
            raise overflow(self.model.dtype)
        return run

    @contextmanager
    def _hooked(self, run: Run, places: Places, watch: set[int], hold: bool) -> Iterator[None]:
        writing = Writing(self, run, places, hold)
        lowest = min(places.by_layer, default=self.model.info.layers)
        handles = [
            self.model.module(self.model.architecture.unembedding).register_forward_hook(
                lambda _, _inputs, output: setattr(run, "raw_logits", output[:, -1])
            )
        ]
        if self._waits is not _never:
            blocks = self.model.module(self.model.architecture.layers)
            handles += [one.register_forward_pre_hook(self._give_way) for one in blocks]
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

    def _give_way(self, *_: Any) -> None:
        if self._waits():
            raise _GaveWay


def _nothing() -> None:
    pass


def _never() -> bool:
    return False


class _GaveWay(Exception):
    """A pass was given up, since something more urgent waits."""
