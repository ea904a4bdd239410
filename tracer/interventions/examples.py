"""What texts say of one feature, as a document that the viewer shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from tracer.documents.feature_examples import Example, FeatureExamples, Quantile, Share
from tracer.documents.feature_pack import in_steps, short
from tracer.documents.texts import Sort
from tracer.interventions.texts.batch import NOTHING
from tracer.interventions.texts.ranges import STEPS
from tracer.interventions.texts.running import Running
from tracer.interventions.texts.strongest import Strongest

SHOWN = 8  # of the strongest
BELOW = 6  # of the lowest
EACH = 2  # of every further range
BINS = 40
LOGITS = 10
_RANGES = (("Upper third", 2 / 3, 1.0), ("Middle third", 1 / 3, 2 / 3), ("Lower third", 0.0, 1 / 3))
_BELOW = "Lowest, below zero"


def examples_of(
    number: int,
    running: Running,
    column: int,
    text: Callable[[int], str],
    *,
    sorts: Sequence[Sort],
    top: Sequence[str],
    bottom: Sequence[str],
    **more: object,
) -> FeatureExamples:
    """The document of the feature that is the column'th of those read; `text` gives a token's.

    The strongest contexts first, then some of each third of what is left, evenly spaced; and,
    where the feature goes below zero as neurons do, those where it is lowest.
    """
    spread = running.spread
    low, high = float(spread.lowest[column]), float(spread.highest[column])
    active = 1 - int(spread.zeros[column]) / max(running.tokens, 1)
    strongest = high if high >= -low else low
    quantiles = [
        Quantile(quantile_name="Strongest", examples=_first(running.highest, column, SHOWN, text)),
        *_thirds(running, column, text),
        Quantile(
            quantile_name=_BELOW, below=True, examples=_first(running.lowest, column, BELOW, text)
        ),
    ]
    return FeatureExamples.model_validate(
        {
            "index": number,
            "examples_quantiles": [one for one in quantiles if one.examples],
            "top_logits": tuple(top),
            "bottom_logits": tuple(bottom),
            "act_min": short(low),
            "act_max": short(high),
            "histogram": spread.histogram(column, BINS),
            "activation_frequency": short(active) if active < 1 else None,
            "frequency": short(spread.at_least(column, strongest / 2)) if strongest else 0.0,
            "shares": shares_of(running, column, sorts, below=strongest < 0),
            **more,
        }
    )


def shares_of(
    running: Running, column: int, sorts: Sequence[Sort], *, below: bool = False
) -> tuple[Share, ...]:
    """Which sorts of text its strongest contexts are of, beside how much of each was read."""
    side = running.lowest if below else running.highest
    labels = [int(one) for one in side.labels[column][side.contexts[column] >= 0]]
    total = int(running.labels.sum())
    return tuple(
        Share(
            language=sort.language,
            kind=sort.kind,
            share=short(labels.count(at) / len(labels)),
            of_texts=short(int(running.labels[at]) / total),
        )
        for at, sort in sorted(enumerate(sorts), key=lambda one: (-labels.count(one[0]), one[0]))
        if at in labels
    )


def _first(
    side: Strongest, column: int, most: int, text: Callable[[int], str]
) -> tuple[Example, ...]:
    there = int((side.contexts[column] >= 0).sum())
    return tuple(
        _example(
            side.tokens[column, rank], side.activations[column, rank], text, below=side.sign < 0
        )
        for rank in range(min(most, there))
    )


def _thirds(running: Running, column: int, text: Callable[[int], str]) -> list[Quantile]:
    ranges, highest = running.ranges, running.highest
    most = float(highest.values[column, 0])
    shown = {int(one) for one in highest.contexts[column, :SHOWN]}
    reached = int(ranges.steps[column].max())
    found: list[tuple[float, int, int]] = []
    for slot in range(STEPS):
        if int(ranges.steps[column, slot]) <= reached - STEPS:
            continue
        for each in range(ranges.lots.shape[2]):
            context = int(ranges.contexts[column, slot, each])
            there = float(ranges.lots[column, slot, each]) < 1
            if there and context not in shown:
                found.append((float(ranges.values[column, slot, each]), slot, each))
    found.sort(reverse=True)
    return [
        Quantile(
            quantile_name=name,
            examples=tuple(
                _example(
                    ranges.tokens[column, slot, each], ranges.activations[column, slot, each], text
                )
                for _, slot, each in _spread([one for one in found if low < one[0] / most <= high])
            ),
        )
        for name, low, high in _RANGES
    ]


def _spread(places: Sequence[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    if len(places) <= EACH:
        return list(places)
    return [places[round(at * (len(places) - 1) / (EACH - 1))] for at in range(EACH)]


def _example(
    tokens: Tensor, values: Tensor, text: Callable[[int], str], *, below: bool = False
) -> Example:
    pairs = [
        (text(token), value)
        for token, value in zip(tokens.tolist(), values.tolist(), strict=True)
        if token != NOTHING
    ]
    return Example(
        tokens=tuple(token for token, _ in pairs),
        tokens_acts_list=tuple(in_steps([value for _, value in pairs], below=below)),
    )
