"""What one trace found, as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tracer.attribution.effects import Effects
from tracer.attribution.influence import Matrix, drop, fold
from tracer.attribution.question import Ask
from tracer.attribution.slips import slips
from tracer.attribution.sweep import Swept
from tracer.attribution.targets import Targets
from tracer.documents.graph import FeaturesInfo, Fit, Scores
from tracer.documents.trace_settings import TraceSettings
from tracer.features.fit import fit_notices
from tracer.features.source import LayerFeatures
from tracer.model.frozen_pass import FrozenPass


@dataclass(frozen=True)
class Traced:
    """Everything one trace found, as tensors, before pruning.

    `layers` holds the admitted features of each layer; `effects` every active feature's signed
    effect over all paths, in logits of the question (or units of the target feature's activation);
    `swept` the direct effects: rows (expanded features + targets, columns), where columns are
    features, then the MLP errors of each (layer, position), then tokens.
    """

    ask: Ask
    settings: TraceSettings
    frozen: FrozenPass
    features_info: FeaturesInfo
    active_count: int
    layers: Sequence[LayerFeatures]
    effects: Effects
    targets: Targets
    swept: Swept
    fit: Fit | None = None  # how well transcoders reconstruct the MLPs here

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person may not expect: of how the prompt is read, of the target, of memory, and of
        how well features fit."""
        told = (*self.ask.notices, *slips(self.targets), *self.swept.notices)
        return (*told, *fit_notices(self.fit))

    @cached_property
    def matrix(self) -> Matrix:
        """Direct effects among expanded features, errors, tokens and logits; features that were
        not expanded are folded into the error node of their layer and position."""
        positions = torch.cat([one.positions for one in self.layers]).cpu()
        return fold(self.swept, positions, self.targets.weights.cpu())

    @cached_property
    def influence(self) -> Tensor:
        """(sources,): influence on the logits of each source of `matrix`."""
        return self.matrix.influence()

    def scores(self) -> Scores:
        """Replacement and completeness, shares between 0 and 1 (circuit-tracer's definitions),
        with unexpanded features folded into error nodes, and dropped."""
        replacement = self.matrix.replacement_score(self.influence)
        completeness = self.matrix.completeness_score(self.influence)
        flattering = replacement, completeness
        if len(self.swept.expanded) < self.swept.columns.n_features:
            dropped = drop(self.swept, self.targets.weights.cpu())
            influence = dropped.influence()
            flattering = dropped.replacement_score(influence), dropped.completeness_score(influence)
        return Scores(
            replacement=replacement,
            completeness=completeness,
            unexpanded=self.swept.unexpanded_share,
            replacement_dropped=flattering[0],
            completeness_dropped=flattering[1],
        )
