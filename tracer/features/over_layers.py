"""The strongest features of a position over all layers together, where a set chooses them so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from tracer.features.active import Active
from tracer.features.encode import encode
from tracer.features.weights.dictionary import Dictionary, Settings
from tracer.features.weights.stored import whole


def active_over_layers(
    dictionary: Dictionary, inputs: Sequence[Tensor], first: int
) -> list[Active]:
    """Each layer's active features on `inputs`, (positions, d_model) a layer, from position `first`
    on: at each position the k · layers of the highest score, activation times norm; of equal ones
    the first of the lowest layer. Raises TracerError as `encode` does."""
    kept = (dictionary.settings.top_k or 0) * len(dictionary.layers)
    found = []
    for stored, x in zip(dictionary.layers, inputs, strict=True):
        candidates = min(kept, len(stored.encoder))  # no layer can have more of them
        settings: Settings = replace(dictionary.settings, top_k=candidates)
        found.append(encode(stored, x, first=first, settings=settings))
    scores = [
        one.activations if stored.ranks is None else _scored(one, whole(stored.ranks))
        for stored, one in zip(dictionary.layers, found, strict=True)
    ]
    positions = torch.cat([one.positions for one in found])
    order = torch.argsort(torch.cat(scores), descending=True, stable=True)
    order = order[torch.argsort(positions[order], stable=True)]  # by position, then by score
    sorted_positions = positions[order]
    place = torch.arange(len(order), device=order.device)
    begins = torch.searchsorted(sorted_positions, sorted_positions)
    chosen = torch.zeros(len(order), dtype=torch.bool, device=order.device)
    chosen[order] = place - begins < kept
    parts = torch.split(chosen, [len(one.positions) for one in found])
    return [
        Active(one.positions[which], one.indices[which], one.activations[which])
        for one, which in zip(found, parts, strict=True)
    ]


def _scored(found: Active, norms: Tensor) -> Tensor:
    return found.activations * norms.to(found.activations)[found.indices]
