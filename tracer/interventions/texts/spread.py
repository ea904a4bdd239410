"""How activations are spread, counted in one pass that does not know their bounds beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.interventions.texts.batch import Batch

FINE = 512  # bins on each side of zero


@dataclass
class Spread:
    """Counts in equal bins from -bound to bound, a power of two of each feature's own: when
    something larger comes, bins are joined by twos, so each activation stays in its bin."""

    bounds: Tensor  # (n,)
    counts: Tensor  # (n, 2 * FINE)
    zeros: Tensor  # (n,): activations that are exactly zero
    lowest: Tensor  # (n,)
    highest: Tensor  # (n,)
    tokens: Tensor  # (): read

    @staticmethod
    def empty(features: int) -> Spread:
        return Spread(
            torch.full((features,), 2.0**-24),
            torch.zeros(features, 2 * FINE, dtype=torch.int64),
            torch.zeros(features, dtype=torch.int64),
            torch.zeros(features),
            torch.zeros(features),
            torch.zeros((), dtype=torch.int64),
        )

    def add(self, batch: Batch) -> None:
        values = batch.values.flatten(0, 1)
        if not bool(batch.inside.all()):
            values = values[batch.inside.flatten()]
        self.lowest = torch.minimum(self.lowest, values.amin(0))
        self.highest = torch.maximum(self.highest, values.amax(0))
        self.zeros += (values == 0).sum(0)
        self.tokens += len(values)
        self._widen(torch.maximum(self.highest, -self.lowest))
        bins = (values * (FINE / self.bounds)).floor_().long()
        bins = bins.clamp_(-FINE, FINE - 1) + FINE
        bins += torch.arange(len(self.bounds)) * 2 * FINE
        found = torch.bincount(bins.flatten(), minlength=self.counts.numel())
        self.counts += found.view_as(self.counts)

    def _widen(self, largest: Tensor) -> None:
        while bool((small := largest > self.bounds).any()):
            joined = self.counts[small].view(-1, FINE, 2).sum(-1)
            counts = torch.zeros(len(joined), 2 * FINE, dtype=torch.int64)
            counts[:, FINE // 2 : FINE // 2 + FINE] = joined
            self.counts[small] = counts
            self.bounds[small] *= 2

    def histogram(self, feature: int, bins: int) -> list[float] | None:
        """Counts of what is not zero in equal bins from the lowest to the highest, zero among them;
        a fine bin across an edge is shared out. None where nothing is active."""
        low, high = float(self.lowest[feature]), float(self.highest[feature])
        if low >= high:
            return None
        counts = self.counts[feature].double()
        counts[FINE] -= self.zeros[feature]
        edges = torch.arange(-FINE, FINE + 1, dtype=torch.float64) * float(
            self.bounds[feature] / FINE
        )
        edges = edges.clamp(low, high)
        below = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        wanted = torch.linspace(low, high, bins + 1, dtype=torch.float64)
        reached = _interpolated(wanted, edges, below)
        reached[0], reached[-1] = 0.0, counts.sum()  # the ends may lie on edges of fine bins
        return [round(one, 1) for one in reached.diff().tolist()]

    def at_least(self, feature: int, value: float) -> float:
        """The share of tokens with so much or more; of a value below zero, so little or less."""
        counts = self.counts[feature].double()
        edges = torch.arange(-FINE, FINE + 1, dtype=torch.float64) * float(
            self.bounds[feature] / FINE
        )
        below = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        reached = float(_interpolated(torch.tensor([value], dtype=torch.float64), edges, below))
        total = float(counts.sum())
        return (total - reached if value > 0 else reached) / total if total else 0.0


def _interpolated(wanted: Tensor, edges: Tensor, reached: Tensor) -> Tensor:
    right = torch.searchsorted(edges, wanted).clamp(1, len(edges) - 1)
    left = right - 1
    width = (edges[right] - edges[left]).clamp(min=1e-300)
    share = ((wanted - edges[left]) / width).clamp(0, 1)
    return reached[left] + share * (reached[right] - reached[left])
