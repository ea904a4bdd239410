"""Where in many texts a feature is most active, as a document that the viewer shows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tracer.documents.feature_examples import Example, FeatureExamples, Quantile

AROUND = 16  # tokens kept on each side of the strongest
STRONGEST = 8
EACH = 4  # of every further range
BINS = 40
LOGITS = 10
_RANGES = (("Upper third", 2 / 3, 1.0), ("Middle third", 1 / 3, 2 / 3), ("Lower third", 0.0, 1 / 3))
_BELOW = "Lowest, below zero"


def examples_of(
    number: int,
    contexts: Sequence[Sequence[str]],
    activations: Sequence[Tensor],
    *,
    top: Sequence[str],
    bottom: Sequence[str],
    **more: object,
) -> FeatureExamples:
    """One feature's document: `activations` holds a tensor, (n,), for the tokens of each context.

    The strongest contexts first, then some of each third of what is left, evenly spaced; and,
    where the feature goes below zero as neurons do, those where it is lowest.
    """
    peaks = torch.tensor([float(one.max()) for one in activations])
    lows = torch.tensor([float(one.min()) for one in activations])
    order = [int(at) for at in peaks.argsort(descending=True, stable=True) if peaks[at] > 0]
    chosen = {"Strongest": order[:STRONGEST]}
    rest = order[STRONGEST:]
    most = float(peaks.max()) if order else 0.0
    for name, low, high in _RANGES:
        here = [at for at in rest if low < float(peaks[at]) / most <= high]
        chosen[name] = _spread(here)
    below = [int(at) for at in lows.argsort(stable=True) if lows[at] < 0]
    chosen[_BELOW] = below[:STRONGEST]
    everything = torch.cat(list(activations))
    active = everything[everything != 0]
    share = len(active) / len(everything)
    ends = (float(active.min()), float(active.max())) if len(active) else (0.0, 0.0)
    ends = (min(ends[0], 0.0), max(ends[1], 0.0))
    return FeatureExamples.model_validate(
        {
            "index": number,
            "examples_quantiles": [
                Quantile(
                    quantile_name=name,
                    below=name == _BELOW or None,
                    examples=tuple(
                        _example(contexts[at], activations[at], lowest=name == _BELOW)
                        for at in places
                    ),
                )
                for name, places in chosen.items()
                if places
            ],
            "top_logits": tuple(top),
            "bottom_logits": tuple(bottom),
            "act_min": _short(ends[0]),
            "act_max": _short(ends[1]),
            "histogram": torch.histc(active, BINS, *ends).tolist() if ends[0] < ends[1] else None,
            "activation_frequency": _short(share) if share < 1 else None,
            **more,
        }
    )


def _spread(places: Sequence[int]) -> list[int]:
    if len(places) <= EACH:
        return list(places)
    return [places[round(at * (len(places) - 1) / (EACH - 1))] for at in range(EACH)]


def _example(tokens: Sequence[str], values: Tensor, *, lowest: bool) -> Example:
    peak = int(values.argmin() if lowest else values.argmax())
    here = slice(max(0, peak - AROUND), peak + AROUND + 1)
    return Example(
        tokens=tuple(tokens[here]), tokens_acts_list=tuple(map(_short, values[here].tolist()))
    )


def _short(value: float) -> float:
    return float(f"{value:.3g}")
