"""What one trace found, as tensors, whatever becomes of features that are not listed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tracer.attribution.effects import Effects
from tracer.attribution.from_below import from_below
from tracer.attribution.question import Ask
from tracer.attribution.slips import slips
from tracer.attribution.targets import Targets
from tracer.documents.graph import FeaturesInfo, Fit, Graph
from tracer.documents.parts.parts import Parts
from tracer.documents.trace_settings import TraceSettings
from tracer.features.fit import fit_notices
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_pass import FrozenPass


@dataclass(frozen=True)
class Published:
    """A graph, and what is stored beside it."""

    graph: Graph
    parts: Parts


@dataclass(frozen=True)
class Traced(ABC):
    """`layers` holds the features of each layer that take part; `effects` every active feature's
    signed effect over all paths, in logits of the question (or units of the target feature's
    activation)."""

    ask: Ask
    settings: TraceSettings
    frozen: FrozenPass
    features_info: FeaturesInfo
    active: ActiveFeatures
    layers: Sequence[LayerFeatures]
    effects: Effects
    targets: Targets

    @cached_property
    def fit(self) -> Fit | None:
        """How well transcoders reconstruct the MLPs here; None for neurons, which are exact."""
        fit = self.active.fit
        if fit is None:
            return None
        shares = from_below(self.frozen, self.active, self.effects, self.targets)
        return fit.model_copy(update={"from_below": shares})

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person may not expect: of the model, of how the prompt is read, of the target, and
        of how well features fit."""
        model = self.frozen.model.notices
        return (*model, *self.ask.notices, *slips(self.targets), *fit_notices(self.fit))

    @abstractmethod
    def publish(self, *, slug: str = "untitled") -> Published:
        """The graph as it is published, called `slug`, and the parts stored beside it."""

    def prune(self, *, slug: str = "untitled") -> Graph:
        """The graph to publish, by the settings' limits; `slug` names it.

        The graph holds no tensors: it can be saved, compared and shown where torch is not
        installed.
        """
        return self.publish(slug=slug).graph
