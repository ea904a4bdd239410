"""Neurons that hold beyond their row: picked on some rows, for others.

Picked are neurons at slots whose exchange between two rows with other answers moves the lead of the
one answer over the other, in many pairs of rows and both ways round. One pick changes what the next
is worth: what it feeds has moved already. So the first few are picked by gradients, exchanged, and
everything is scored again with them in place, and so on.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from tracer.interventions.pair import LEAST
from tracer.interventions.set_prompts import SetPrompt
from tracer.interventions.steered_pass import Settings, SteeredPrompt
from tracer.interventions.targets import InterventionTargets

STEPS = (20, 60, 200)  # how many are in place when everything is scored again
AT_ONCE = 16  # pairs in one pass
Say = Callable[[int, int], None]
RowPair = tuple[SetPrompt, SetPrompt]


@dataclass(frozen=True)
class Pick:
    """A feature at a slot."""

    layer: int
    index: int
    slot: str

    def __str__(self) -> str:
        return f"{self.layer}_{self.index}@{self.slot}"


def pick(pairs: Sequence[RowPair], most: int, say: Say = lambda *_: None) -> list[Pick]:
    """The `most` strongest, strongest first, of pairs of rows with the same slots each.

    A feature's score in a pair is how much of the lead's move its exchange brings, to first order,
    mean of both ways: in the second row's run with the values of the first, and in the first row's
    with those of the second. What counts is the mean of its positive part over the pairs.
    """
    batches, picks = list(_batches(pairs)), list[Pick]()
    sizes = [0, *(one for one in STEPS if one < most), most]
    for done, (before, after) in enumerate(pairwise(sizes)):
        picks += _strongest(batches, after - before, picks)
        say(done + 1, len(sizes) - 1)
    return picks


@dataclass(frozen=True)
class _Batch:
    """Pairs of one length and slots that begin with the same tokens, where nothing differs."""

    pairs: Sequence[RowPair]
    start: int
    past: Any  # what the model keeps of that beginning

    @property
    def slots(self) -> tuple[str, ...]:
        """Of the tokens behind that beginning."""
        return self.pairs[0][0].slots[self.start :]

    @property
    def prompt(self) -> SteeredPrompt:
        """One of them, of which the others differ in words only."""
        return self.pairs[0][0].prompt

    @property
    def targets(self) -> InterventionTargets:
        return self.prompt.targets


def _batches(pairs: Sequence[RowPair]) -> Iterator[_Batch]:
    alike: dict[tuple[Any, ...], list[RowPair]] = defaultdict(list)
    beginning = _shared([row.prompt.token_ids for pair in pairs for row in pair])
    past = _past(pairs[0][0].prompt, beginning)
    for here, there in pairs:
        alike[here.slots].append((here, there))
    for some in alike.values():
        for at in range(0, len(some), AT_ONCE):
            yield _Batch(some[at : at + AT_ONCE], beginning, past)


def _shared(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all begin with; the last is never one of them."""
    shortest = min(map(len, prompts)) - 1
    different = (at for at in range(shortest) if len({one[at] for one in prompts}) > 1)
    return next(different, shortest)


def _strongest(batches: Sequence[_Batch], most: int, picks: Sequence[Pick]) -> list[Pick]:
    """With these in place; never one of them."""
    slots = list(dict.fromkeys(slot for one in batches for slot in one.slots))
    totals = [torch.zeros(len(slots), width) for width in batches[0].targets.widths]
    for batch in batches:
        for layer, scores in enumerate(_scores(batch, picks)):
            for slot in set(batch.slots):
                places = [at for at, one in enumerate(batch.slots) if one == slot]
                mine = scores[:, places].sum(1).relu().sum(0)
                totals[layer][slots.index(slot)] += mine.cpu()
    for one in picks:
        totals[one.layer][slots.index(one.slot), one.index] = 0
    found = []
    for layer, total in enumerate(totals):
        top = total.flatten().topk(min(most, total.numel()))
        for value, at in zip(top.values.tolist(), top.indices.tolist(), strict=True):
            found.append((-value, layer, *divmod(at, total.shape[1])))
    found.sort()
    return [Pick(layer, i, slots[at]) for value, layer, at, i in found[:most] if value < 0]


