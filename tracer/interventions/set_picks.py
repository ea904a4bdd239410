"""Neurons that hold beyond their row: picked on some rows, for others.

A row's gradient is that of its answer's lead over the mean of the other answers, as its account
has it; a feature's score is (its value here − its mean value with other answers) × that gradient,
as a share of the lead. Each answer weighs the same, however many rows have it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.effects import gradients_behind
from tracer.interventions.set_prompts import SetPrompt
from tracer.model.frozen_pass import freeze


@dataclass(frozen=True)
class Pick:
    """A feature at a slot."""

    layer: int
    index: int
    slot: str

    def __str__(self) -> str:
        return f"{self.layer}_{self.index}@{self.slot}"


@torch.no_grad()
def pick(rows: Sequence[SetPrompt], most: int) -> list[Pick]:
    """The strongest by mean score over the answers, strongest first; never at the start."""
    by_answer: dict[int, list[SetPrompt]] = defaultdict(list)
    for row in rows:
        by_answer[row.answer].append(row)
    slots = list(dict.fromkeys(slot for row in rows for slot in row.slots[1:]))
    pulls = {row.row.key: _pulls(row, list(by_answer)) for row in rows}
    found: list[tuple[float, int, int, int]] = []
    for layer in range(rows[0].prompt.model.info.layers):
        scores = _scores(layer, by_answer, slots, pulls)  # (slots, features)
        top = scores.flatten().topk(min(most, scores.numel()))
        width = scores.shape[1]
        found += [
            (value, layer, at // width, at % width)
            for value, at in zip(top.values.tolist(), top.indices.tolist(), strict=True)
            if value > 0
        ]
    found.sort(key=lambda one: (-one[0], one[1:]))
    return [Pick(layer, index, slots[slot]) for _, layer, slot, index in found[:most]]


@dataclass(frozen=True)
class _Pulls:
    """A row's gradient on what features write to each layer, (positions, d_model), as shares of
    the answer's lead."""

    by_layer: tuple[Tensor, ...]


def _pulls(row: SetPrompt, answers: Sequence[int]) -> _Pulls:
    prompt = row.prompt
    model, others = prompt.model, [one for one in answers if one != row.answer]
    frozen = freeze(model, prompt.token_ids)
    unembedding = model.unembedding
    direction = unembedding[row.answer] - unembedding[others].mean(0)
    behind = gradients_behind(frozen, prompt.targets.source.read(frozen), direction)
    lead = float(row.logits[row.answer] - row.logits[others].mean())
    scale = 1 / max(abs(lead), 1e-3)
    pull = prompt.targets.pull_written
    return _Pulls(tuple(pull(frozen, layer, one) * scale for layer, one in enumerate(behind)))


def _scores(
    layer: int,
    by_answer: Mapping[int, Sequence[SetPrompt]],
    slots: Sequence[str],
    pulls: Mapping[str, _Pulls],
) -> Tensor:
    first = next(iter(by_answer.values()))[0].prompt
    every = torch.arange(first.targets.widths[layer], device=first.model.device)
    decoders = first.targets.decoders(layer, every)  # (features, layers written to, d_model)
    values = {
        a: [_values(row, layer, slots, every) for row in rows] for a, rows in by_answer.items()
    }
    means = {a: torch.stack(some).nanmean(0) for a, some in values.items()}
    total = torch.zeros(len(slots), len(every), device=every.device)
    for answer, rows in by_answer.items():
        others = torch.stack([one for a, one in means.items() if a != answer]).nanmean(0)
        found = []
        for row, here in zip(rows, values[answer], strict=True):
            gradient = _at_slots(_gradient(pulls[row.row.key], layer, decoders), row, slots)
            found.append((here - others) * gradient)
        total += torch.stack(found).nanmean(0).nan_to_num()
    return total / len(by_answer)


def _values(row: SetPrompt, layer: int, slots: Sequence[str], every: Tensor) -> Tensor:
    """(slots, features): a row's activations, nan where it has no such slot."""
    read = row.prompt.baseline.reads[layer][0]
    return _at_slots(row.prompt.targets.everywhere(layer, read, every), row, slots)


def _gradient(pulls: _Pulls, layer: int, decoders: Tensor) -> Tensor:
    """(positions, features)"""
    found = pulls.by_layer[layer] @ decoders[:, 0].to(pulls.by_layer[layer]).T
    for above in range(1, decoders.shape[1]):
        found = found + pulls.by_layer[layer + above] @ decoders[:, above].to(found).T
    return found


def _at_slots(values: Tensor, row: SetPrompt, slots: Sequence[str]) -> Tensor:
    """Of several tokens in one slot the sum."""
    found = values.new_full((len(slots), values.shape[1]), torch.nan)
    for at, slot in enumerate(slots):
        if positions := row.positions(slot):
            found[at] = values[positions].sum(0)
    return found
