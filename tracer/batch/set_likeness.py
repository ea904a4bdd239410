"""Which rows of a set work alike, and which do not: clusters of their accounts.

Average linkage over cosines. By hand, for no library that we have besides does it: SciPy's whole
wheel for a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

ALIKE = 0.3  # clusters are joined down to this mean cosine
FEWEST = 2  # rows of a cluster; one that stands alone is odd


@dataclass(frozen=True)
class Likeness:
    """`cosine` is with the mean of all other rows; clusters are numbered from the largest on."""

    cluster: int
    cosine: float
    odd: bool


def likeness_of(effects: Tensor) -> list[Likeness]:
    """Of each row; `effects` is (neurons, rows)."""
    if effects.ndim < 2 or not len(effects):
        return []
    rows = torch.nn.functional.normalize(effects.T, dim=1)
    cosines = rows @ rows.T
    clusters = _joined(cosines)
    total = rows.sum(0)
    mean = torch.nn.functional.normalize(total - rows, dim=1)
    alike = (rows * mean).sum(1).tolist()
    found = {}
    for number, members in enumerate(sorted(clusters, key=lambda one: (-len(one), one[0]))):
        for row in members:
            odd = len(members) < FEWEST and len(clusters) > 1
            found[row] = Likeness(number, alike[row], odd)
    return [found[row] for row in range(len(rows))]


def _joined(cosines: Tensor) -> list[list[int]]:
    """Clusters, the most alike joined first, until no two are alike enough."""
    clusters = [[row] for row in range(len(cosines))]
    between = cosines.clone().fill_diagonal_(-2.0)
    while len(clusters) > 1 and float(between.max()) >= ALIKE:
        first, second = sorted(divmod(int(between.argmax()), len(clusters)))
        a, b = len(clusters[first]), len(clusters[second])
        merged = (between[first] * a + between[second] * b) / (a + b)
        between[first], between[:, first] = merged, merged
        between[first, first] = -2.0
        kept = [row for row in range(len(clusters)) if row != second]
        between = between[kept][:, kept]
        clusters[first] = sorted([*clusters[first], *clusters.pop(second)])
    return clusters
