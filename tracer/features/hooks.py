"""What the hook names of published dictionaries mean on a frozen pass.

Names are TransformerLens' and circuit-tracer's. `mlp.hook_in` and `mlp.hook_out` are what the MLP's
module reads and gives, `hook_resid_mid` the residual stream in front of the MLP's norm,
`ln2.hook_normalized` the same centred and scaled by that norm, without its weight and bias.
`hook_mlp_out` stands behind a post-norm in Gemma 2 and 3 and GLM-4; in OLMo 2 and 3 and EXAONE 4,
which have no other norm at their MLP, in front of it, and in Granite in front of the multiplier.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tracer.features.weights.dictionary import Settings
from tracer.model.frozen_norm import FrozenNorm
from tracer.model.frozen_pass import FrozenPass


@dataclass(frozen=True)
class Hooks:
    """Where a dictionary reads and writes in the place of each MLP, and the ways from there to
    the residual stream and back."""

    frozen: FrozenPass
    settings: Settings

    def inputs(self, layer: int) -> Tensor:
        """(positions, d_model): what the features of one layer read."""
        if self.settings.reads == "mlp.hook_in":
            return self.frozen.mlp_inputs[layer]
        stream = self.frozen.streams[layer]
        return (
            stream if self.settings.reads == "hook_resid_mid" else self._scale(layer).push(stream)
        )

    def input_constant(self, layer: int) -> Tensor | None:
        """(d_model,): what the inputs hold whatever the residual stream is."""
        return (
            self.frozen.mlp_norm_constant(layer) if self.settings.reads == "mlp.hook_in" else None
        )

    def pull_input(self, layer: int, gradient: Tensor, positions: Tensor) -> Tensor:
        """From gradients on `inputs`, (m, d_model) at `positions` (m,), to gradients on the
        residual stream in front of the MLP."""
        if self.settings.reads == "mlp.hook_in":
            return self.frozen.pull_through_mlp_norm(layer, positions, gradient)
        if self.settings.reads == "hook_resid_mid":
            return gradient
        return self._scale(layer).pull(gradient, positions)

    def push_input(self, layer: int, stream: Tensor, positions: Tensor) -> Tensor:
        """What joins `inputs`, (m, d_model), of what joins the stream in front of the MLP."""
        if self.settings.reads == "mlp.hook_in":
            return self.frozen.push_through_mlp_norm(layer, stream, positions)
        if self.settings.reads == "hook_resid_mid":
            return stream
        return self._scale(layer).push(stream, positions)

    def push_output(
        self, layer: int, written: Tensor, positions: Tensor | slice = slice(None)
    ) -> Tensor:
        """What joins the residual stream, (m, d_model), of what is written at `positions`."""
        if self._behind_post_norm():
            return written
        return self.frozen.push_through_mlp_post_norm(layer, written, positions)

    def pull_output(self, layer: int, gradient: Tensor, positions: Tensor) -> Tensor:
        """From gradients on the residual stream behind the MLP, (m, d_model) at `positions`, to
        gradients on what is written."""
        if self._behind_post_norm():
            return gradient
        return self.frozen.pull_through_mlp_post_norm(layer, gradient, positions)

    def _behind_post_norm(self) -> bool:
        names = self.frozen.model.architecture
        both = names.mlp_norm is not None and names.mlp_post_norm is not None
        return self.settings.writes == "hook_mlp_out" and both

    def _scale(self, layer: int) -> FrozenNorm:
        """The norm in front of the MLP without weight and bias."""
        norm = self.frozen.mlp_norms[layer]
        assert norm is not None  # refused with the set as a whole
        return replace(norm, weight=torch.ones_like(norm.weight), bias=None)