def _scores(batch: _Batch, picks: Sequence[Pick]) -> Iterator[Tensor]:
    """Of each layer, (pairs, positions, features): shares of each pair's move."""
    ways = [_Way.of(batch, picks, turned=turned) for turned in (False, True)]
    whole = ways[0].leads + ways[1].leads
    share = torch.where(whole < LEAST, 0.0, 1 / whole.clamp(min=LEAST))
    for layer in range(len(batch.targets.widths)):
        both = ways[0].of_layer(layer) + ways[1].of_layer(layer)
        yield both / 2 * share[:, None, None]


@dataclass(frozen=True)
class _Way:
    """One way round of a batch: the second row's runs, with the picks at the first's values."""

    sources: Sequence[SetPrompt]  # whose values come in
    reads: Mapping[int, Tensor]  # layer -> (pairs, positions, width)
    gradients: Sequence[Tensor]  # on what is written to each layer, (pairs, positions, d_model)
    leads: Tensor  # (pairs,): of the sources' answers, in their own runs
    start: int

    @staticmethod
    def of(batch: _Batch, picks: Sequence[Pick], *, turned: bool) -> _Way:
        pairs = [(there, here) if turned else (here, there) for here, there in batch.pairs]
        prompt, device = batch.prompt, batch.prompt.model.device
        settings = [_settings(source, picks) for source, _ in pairs]
        ids = torch.tensor([run.prompt.token_ids[batch.start :] for _, run in pairs], device=device)
        answers = torch.tensor([[a.answer, b.answer] for a, b in pairs], device=device)
        cache = _for_runs(batch.past, len(pairs))
        run, gradients = prompt.pulls(settings, ids, answers, batch.start, cache)
        leads = torch.stack([a.logits[a.answer] - a.logits[b.answer] for a, b in pairs])
        return _Way([source for source, _ in pairs], run.reads, gradients, leads, batch.start)

    @torch.no_grad()
    def of_layer(self, layer: int) -> Tensor:
        """(pairs, positions, features): how the lead of the sources' answers would move if each
        feature had its value there."""
        targets = self.sources[0].prompt.targets
        every = torch.arange(targets.widths[layer], device=self.leads.device)
        change = torch.stack(
            [
                targets.everywhere(
                    layer, source.prompt.baseline.reads[layer][0, self.start :], every
                )
                - targets.everywhere(layer, here, every)
                for source, here in zip(self.sources, self.reads[layer], strict=True)
            ]
        )
        decoders = targets.decoders(layer, every)  # (features, layers written to, d_model)
        gradient = torch.zeros_like(change)
        for above in range(decoders.shape[1]):
            gradient += self.gradients[layer + above].to(change) @ decoders[:, above].to(change).T
        return change * gradient


def _settings(source: SetPrompt, picks: Sequence[Pick]) -> Settings:
    """The picks at their values in a row's own run."""
    places = [(o.layer, o.index, at) for o in picks for at in source.positions(o.slot)]
    layers, indices, positions = torch.tensor(places, dtype=torch.long).view(-1, 3).unbind(1)
    values = torch.zeros(len(places), dtype=torch.float64)
    targets, reads = source.prompt.targets, source.prompt.baseline.reads
    for layer in sorted({layer for layer, _, _ in places}):
        here = layers == layer
        read = reads[layer][0, positions[here]]
        found = targets.values(layer, read, indices[here].to(read.device))
        values[here] = found.to("cpu", torch.float64)
    return Settings(layers, indices, positions, values)


@torch.no_grad()
def _past(prompt: SteeredPrompt, tokens: int) -> Any:
    """What the model keeps of a beginning, of one run; None of none."""
    if not tokens:
        return None
    ids = torch.tensor([prompt.token_ids[:tokens]], device=prompt.model.device)
    return prompt.model.causal_lm(ids, use_cache=True, return_dict=True).past_key_values


def _for_runs(past: Any, count: int) -> Any:
    """The same for so many runs, which add to it."""
    if past is not None:
        past = copy.deepcopy(past)
        past.batch_repeat_interleave(count)
    return past
