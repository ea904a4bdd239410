"""What one trace found, as tensors, whatever becomes of features that are not listed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self, TypedDict, Unpack

from pydantic import ValidationError

from tracer.attribution.adjacency import Adjacency
from tracer.attribution.effects import Effects
from tracer.attribution.from_below import from_below
from tracer.attribution.look_score import LookedAt
from tracer.attribution.question import Ask
from tracer.attribution.raw_file import write_raw
from tracer.attribution.slips import slips
from tracer.attribution.targets import Targets
from tracer.attribution.why import Why, why_looked
from tracer.documents.drawing import Shown
from tracer.documents.graph import Graph
from tracer.documents.head_names import Head
from tracer.documents.parts.parts import Parts
from tracer.documents.prompt_words import spans
from tracer.documents.records import first_mistake
from tracer.documents.trace_figures import Fit
from tracer.documents.trace_info import FeaturesInfo
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.features.active import Activations
from tracer.features.fit import fit_notices
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_pass import FrozenPass


@dataclass(frozen=True)
class Published:
    """A graph, and what is stored beside it."""

    graph: Graph
    parts: Parts


class Limits(TypedDict, total=False):
    """What decides how much of a trace is published, as `TraceSettings` has it."""

    node_threshold: float
    edge_threshold: float
    max_nodes: int
    max_links: int | None


@dataclass(frozen=True, repr=False)
class Traced(Shown, ABC):
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

    limits: ClassVar[tuple[str, ...]] = ()  # of `Limits`, those that this kind has

    def __repr__(self) -> str:
        asked = self.targets.question
        what = repr(asked.target)
        if asked.contrast:
            what += f" rather than {', '.join(map(repr, asked.contrast))}"
        prompt = self.ask.prompt if len(self.ask.prompt) <= 50 else f"{self.ask.prompt[:49]}…"
        model = self.frozen.model.info.full_name
        return f"<{type(self).__name__} of {prompt!r}: {what}; {self._size}; {model}>"

    @property
    @abstractmethod
    def _size(self) -> str:
        """How much it is, in a few words."""

    @abstractmethod
    def publish(self, *, slug: str = "untitled") -> Published:
        """The graph as it is published, called `slug`, and the parts stored beside it."""

    def prune(self, *, slug: str = "untitled", **limits: Unpack[Limits]) -> Graph:
        """The graph to publish, by the settings' limits or by others; `slug` names it.

        `node_threshold`, `edge_threshold` and `max_links` are for graphs of `nodes`, `max_nodes`
        and `max_links` for those with an account. Nothing is traced again. The graph holds no
        tensors: it can be saved, compared and shown where torch is not installed.

        Raises TracerError for limits that this kind of graph does not have.
        """
        published = (self.limited(**limits) if limits else self).publish(slug=slug)
        return published.graph.beside(published.parts)

    def limited(self, **limits: Unpack[Limits]) -> Self:
        """The same trace, to be published by other limits. Raises TracerError as `prune` does."""
        if others := [one for one in limits if one not in self.limits]:
            what = f"`{others[0]}` does not limit this kind of graph"
            raise TracerError(what, hint=f"{' and '.join(self.limits)} do")
        try:
            settings = TraceSettings.model_validate({**self.settings.model_dump(), **limits})
        except ValidationError as error:
            raise TracerError(f"no such limit: {first_mistake(error)}") from None
        return self._within(settings)

    @abstractmethod
    def _within(self, settings: TraceSettings) -> Self:
        """The same trace by other limits."""

    @abstractmethod
    def adjacency(self, *, sparse: bool = False) -> Adjacency:
        """All direct effects, before anything is pruned, with the ids of nodes.

        `matrix[t, s]` is what node s gives to node t: a numpy array, or with `sparse` scipy's.
        Raises TracerError where scipy is not installed.
        """

    def why(self, head: str, *, key: int, query: int) -> Why:
        """Why a head, such as `23.4`, looked at token `key` from token `query`: its score, split
        over what stood at both. Raises TracerError for a look that there is not."""
        try:
            name = Head.parse(head)
        except ValueError as error:
            raise TracerError(f"`{head}` names no head", hint=str(error)) from None
        tokens = [self.frozen.model.tokenizer.text(one) for one in self.frozen.token_ids]
        look = LookedAt(name.layer, name.head, query, key)
        return why_looked(self.frozen, self.active, [look], spans(tokens))[0]

    def activations(self) -> Activations:
        """Every feature that is active on the prompt, whether it takes part or not."""
        return self.active.activations()

    def save(self, file: Path | str) -> None:
        """Write the trace itself, as safetensors: `tracer.load_attribution` reads it again, and
        nothing has to be traced anew. Raises TracerError when it cannot be written."""
        columns = [
            {
                name: getattr(one, name)
                for name in ("positions", "indices", "activations", "biases", "effects")
            }
            for one in self.layers
        ]
        write_raw(
            Path(file),
            {
                "kind": type(self).__name__,
                "model": self.frozen.model.info.identity,
                "called": self.frozen.model.info.full_name,
                "ask": self.ask,
                "settings": self.settings,
                "features": self.features_info,
                "layers": columns,
                "effects": replace(self.effects, asked=()),  # large, and soon walked again
                "targets": self.targets,
                **self._raw(),
            },
        )

    @abstractmethod
    def _raw(self) -> dict[str, object]:
        """What this kind holds besides."""
