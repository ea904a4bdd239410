"""A set of transcoders as it lies on disk, whatever its layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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
    `x @ skip.T`, not `x @ skip`.
    """

    encoder: Rows  # (features, d_model)
    decoder: Rows
    encoder_bias: Stored  # (features,)
    decoder_bias: Stored  # (d_model,)
    threshold: Stored | None = None  # (features,)
    skip: Stored | None = None  # (d_model, d_model)
    skip_transposed: bool = True

    @property
    def across(self) -> bool:
        """Whether the features write to several layers."""
        return len(self.decoder.stored.shape) == 3


@dataclass(frozen=True)
class Dictionary:
    """One layer of features for each layer of the model."""

    layout: str
    kind: Kind
    layers: Sequence[StoredLayer]
    reads: Reads
    writes: Writes
    top_k: int | None = None  # the features kept at each position; None: as the threshold says

    @property
    def d_model(self) -> int:
        return self.layers[0].encoder.width
