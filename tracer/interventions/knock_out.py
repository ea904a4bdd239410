"""A head without one of its looks: the key is masked, so the pattern is shared out among the
others, live, whatever else changes. Works in any number of variants at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tracer.attribution.look_score import LookedAt
from tracer.model.load import Model


@dataclass(frozen=True)
class KnockOut:
    """Head `head` of `layer` no longer looks from `query` at `key`."""

    layer: int
    head: int
    query: int
    key: int

    def check(self, *, layers: int, heads: int, positions: int) -> None:
        """Raises TracerError for what the model or the prompt does not have."""
        look = LookedAt(self.layer, self.head, self.query, self.key)
        look.check(layers=layers, heads=heads, positions=positions)


@contextmanager
def knocked_out(model: Model, variants: Sequence[Sequence[KnockOut]]) -> Iterator[None]:
    """Inside, each row of a batch runs without its own looks."""
    places: dict[int, list[tuple[int, KnockOut]]] = {}
    for row, variant in enumerate(variants):
        for one in variant:
            places.setdefault(one.layer, []).append((row, one))
    names = model.architecture
    blocks = model.module(names.layers)
    handles = [
        blocks[layer]
        .get_submodule(names.attention)
        .register_forward_pre_hook(_masking(found, len(variants)), with_kwargs=True)
        for layer, found in places.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _masking(places: Sequence[tuple[int, KnockOut]], variants: int) -> Any:
    rows = [row for row, _ in places]
    heads, queries, keys = (
        [getattr(one, name) for _, one in places] for name in ("head", "query", "key")
    )

    def hook(module: Any, inputs: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        mask: Tensor = named["attention_mask"]  # (variants or 1, heads or 1, queries, keys)
        n_heads = module.config.num_attention_heads
        if mask.shape[2] == 1:  # a token that is said behind the prompt
            return inputs, named
        mask = mask.expand(variants, n_heads, *mask.shape[2:]).clone()
        mask[rows, heads, queries, keys] = torch.finfo(mask.dtype).min
        return inputs, {**named, "attention_mask": mask}

    return hook
