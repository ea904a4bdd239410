"""What each look of a head, from a query back to a word, adds to what is asked; and what taking it
away should change. One walk down, patterns and norms frozen, features passing gradients on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.effects import gradients_on_heads
from tracer.attribution.origin import Origin
from tracer.features.source import ActiveFeatures
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass

SURE = 0.999  # of all attention: without such a look there is nothing left to share out anew


@dataclass(frozen=True)
class Look:
    """`effect` is what the values at the keys, tokens of one word, add through the head, over all
    paths behind it; `without` the predicted change where the head attends to the other keys alone,
    in their proportions."""

    layer: int
    head: int
    query: int
    keys: tuple[int, ...]
    weight: float
    effect: float
    without: float


@torch.no_grad()
def strongest_looks(
    frozen: FrozenPass,
    active: ActiveFeatures,
    direction: Tensor,
    words: Sequence[tuple[int, int]],
    *,
    most: int,
    origin: Origin | None = None,
    gradients: Sequence[Tensor] = (),
) -> list[Look]:
    """The `most` of largest |effect| on `direction`, (d_model,): each head, from each token at the
    tokens in front of it of each of the `words` (begin, end), the start left out. `gradients`
    behind the attention of each layer, (positions, d_model), spare the walk where they are known.
    """
    if not gradients:
        gradients = gradients_on_heads(frozen, active, wide(direction), origin)
    member = wide(frozen.embeddings).new_zeros(frozen.n_positions, len(words))
    for place, (begin, end) in enumerate(words):
        member[max(begin, 1) : end, place] = 1
    found = torch.cat(
        [
            _strongest(frozen, layer, _added(frozen, layer, wide(gradient)), member, most)
            for layer, gradient in enumerate(gradients)
        ]
    )
    order = torch.sort(found[:, -2].abs(), descending=True, stable=True).indices[:most]
    return [_look(row, words) for row in found[order].tolist() if row[-2]]


def _added(frozen: FrozenPass, layer: int, gradient: Tensor) -> Tensor:
    """What each head adds from each key at each query, (heads, queries, keys)."""
    attention = frozen.attention_map(layer)
    heads, dim, n = len(attention.pattern), attention.head_dim, frozen.n_positions
    asked = (attention.enter.to(gradient) @ gradient.T).view(heads, dim, n)
    values = attention.leave.T.to(gradient) @ wide(frozen.block_input(layer)).T
    held = values.view(-1, dim, n)
    kv_heads = len(held)
    met = torch.einsum("hek,heq->hqk", held.repeat(heads // kv_heads, 1, 1), asked)
    met = met * attention.pattern.transpose(1, 2).to(met)
    # Rows stand by member of a group of query heads; the model counts by key-value head.
    return met.view(heads // kv_heads, kv_heads, n, n).transpose(0, 1).flatten(0, 1)


def _strongest(frozen: FrozenPass, layer: int, added: Tensor, member: Tensor, most: int) -> Tensor:
    """(looks, 7), of one layer: layer, head, query, word, weight, effect, what the change is
    without it. `member`, (positions, words), says with 1 which tokens are a word's."""
    effects = added.tril(-1) @ member.to(added)  # (heads, queries, words)
    weights = wide(frozen.patterns[layer]).to(added).tril(-1) @ member.to(added)
    size = torch.where(weights < SURE, effects.abs(), 0.0)
    best = size.flatten().topk(min(most, size.numel()))
    head, query, word = torch.unravel_index(best.indices, size.shape)
    weight = weights[head, query, word]
    effect = torch.where(best.values > 0, effects[head, query, word], 0.0)
    others = added[head, query].sum(-1) - effect
    without = others * weight / (1 - weight) - effect
    columns = (torch.full_like(head, layer), head, query, word, weight, effect, without)
    return torch.stack([one.to(added) for one in columns], dim=1)


def _look(row: Sequence[float], words: Sequence[tuple[int, int]]) -> Look:
    layer, head, query, word = map(int, row[:4])
    begin, end = words[word]
    return Look(layer, head, query, tuple(range(max(begin, 1), min(end, query))), *row[4:])
