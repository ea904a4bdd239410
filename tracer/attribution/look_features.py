"""The features at both ends of looks that may matter for them: the strongest, one by one, and those
that a graph lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tracer.attribution.look_score import LookScore
from tracer.attribution.origin import FeatureName
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_pass import FrozenPass

TRIED = 8  # at each end

LookFeatures = Mapping[FeatureName, LayerFeatures]  # each with those of its layer, at every key


def features_of(
    frozen: FrozenPass,
    active: ActiveFeatures,
    scores: Sequence[LookScore],
    listed: Collection[FeatureName],
) -> list[tuple[LookFeatures, LookFeatures]]:
    """Of each look those at the query, and those at the key."""
    ends = [
        (_End(one.look.query, one, one.on_query), _End(one.look.key, one, one.on_keys))
        for one in scores
    ]
    every = [one for pair in ends for one in pair if one.at]  # nothing at the start is a feature
    _find(frozen, active, every)
    places: dict[int, set[tuple[int, int]]] = defaultdict(set)  # position and index, by layer
    for end in every:
        end.choose(listed)
        for name in end.chosen:
            places[name.layer] |= {(at, name.index) for at in end.reach}
    layers = {
        layer: active.some(layer, [(index, at) for at, index in sorted(here)])
        for layer, here in places.items()
    }
    return [(query.found(layers), key.found(layers)) for query, key in ends]


@dataclass
class _End:
    """The query or the key of a look, with the features that stand there."""

    at: int
    score: LookScore
    gradient: Tensor  # (n, d_model)
    strongest: list[tuple[Tensor, Tensor]] = field(default_factory=list)  # by layer
    chosen: list[FeatureName] = field(default_factory=list)

    @property
    def layer(self) -> int:
        return self.score.look.layer

    @property
    def reach(self) -> Sequence[int]:
        """Where else its features count: a key is held against the others."""
        look = self.score.look
        return range(1, look.query + 1) if self.at == look.key else (self.at,)

    def choose(self, listed: Collection[FeatureName]) -> None:
        own = [one for one in listed if one.position == self.at and one.layer < self.layer]
        best = []
        if self.strongest:
            values, indices = map(torch.stack, zip(*self.strongest, strict=True))  # (layers, …)
            order = torch.sort(values.flatten(), descending=True, stable=True).indices[:TRIED]
            order = order[values.flatten()[order] > 0]
            names = zip((order // TRIED).tolist(), indices.flatten()[order].tolist(), strict=True)
            best = [FeatureName(layer, index, self.at) for layer, index in names]
        self.chosen = list(dict.fromkeys([*best, *own]))

    def found(self, layers: Mapping[int, LayerFeatures]) -> LookFeatures:
        return {name: layers[name.layer] for name in self.chosen}


def _find(frozen: FrozenPass, active: ActiveFeatures, ends: Sequence[_End]) -> None:
    """Notes at each end the strongest features of each layer in front of its own."""
    if not ends:
        return
    ends = sorted(ends, key=lambda one: one.layer)
    rows = torch.stack([one.gradient[one.at] for one in ends])  # (ends, d_model)
    below = rows.new_tensor([one.layer for one in ends])[:, None]
    # Nothing is read from the head's own layer on.
    behind = [torch.where(below > above, rows, 0.0) for above in range(ends[-1].layer)]
    positions = torch.tensor([one.at for one in ends], device=frozen.embeddings.device)
    for layer in range(len(behind)):
        first = next(at for at, one in enumerate(ends) if one.layer > layer)
        gradients = [one[first:] for one in behind[layer:]]
        sizes = active.along(layer, positions[first:], gradients).abs()
        missing = TRIED - sizes.shape[1]
        if missing > 0:
            sizes = torch.cat([sizes, sizes.new_zeros(len(sizes), missing)], dim=1)
        best = sizes.topk(TRIED)
        for end, values, indices in zip(ends[first:], best.values, best.indices, strict=True):
            end.strongest.append((values, indices))
