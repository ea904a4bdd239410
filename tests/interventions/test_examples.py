"""Of many places in texts, the ones worth showing."""

from __future__ import annotations

import pytest
import torch

from tracer.interventions.examples import AROUND, EACH, STRONGEST, examples_of


def tokens(n: int) -> list[str]:
    return [f" {at}" for at in range(n)]


def test_the_strongest_come_first_and_weaker_ones_from_each_third() -> None:
    peaks = [0.0, *(value / 10 for value in range(1, 91))]  # up to 9
    values = [torch.tensor([0.0, peak]) for peak in peaks]
    found = examples_of(7, [[" a", f" {peak}"] for peak in peaks], values, top=(), bottom=())
    by_name = {
        one.quantile_name: [example.tokens_acts_list[1] for example in one.examples]
        for one in found.examples_quantiles
    }
    strongest = by_name.pop("Strongest")
    assert strongest == pytest.approx([9 - at / 10 for at in range(STRONGEST)])
    assert list(by_name) == ["Upper third", "Middle third", "Lower third"]
    for name, low, high in (("Upper", 6, 9), ("Middle", 3, 6), ("Lower", 0, 3)):
        shown = by_name[f"{name} third"]
        assert len(shown) == EACH and shown == sorted(shown, reverse=True)
        assert all(low < one <= high for one in shown)
        assert shown[0] - shown[-1] > 2  # spread over the third, not its top
    assert found.activation_frequency == pytest.approx(90 / 182, rel=1e-2)
    assert (found.act_min, found.act_max) == (0, 9)
    assert found.histogram is not None and sum(found.histogram) == 90


def test_the_window_holds_the_strongest_and_what_stands_around_it() -> None:
    values = torch.zeros(100)
    values[60], values[3] = 2.0, -1.0
    (strongest, lowest) = examples_of(
        1, [tokens(100)], [values], top=(), bottom=()
    ).examples_quantiles
    assert strongest.examples[0].tokens == tuple(tokens(100)[60 - AROUND : 61 + AROUND])
    assert strongest.examples[0].tokens_acts_list[AROUND] == 2 and not strongest.below
    assert lowest.below and lowest.examples[0].tokens[:4] == tuple(tokens(4))


def test_a_feature_that_is_never_active_says_so() -> None:
    found = examples_of(1, [tokens(5)], [torch.zeros(5)], top=(" a",), bottom=())
    assert found.examples_quantiles == () and found.activation_frequency == 0
    assert found.histogram is None and found.top_logits == (" a",)
