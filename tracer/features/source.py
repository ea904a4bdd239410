"""What the attribution engine asks of features, whatever they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from torch import Tensor

from tracer.documents.trace_figures import Fit
from tracer.documents.trace_info import FeaturesInfo
from tracer.features.active import Activations
from tracer.model.frozen_pass import FrozenPass


class Passage(Protocol):
    """A linear map between the streams in front of an MLP and behind it, at each position."""

    def pull(self, gradient: Tensor, positions: Tensor) -> Tensor:
        """Gradients in front, (m, d_model) at positions (m,), from those behind."""

    def push(self, stream: Tensor, positions: Tensor) -> Tensor:
        """What comes out behind, (m, d_model) at positions (m,), of what stands in front."""


@dataclass(frozen=True)
class LayerFeatures:
    """The features of one layer that take part in the sweep, sorted by (position, index).

    Everything is told on the residual stream, frozen norms and post-norms folded in. `encoders`
    are gradients of the activations on the stream in front of the layer's MLP; `biases` are what
    an activation holds beyond them, so that activation = encoder · residual + bias. `decoders`
    are what one unit of activation adds to the stream behind the MLP of its own layer, then of
    each layer above, as far up as the features write. `error` is what the layer's MLP adds and no
    feature of this layer or below does, less `constant`, which no node stands for. `passes_on` is
    what goes through the MLP beside the features; None where nothing does.
    """

    positions: Tensor  # (features,)
    indices: Tensor  # (features,)
    activations: Tensor  # (features,)
    encoders: Tensor  # (features, d_model)
    biases: Tensor  # (features,)
    decoders: Tensor  # (features, layers written to, d_model)
    error: Tensor  # (positions, d_model)
    constant: Tensor | None  # (positions, d_model)
    effects: Tensor  # (features,): total effects on what is asked about
    passes_on: Passage | None = None

    def __len__(self) -> int:
        return len(self.positions)

    def chosen(self, which: Tensor) -> LayerFeatures:
        """Some of them, by a mask or by places in ascending order; the error stays as it is."""
        return replace(
            self,
            positions=self.positions[which],
            indices=self.indices[which],
            activations=self.activations[which],
            encoders=self.encoders[which],
            biases=self.biases[which],
            decoders=self.decoders[which],
            effects=self.effects[which],
        )

    def decoders_into(self, above: int) -> Tensor | None:
        """(features, d_model): where an activation goes `above` layers above their own; None if
        nowhere."""
        return self.decoders[:, above] if above < self.decoders.shape[1] else None

    def written_into(self, above: int) -> Tensor | None:
        """(features, d_model): what is written `above` layers above their own; None if nothing."""
        decoders = self.decoders_into(above)
        return None if decoders is None else decoders * self.activations[:, None]


class ActiveFeatures(Protocol):
    """The features that are active on one prompt."""

    @property
    def count(self) -> int:
        """How many feature-positions are active."""

    @property
    def fit(self) -> Fit | None:
        """How well they reconstruct what the MLPs write; None where they are exact."""

    def activations(self) -> Activations:
        """All of them."""

    def pull(self, layer: int, behind: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Effects and onward gradient of one layer's features.

        `behind` holds gradients on the residual stream behind each MLP, (positions, d_model), the
        layer's own first, then those above.
        Returns the effect of each active feature, as `admit` takes it, and the gradient that
        goes on to the residual stream in front of the MLP, (positions, d_model).
        """

    def pull_at(self, layer: int, positions: Tensor, behind: Sequence[Tensor]) -> Tensor:
        """The onward gradients alone, of rows (m, d_model) at `positions` (m,) each."""

    def along(self, layer: int, positions: Tensor, behind: Sequence[Tensor]) -> Tensor:
        """(m, features of the layer): what each feature itself writes at `positions` (m,) along
        gradients on the streams behind each MLP, (m, d_model) each, the layer's own first."""

    @property
    def widths(self) -> tuple[int, ...]:
        """How many features each layer has, active or not."""

    def some(self, layer: int, places: Sequence[tuple[int, int]]) -> LayerFeatures:
        """Those of one layer at these (index, position), given by position first, whatever their
        effects; without those that are not active there."""

    def pass_up(
        self, layer: int, stream: Tensor, positions: Tensor, listed: LayerFeatures
    ) -> list[Tensor]:
        """What streams in front of a layer's MLP, (m, d_model) at `positions` (m,), add behind it
        and behind those above, (m, d_model) each: through every feature but those listed, and
        beside the features."""

    def constants_up(self, layer: int, listed: LayerFeatures) -> list[Tensor]:
        """What the same adds whatever the stream is, (positions, d_model) each."""

    def errors(self, layer: int) -> Tensor | None:
        """(positions, d_model): what a layer's MLP adds to the stream and no feature does; None
        where nothing is in error by construction."""

    def admit(self, effects: Sequence[Tensor], candidates: int) -> list[LayerFeatures]:
        """Those that take part in the sweep, by layer, given their effects from `pull`."""


class FeatureSource(Protocol):
    """A way of reading features off a frozen pass."""

    @property
    def info(self) -> FeaturesInfo: ...

    def read(self, frozen: FrozenPass) -> ActiveFeatures: ...
