"""A head without one of its looks: the key is masked, so the pattern is shared out among the
others, live, whatever else changes; or its weight is zero, and the others keep theirs. Works in any
number of variants at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from tracer.attribution.look_score import LookedAt
from tracer.model.attending import Attend, attention_through
from tracer.model.load import Model


@dataclass(frozen=True)
class KnockOut:
    """Head `head` of `layer` no longer looks from `query` at `key`; with `zero` nothing stands in
    the place of that, else the others share it."""

    layer: int
    head: int
    query: int
    key: int
    zero: bool = False

    def check(self, *, layers: int, heads: int, positions: int) -> None:
        """Raises TracerError for what the model or the prompt does not have."""
        look = LookedAt(self.layer, self.head, self.query, self.key)
        look.check(layers=layers, heads=heads, positions=positions)


@contextmanager
def knocked_out(
    model: Model, variants: Sequence[Sequence[KnockOut]], *, start: int = 0
) -> Iterator[None]:
    """Inside, each row of a batch runs without its own looks. A pass begins at position `start`,
    what lies before it being in a cache."""
    masked, zeroed = _Places(), _Places()
    for row, variant in enumerate(variants):
        for one in variant:
            here = replace(one, query=one.query - start)
            (zeroed if one.zero else masked).setdefault(one.layer, []).append((row, here))
    blocks = model.module(model.architecture.layers)
    handles = [
        blocks[layer]
        .get_submodule(model.architecture.attention)
        .register_forward_pre_hook(_masking(found, len(variants), start > 0), with_kwargs=True)
        for layer, found in masked.items()
    ]
    try:
        with attention_through(model, _zeroing(zeroed, start > 0)) if zeroed else nullcontext():
            yield
    finally:
        for handle in handles:
            handle.remove()


class _Places(dict[int, list[tuple[int, KnockOut]]]):
    """By layer, the row of each look and the look."""


def _indices(places: Sequence[tuple[int, KnockOut]]) -> tuple[list[int], ...]:
    rows = [row for row, _ in places]
    return rows, *([getattr(one, name) for _, one in places] for name in ("head", "query", "key"))


def _masking(places: Sequence[tuple[int, KnockOut]], variants: int, later: bool) -> Any:
    """`later`: the pass begins behind the prompt's start, so a single row is the prompt's too."""
    rows, heads, queries, keys = _indices(places)

    def hook(module: Any, inputs: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        mask: Tensor = named["attention_mask"]  # (variants or 1, heads or 1, queries, keys)
        n_heads = module.config.num_attention_heads
        if mask.shape[2] == 1 and not later:  # a token that is said behind the prompt
            return inputs, named
        mask = mask.expand(variants, n_heads, *mask.shape[2:]).clone()
        mask[rows, heads, queries, keys] = torch.finfo(mask.dtype).min
        return inputs, {**named, "attention_mask": mask}

    return hook


def _zeroing(places: _Places, later: bool) -> Attend:
    def zeroed(layer: int, pattern: Tensor) -> Tensor:
        """The pattern, (variants, heads, queries, keys), without those looks."""
        if (later or pattern.shape[2] > 1) and (found := places.get(layer)):
            rows, heads, queries, keys = _indices(found)
            pattern = pattern.clone()
            pattern[rows, heads, queries, keys] = 0
        return pattern

    return zeroed
