"""What was measured where a graph was traced: scores, counts, and how well transcoders fit."""

from __future__ import annotations

from statistics import median
from typing import Literal

from tracer.documents.records import Open


class Scores(Open):
    """All between 0 and 1.

    `replacement`: token share of token plus error influence. `completeness`: influence-weighted
    share of input that does not come from error nodes. `unexpanded`: share of feature influence
    whose inputs were not computed. The two `_dropped` figures leave unexpanded features out
    before scoring, as circuit-tracer does, which flatters.
    """

    replacement: float
    completeness: float
    unexpanded: float
    replacement_dropped: float
    completeness_dropped: float


class Counts(Open):
    """How many there were on the way from the model to the published graph. `expanded`: features
    whose inputs were computed; None where all of them were."""

    active: int
    candidates: int
    expanded: int | None = None
    nodes_before_pruning: int
    links_before_pruning: int
    links_before_limit: int


class Fit(Open):
    """How well transcoders reconstruct, on this prompt, what the MLPs add to the residual stream.

    `unexplained` is each layer's fraction of variance unexplained (FVU): what features, skip
    connection and bias miss, squared, over the variance around the mean (divided by n - 1) of the
    `positions` that have features. 0 is exact, 1 no better than the mean. Where fewer than four
    different tokens stand there, the variance tells nothing, and it is over the mean square
    (`against`): 1 is no better than nothing. Null where an MLP adds nothing.

    `from_below`, of sets across layers: of what features add to the answer through each layer's
    MLP, by absolute value, the share that features of lower layers write. What the model computes
    there is told as theirs, and no FVU shows it.

    `left_out` are layers for which the set has no features: all that their MLPs add is error, and
    `unexplained` is null there.
    """

    unexplained: tuple[float | None, ...]
    positions: int
    against: Literal["variance", "mean square"]
    from_below: tuple[float | None, ...] | None = None
    left_out: tuple[int, ...] | None = None

    @property
    def median(self) -> float | None:
        """Over layers; None where no layer has a number."""
        known = [one for one in self.unexplained if one is not None]
        return median(known) if known else None

    @property
    def most_from_below(self) -> tuple[int, float] | None:
        """The layer that lower features write the most of, and that share; None where nothing is
        written so."""
        known = [(n, one) for n, one in enumerate(self.from_below or ()) if one]
        return max(known, key=lambda one: one[1], default=None)

    def worst(self, least: float = 0.0, most: int = 3) -> list[tuple[int, float]]:
        """Layers that leave at least so much unexplained, the worst first."""
        known = [(n, one) for n, one in enumerate(self.unexplained) if one is not None]
        return sorted((one for one in known if one[1] >= least), key=lambda one: -one[1])[:most]
