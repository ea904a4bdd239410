"""What the attribution engine asks of features, whatever they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from tracer.documents.graph import FeaturesInfo
from tracer.model.frozen_pass import FrozenPass


@dataclass(frozen=True)
class LayerFeatures:
    """The features of one layer that take part in the sweep, sorted by (position, index).

    `encoders` are gradients of the activations on the residual stream in front of the MLP,
    through its frozen norm; `biases` are what an activation holds beyond them, so that
    activation = encoder · residual + bias. `error` is what the MLP writes and no feature does,
    less `constant`, which no node stands for. `passes_on` takes gradients on the MLP's output,
    (m, d_model) at positions (m,), to what goes through it beside the features, on the residual
    stream in front of its norm; None where nothing does.
    """

    positions: Tensor  # (features,)
    indices: Tensor  # (features,)
    activations: Tensor  # (features,)
    encoders: Tensor  # (features, d_model)
    biases: Tensor  # (features,)
    decoders: Tensor  # (features, d_model)
    error: Tensor  # (positions, d_model)
    constant: Tensor | None  # (positions, d_model)
    effects: Tensor  # (features,): total effects on what is asked about
    passes_on: Callable[[Tensor, Tensor], Tensor] | None = None

    def __len__(self) -> int:
        return len(self.positions)


class ActiveFeatures(Protocol):
    """The features that are active on one prompt."""

    @property
    def count(self) -> int:
        """How many feature-positions are active."""

    def pull(self, layer: int, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Effects and onward gradient of one layer's features.

        `gradient` is (positions, d_model) on what the layer's MLP gives, in front of any
        post-norm.
        Returns the effect of each active feature, as `admit` takes it, and the gradient that
        goes on to the residual stream in front, (positions, d_model).
        """

    @property
    def widths(self) -> tuple[int, ...]:
        """How many features each layer has, active or not."""

    def one(self, layer: int, index: int, position: int) -> LayerFeatures:
        """A single feature at one position, whatever its effect; none where it is not active."""

    def admit(self, effects: Sequence[Tensor], candidates: int) -> list[LayerFeatures]:
        """Those that take part in the sweep, by layer, given their effects from `pull`."""


class FeatureSource(Protocol):
    """A way of reading features off a frozen pass."""

    @property
    def info(self) -> FeaturesInfo: ...

    def read(self, frozen: FrozenPass) -> ActiveFeatures: ...
