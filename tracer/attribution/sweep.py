"""The sweep: from the answer down, layer by layer, computing rows only where they matter.

A feature's influence on the output is a sum over rows of higher layers, so when the sweep
reaches a layer the influence of its features is already exact. No power iteration, no guess.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.origin import Origin
from tracer.attribution.rows import Columns, RowWriter
from tracer.features.source import LayerFeatures
from tracer.model.frozen_pass import FrozenPass

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Swept:
    """Rows of every expanded target over all sources, and the exact influence of each source."""

    columns: Columns
    expanded: Tensor  # (expanded,) feature columns, ascending
    rows: Tensor  # (expanded + logits, columns): features in column order, then logits
    biases: Tensor  # (expanded + logits,)
    influence: Tensor  # (columns,)
    notices: tuple[str, ...] = ()

    @property
    def unexpanded_share(self) -> float:
        """The share of feature influence whose inputs were not computed."""
        features = self.influence[: self.columns.n_features]
        total = float(features.sum())
        known = float(features[self.expanded].sum())
        return max(0.0, 1 - known / total) if total else 0.0


def sweep(
    frozen: FrozenPass,
    layers: Sequence[LayerFeatures],
    directions: Tensor,
    weights: Tensor,
    *,
    coverage: float = 1.0,
    quota: Sequence[int] | None = None,
    origin: Origin | None = None,
    progress: Progress = lambda *_: None,
) -> Swept:
    """Expand logits, then each layer's features from the top.

    `directions` (targets, d_model) and `weights` (targets,) come from `choose_targets`. In each
    layer the strongest features are expanded until those left carry at most 1 - `coverage` of
    the layer's influence, and no more than `quota[layer]`. With an `origin`, the directions read
    the residual stream there instead of the normalised final one.
    """
    columns = Columns.of(frozen, layers)
    writer = RowWriter(frozen, layers, columns)
    if origin is None:
        logit_rows, logit_biases = writer.logits(directions)
    else:
        logit_rows, logit_biases = writer.reads(origin.layer, origin.position, directions)
    influence = weights.to(logit_rows) @ normalised(logit_rows)
    blocks: list[tuple[Tensor, Tensor, Tensor]] = []
    for layer in reversed(range(frozen.n_layers)):
        part = columns.features(layer)
        chosen = _worth_expanding(influence[part], coverage, quota[layer] if quota else None)
        if len(chosen):
            rows, biases = writer.features(layer, chosen)
            influence = influence + influence[part][chosen] @ normalised(rows)
            blocks.append((chosen + part.start, rows, biases))
        progress("sweep", frozen.n_layers - layer, frozen.n_layers)
    blocks.reverse()
    nothing = torch.zeros(0, dtype=torch.long)
    return Swept(
        columns=columns,
        expanded=torch.cat([nothing, *(ids for ids, _, _ in blocks)]),
        rows=torch.cat([*(rows for _, rows, _ in blocks), logit_rows]),
        biases=torch.cat([*(biases for _, _, biases in blocks), logit_biases]),
        influence=influence,
        notices=tuple(writer.notices),
    )


def normalised(rows: Tensor) -> Tensor:
    """Each row by the sum of its absolute values."""
    magnitudes = rows.abs()
    return magnitudes / magnitudes.sum(1, keepdim=True).clamp(min=1e-10)


def share_by_layer(effects: Sequence[Tensor], total: int) -> list[int]:
    """`total` expansions allotted to layers by where the strongest effects are."""
    flat = torch.cat([one.abs().flatten() for one in effects])
    owner = torch.cat([torch.full((one.numel(),), layer) for layer, one in enumerate(effects)])
    strongest = torch.sort(flat, descending=True, stable=True).indices[:total].cpu()
    return torch.bincount(owner[strongest], minlength=len(effects)).tolist()


def _worth_expanding(influence: Tensor, coverage: float, most: int | None) -> Tensor:
    """Columns within the layer, ascending, strongest influence first until `coverage`."""
    order = torch.sort(influence, descending=True, stable=True)
    total = order.values.sum()
    if float(total) <= 0:
        return order.indices[:0]
    before = order.values.cumsum(0) - order.values  # the share held by stronger ones
    wanted = (before < coverage * total) & (order.values > 0)
    count = int(wanted.sum())
    return order.indices[: count if most is None else min(count, most)].sort().values
