"""The sweep: from the answer down, layer by layer, computing rows only where they matter.

A feature's influence on the output is a sum over rows of higher layers, so when the sweep
reaches a layer the influence of its features is already exact. No power iteration, no guess.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.columns import Columns
from tracer.attribution.cut import Count, cheapest_cut
from tracer.attribution.origin import Origin
from tracer.attribution.rows import RowWriter
from tracer.features.source import LayerFeatures
from tracer.model.frozen_pass import FrozenPass

Progress = Callable[[str, int, int], None]
LONG = 60  # seconds: an estimate is given of what takes longer


@dataclass(frozen=True)
class Swept:
    """Rows of every expanded target over all sources, and the exact influence of each source."""

    columns: Columns
    expanded: Tensor  # (expanded,) feature columns, ascending
    rows: Tensor  # (expanded + logits, columns): features in column order, then logits
    biases: Tensor  # (expanded + logits,)
    influence: Tensor  # (columns,)
    notices: tuple[str, ...] = ()
    cut: int = 0  # how many blocks sources were carried up through

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
    transport: torch.dtype | None = None,
    origin: Origin | None = None,
    cut: int | None = None,
    walked: float = 0.0,
    progress: Progress = lambda *_: None,
) -> Swept:
    """Expand logits, then each layer's features from the top.

    `directions` (targets, d_model) and `weights` (targets,) come from `choose_targets`. In each
    layer the strongest features are expanded until those left carry at most 1 - `coverage` of
    the layer's influence, and no more than `quota[layer]`. `transport` is the number format of
    the products on the way down, the model's own by default. With an `origin`, the directions
    read the residual stream there instead of the normalised final one. `cut` is how many blocks
    sources are carried up through to meet targets, no more than lie below all targets; what is
    cheapest by default. `walked` is how many seconds one walk down took, from which a long sweep
    is estimated.
    """
    top = frozen.n_layers if origin is None else origin.layer
    expected = quota or [len(one) if layer < top else 0 for layer, one in enumerate(layers)]
    if cut is None:
        cut = cheapest_cut(frozen, layers, expected, top=top)
    count = Count.of(frozen, layers, expected)
    steps = count.operations(cut) / count.of_one_walk(len(frozen.model.layers[0].mlp.gate))
    progress(about(walked * steps), 0, frozen.n_layers)
    writer = RowWriter(frozen, layers, cut=cut, transport=transport)
    columns, n_logits = writer.columns, len(directions)
    rows = columns.zeros(columns.n_features + n_logits, directions.dtype)
    # Filled from the end, so that what is expanded last, the lowest layer, stands first.
    begin = len(rows) - n_logits
    if origin is None:
        biases = [writer.logits(directions, rows[begin:])]
    else:
        biases = [writer.reads(origin.layer, origin.position, directions, rows[begin:])]
    n_features = columns.n_features
    influence = rows.new_zeros(columns.total)
    _pass_down(influence, weights.to(rows), rows[begin:], n_features, n_features)
    expanded: list[Tensor] = []
    for layer in reversed(range(frozen.n_layers)):
        part = columns.features(layer)
        chosen = _worth_expanding(influence[part], coverage, quota[layer] if quota else None)
        if len(chosen):
            block = rows[begin - len(chosen) : begin]
            biases.append(writer.features(layer, chosen, block))
            _pass_down(influence, influence[part][chosen], block, part.start, n_features)
            expanded.append(chosen + part.start)
            begin -= len(chosen)
        progress("sweep", frozen.n_layers - layer, frozen.n_layers)
    nothing = torch.zeros(0, dtype=torch.long)
    return Swept(
        columns=columns,
        expanded=torch.cat([nothing, *reversed(expanded)]),
        rows=rows[begin:],
        biases=torch.cat(biases[::-1]),
        influence=influence,
        notices=tuple(writer.notices),
        cut=writer.cut,
    )


def about(seconds: float) -> str:
    """What the sweep is called while it runs: how long it will take, where that is long."""
    return "sweep" if seconds < LONG else f"sweep, about {round(seconds / 60)} minutes"


def passed_down(
    weights: Tensor, direct: Tensor, rest: Tensor, without: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """What targets of some influence, (targets,), hand to their sources: each row shared out by
    absolute value. Rows come in two parts, and so do the shares; columns `without` have none."""
    direct, rest = direct.abs(), rest.abs()
    if without is not None and len(without):
        direct.index_fill_(1, without, 0.0)
    shares = weights / (direct.sum(1) + rest.sum(1)).clamp(min=1e-10)
    return shares @ direct, shares @ rest


def _pass_down(influence: Tensor, weights: Tensor, rows: Tensor, below: int, rest: int) -> None:
    """Adds to `influence` what `rows` hand down; they read features up to column `below`, and
    what stands from column `rest` on."""
    direct, others = passed_down(weights, rows[:, :below], rows[:, rest:])
    influence[:below] += direct
    influence[rest:] += others


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
