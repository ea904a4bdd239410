"""Where the features of two prompts differ, and what exchanging them should move.

A feature's score is (its value here − its value there) × the gradient of the lead on it, here,
over all paths; of two models each value counts with what the feature writes there. It is positive
where it supports the answer against the other. Ranking by absolute value would take opponents, and
what stands behind them is no circuit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from tracer.attribution.effects import gradients_everywhere
from tracer.attribution.origin import FeatureName
from tracer.interventions.steered_pass import Settings, SteeredPrompt
from tracer.model.frozen_pass import freeze


@dataclass(frozen=True)
class Differing:
    """Features that differ between two runs, as columns of one length."""

    layers: Tensor
    positions: Tensor
    indices: Tensor
    here: Tensor  # activations
    there: Tensor
    scores: Tensor

    def __len__(self) -> int:
        return len(self.layers)

    def take(self, which: Tensor | slice) -> Differing:
        return Differing(*(column[which] for column in self._columns))

    def to(self, device: str) -> Differing:
        return Differing(*(column.to(device) for column in self._columns))

    def from_here(self) -> Settings:
        """These features at their values in the first run."""
        return Settings(self.layers, self.indices, self.positions, self.here)

    def from_there(self) -> Settings:
        return Settings(self.layers, self.indices, self.positions, self.there)

    @staticmethod
    def joined(parts: Sequence[Differing]) -> Differing:
        columns = zip(*(one._columns for one in parts), strict=True)
        return Differing(*(torch.cat(column) for column in columns))

    @property
    def _columns(self) -> tuple[Tensor, ...]:
        return (self.layers, self.positions, self.indices, self.here, self.there, self.scores)


@dataclass(frozen=True)
class Differences:
    """Two prompts of one length on one model, or one prompt on two, with the same features."""

    here: SteeredPrompt
    there: SteeredPrompt
    gradients: tuple[Tensor, ...]  # on what features write to each layer, (positions, d_model)
    words: Tensor  # (positions,): scores of the tokens themselves, where they enter the stream

    @staticmethod
    def of(here: SteeredPrompt, there: SteeredPrompt, direction: Tensor) -> Differences:
        """`direction`, (d_model,) in the normalised final residual stream, is what is asked."""
        frozen = freeze(here.model, here.token_ids)
        active = here.targets.source.read(frozen)
        bottom, behind = gradients_everywhere(frozen, active, direction)
        pull = here.targets.pull_written
        gradients = tuple(pull(frozen, layer, one) for layer, one in enumerate(behind))
        change = frozen.embeddings - freeze(there.model, there.token_ids).embeddings
        return Differences(here, there, gradients, (change * bottom).sum(-1))

    @torch.no_grad()
    def of_layer(self, layer: int) -> Differing:
        """Every feature that differs, by position and index; on one model behind position 0."""
        width = self.here.targets.widths[layer]
        sides = [
            prompt.targets.active(layer, prompt.baseline.reads[layer][0])
            for prompt in (self.here, self.there)
        ]
        keys = [one.positions * width + one.indices for one in sides]
        every = torch.unique(torch.cat(keys))
        values = [
            one.activations.new_zeros(len(every)).index_copy_(
                0, torch.searchsorted(every, key), one.activations
            )
            for one, key in zip(sides, keys, strict=True)
        ]
        differs = values[0] != values[1]
        if self.of_two_models:
            differs |= self._rewritten(layer)[every % width] & (values[0] != 0)
        else:
            differs &= every >= width  # the start is the same for every prompt
        every, (here, there) = every[differs], (one[differs] for one in values)
        positions, indices = every // width, every % width
        pull = self._gradient(self.here, layer, positions, indices)
        scores = (here - there) * pull
        if self.of_two_models:
            scores = here * pull - there * self._gradient(self.there, layer, positions, indices)
        return Differing(torch.full_like(positions, layer), positions, indices, here, there, scores)

    @property
    def of_two_models(self) -> bool:
        return self.here.model is not self.there.model

    def loudness(self, layer: int, features: Differing) -> Tensor:
        """(m,): how much of what features of one layer write differs, by its length."""
        here, indices = self.here.targets, features.indices
        if not self.of_two_models:
            changed = (features.here - features.there).abs()
            return changed * here.loudness(layer, indices).to(changed)
        written = features.here[:, None, None] * here.decoders(layer, indices)
        theirs = self.there.targets.decoders(layer, indices)
        written = written - features.there[:, None, None] * theirs
        norms: Tensor = torch.linalg.vector_norm(written, dim=(1, 2))
        return norms

    def _rewritten(self, layer: int) -> Tensor:
        """(width,): which features of a layer write something else in the other model."""
        every = torch.arange(self.here.targets.widths[layer], device=self.here.model.device)
        sides = [one.targets.decoders(layer, every) for one in (self.here, self.there)]
        return (sides[0] != sides[1]).flatten(1).any(1)

    def _gradient(
        self, prompt: SteeredPrompt, layer: int, positions: Tensor, indices: Tensor
    ) -> Tensor:
        """(m,): what one unit of each of m features adds to what is asked, over all paths, with
        what it writes in that prompt's model."""
        different, which = torch.unique(indices, return_inverse=True)
        decoders = prompt.targets.decoders(layer, different)  # (d, layers written to, d_model)
        found = self.gradients[layer].new_zeros(len(self.gradients[layer]), len(different))
        for above in range(decoders.shape[1]):
            found += self.gradients[layer + above] @ decoders[:, above].to(found).T
        return found[positions, which]

    def layers(self) -> Iterator[Differing]:
        """One layer after the other, so that never all are in memory."""
        yield from map(self.of_layer, range(self.here.model.info.layers))

    def supporters(self, most: int, within: Sequence[Tensor]) -> list[Differing]:
        """The strongest features with a positive score, strongest first, no more than `most`:
        once for each of `within`, (layers, positions), which says where."""
        found: list[list[Differing]] = [[] for _ in within]
        for layer, features in enumerate(self.layers()):
            supports = features.scores > 0
            for places, kept in zip(within, found, strict=True):
                here = places.to(supports.device)[layer, features.positions] & supports
                kept.append(_strongest(features.take(here), most))
        return [_strongest(Differing.joined(kept), most) for kept in found]

    def of_names(self, names: Sequence[FeatureName]) -> Differing:
        """Of these features those that differ."""
        found = [self.of_layer(0).take(slice(0))]
        ordered = sorted(names, key=lambda one: one.layer)
        for layer, group in groupby(ordered, key=lambda one: one.layer):
            features, width = self.of_layer(layer), self.here.targets.widths[layer]
            wanted = [one.position * width + one.index for one in group]
            keys = features.positions * width + features.indices
            found.append(features.take(torch.isin(keys, torch.tensor(wanted).to(keys))))
        return Differing.joined(found)


def _strongest(features: Differing, most: int) -> Differing:
    order = torch.sort(features.scores, descending=True, stable=True).indices
    return features.take(order[:most])
