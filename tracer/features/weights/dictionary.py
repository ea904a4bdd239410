"""A set of transcoders as it lies on disk, whatever its layout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tracer.features.weights.derived import Nothing
from tracer.features.weights.stored import Rows, Stored

Kind = Literal["transcoders", "cross-layer transcoders"]
# Where features read and write, by the names of `tracer.features.hooks`.
Reads = Literal["hook_resid_mid", "ln2.hook_normalized", "mlp.hook_in"]
Writes = Literal["hook_mlp_out", "mlp.hook_out"]


@dataclass(frozen=True)
class StoredLayer:
    """The features that read at one layer. With no threshold they are ReLU, else JumpReLU.

    A per-layer decoder is (features, d_model); a cross-layer one (features, layers, d_model) and
    writes to this layer and those above it. `skip_transposed` says that the skip connection is
    `x @ skip.T`, not `x @ skip`. `ranks` are what activations are multiplied by where the k largest
    are chosen, and only there. A layer that the set leaves out has no features at all.
    """

    encoder: Rows  # (features, d_model)
    decoder: Rows
    encoder_bias: Stored  # (features,)
    decoder_bias: Stored  # (d_model,)
    threshold: Stored | None = None  # (features,)
    skip: Stored | None = None  # (d_model, d_model)
    skip_transposed: bool = True
    ranks: Stored | None = None  # (features,)

    @property
    def left_out(self) -> bool:
        return isinstance(self.encoder.stored, Nothing)

    @property
    def across(self) -> bool:
        """Whether the features write to several layers."""
        return len(self.decoder.stored.shape) == 3


@dataclass(frozen=True)
class Settings:
    """How a layer is read, beside its numbers."""

    reads: Reads
    writes: Writes
    top_k: int | None = None  # the features kept at each position; None: as the threshold says
    # k is the number of groups, features in a row, which keep one each.
    grouped: bool = field(default=False, repr=False)
    # k for each layer, chosen over all of them together.
    over_all: bool = field(default=False, repr=False)


@dataclass(frozen=True)
class Dictionary:
    """One layer of features for each layer of the model."""

    layers: Sequence[StoredLayer]
    settings: Settings
    open_ended: bool = False  # it is all that was published, and may end below the last layer

    @property
    def kind(self) -> Kind:
        return "cross-layer transcoders" if self.layers[0].across else "transcoders"

    @property
    def d_model(self) -> int:
        return self.layers[0].encoder.width

    @property
    def left_out(self) -> tuple[int, ...]:
        """The layers for which there are no features."""
        return tuple(number for number, one in enumerate(self.layers) if one.left_out)

    def of_layers(self, count: int) -> Dictionary:
        """The same for a model of so many layers: those above the last one published are left out,
        where that is known."""
        missing = range(len(self.layers), count)
        if not self.open_ended or not missing or self.layers[0].across:
            return self
        above = [nothing_in(layer, self._like, count) for layer in missing]
        return replace(self, layers=[*self.layers, *above])

    @property
    def _like(self) -> StoredLayer:
        return next(one for one in self.layers if not one.left_out)

    def misfit(self) -> str | None:
        """What does not fit together among the layers, if anything."""
        for what in ("threshold", "skip"):
            have = [one.left_out or getattr(one, what) is not None for one in self.layers]
            if have.count(True) == len(self.left_out):
                continue
            if not all(have):
                name = {"threshold": "thresholds", "skip": "skip connection"}[what]
                return f"layer {have.index(False)} has no {name}, others have"
        for number, layer in enumerate(self.layers):
            if layer.left_out:
                continue
            if odd := _no_matrix(layer):
                return f"the {odd} of layer {number} is not rows of features"
            features, d_model = len(layer.encoder), self.d_model
            if self.settings.top_k is not None:
                if layer.threshold is not None:
                    return f"layer {number} has thresholds, which TopK would leave unread"
                if self.settings.top_k > features:
                    return f"k is {self.settings.top_k}, but layer {number} has {features} features"
                if self.settings.grouped and features % self.settings.top_k:
                    return f"the {features} features of layer {number} are no equal groups"
            written = (len(self.layers) - number,) if layer.across else ()
            shapes = {
                "encoder": (layer.encoder.shape, (features, d_model)),
                "decoder": (layer.decoder.shape, (features, *written, d_model)),
                "encoder's bias": (layer.encoder_bias.shape, (features,)),
                "decoder's bias": (layer.decoder_bias.shape, (d_model,)),
            }
            if layer.ranks is not None:
                shapes["decoder's norms"] = (layer.ranks.shape, (features,))
            if layer.threshold is not None and math.prod(layer.threshold.shape) != 1:
                flat = (math.prod(layer.threshold.shape),)  # some have a leading length of one
                shapes["threshold"] = (flat, (features,))
            if layer.skip is not None:
                shapes["skip connection"] = (layer.skip.shape, (d_model, d_model))
            for name, (found, expected) in shapes.items():
                if found != expected:
                    return f"the {name} of layer {number} has shape {found}, not {expected}"
        return None


def _no_matrix(layer: StoredLayer) -> str | None:
    """What has not the dimensions of a matrix, or none along one of them."""
    for name, rows, dimensions in (("encoder", layer.encoder, 2), ("decoder", layer.decoder, 3)):
        shape = rows.stored.shape
        if not 2 <= len(shape) <= dimensions or 0 in shape:
            return f"{name} of shape {shape}"
    return None


def nothing_in(layer: int, like: StoredLayer, n_layers: int) -> StoredLayer:
    """A layer without features in a set whose other layers are `like` one."""
    d_model = like.encoder.width
    written = (n_layers - layer,) if like.across else ()
    none = Nothing(layer, (0,))
    return StoredLayer(
        encoder=Rows(Nothing(layer, (0, d_model))),
        decoder=Rows(Nothing(layer, (0, *written, d_model))),
        encoder_bias=none,
        decoder_bias=Nothing(layer, (d_model,)),
        threshold=None if like.threshold is None else none,
        ranks=None if like.ranks is None else none,
    )
