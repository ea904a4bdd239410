"""A graph in which features that are not listed stay as nodes of their own: circuit-tracer's
convention."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tracer.attribution.document import graph_document
from tracer.attribution.influence import Matrix, drop, fold
from tracer.attribution.prune import prune
from tracer.attribution.sweep import Swept
from tracer.attribution.traced import Published, Traced
from tracer.documents.graph import Scores
from tracer.documents.parts.parts import Parts


@dataclass(frozen=True)
class NodeGraph(Traced):
    """`swept` holds direct effects: rows (expanded features + targets, columns), where columns are
    features, then the MLP errors of each (layer, position), then tokens."""

    swept: Swept

    @property
    def notices(self) -> tuple[str, ...]:
        """And of memory."""
        return (*super().notices, *self.swept.notices)

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

    def publish(self, *, slug: str = "untitled") -> Published:
        """By the settings' thresholds, shares of influence as circuit-tracer defines them, and
        their limit on links."""
        pruned = prune(
            self.matrix,
            influence=self.influence,
            node_threshold=self.settings.node_threshold,
            edge_threshold=self.settings.edge_threshold,
            max_links=self.settings.max_links,
        )
        return Published(graph_document(self, pruned, slug), Parts())
