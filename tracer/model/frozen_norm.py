"""A norm whose scale is held fixed, which makes it a linear map and a constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tracer.model.architectures import Architecture


@dataclass(frozen=True)
class FrozenNorm:
    """`scale * weight * x + bias`, of x less its mean where the norm centres."""

    scale: Tensor  # (n,), the reciprocal norm at each position
    weight: Tensor  # (d_model,)
    bias: Tensor | None  # (d_model,)
    centres: bool

    def push(self, x: Tensor, positions: Tensor | slice = slice(None)) -> Tensor:
        """(m, d_model) at m of the positions through the norm's linear part, without its bias."""
        return self._centred(x) * (self.scale[positions, None] * self.weight)

    def map_pulled(self, rows: Tensor) -> Tensor:
        """Rows that read behind the norm, (..., d_model), as rows that read in front of it; the
        scale is left to whoever knows the position."""
        return self._centred(rows * self.weight)

    def map_pushed(self, rows: Tensor) -> Tensor:
        """Rows that read what the norm makes of something, as rows that read that
        something."""
        return self._centred(rows) * self.weight

    def pull(self, gradient: Tensor, positions: Tensor | slice) -> Tensor:
        """The gradient in front of the norm from the one behind it, (..., m, d_model) at m of
        the positions."""
        return self._centred(gradient * (self.scale[positions, None] * self.weight))

    def _centred(self, x: Tensor) -> Tensor:
        return x - x.mean(-1, keepdim=True) if self.centres else x


def freeze_norm(architecture: Architecture, norm: Any, x: Tensor) -> FrozenNorm:
    """A norm's module as it acts on (n, d_model)."""
    x = wide(x)
    if architecture.norm_centres:
        x = x - x.mean(-1, keepdim=True)
    epsilon = norm.variance_epsilon if hasattr(norm, "variance_epsilon") else norm.eps
    scale = torch.rsqrt(x.pow(2).mean(-1) + epsilon)
    weight = norm.weight
    if architecture.norm_weight_offset:
        weight = weight + architecture.norm_weight_offset
    bias = getattr(norm, "bias", None)
    return FrozenNorm(scale.to(weight.dtype), weight, bias, architecture.norm_centres)


def constant_scale(x: Tensor, scale: float) -> FrozenNorm:
    """What scales all of (n, d_model) alike, as the post-norm that it stands in place of."""
    return FrozenNorm(x.new_full((len(x),), scale), x.new_ones(x.shape[1]), None, centres=False)


def wide(x: Tensor) -> Tensor:
    """At least float32."""
    return x if x.dtype == torch.float64 else x.float()
