"""Of many places in texts, the ones worth showing."""

from __future__ import annotations

import pytest
import torch

from tests.texts_read import batch_of, running_of
from tracer.documents.feature_examples import FeatureExamples
from tracer.documents.texts import Sort
from tracer.interventions.examples import EACH, SHOWN, examples_of
from tracer.interventions.texts.batch import AFTER, BEFORE, Context
from tracer.interventions.texts.running import Running

SORTS = (Sort(language="en"), Sort(language="C", kind="code"))


def document(running: Running, **more: object) -> FeatureExamples:
    return examples_of(7, running, 0, lambda one: f" {one}", sorts=SORTS, top=(), bottom=(), **more)


def test_the_strongest_come_first_and_weaker_ones_from_each_third() -> None:
    peaks = [0.0, *(value / 10 for value in range(1, 91))]  # up to 9
    found = document(running_of([torch.tensor([0.0, peak]) for peak in peaks]))
    by_name = {
        one.quantile_name: [example.tokens_acts_list[1] for example in one.examples]
        for one in found.examples_quantiles
    }
    strongest = by_name.pop("Strongest")
    assert strongest == pytest.approx([9 - at / 10 for at in range(SHOWN)])
    assert list(by_name) == ["Upper third", "Middle third", "Lower third"]
    for name, low, high in (("Upper", 6, 9), ("Middle", 3, 6), ("Lower", 0, 3)):
        shown = by_name[f"{name} third"]
        assert len(shown) == EACH and shown == sorted(shown, reverse=True)
        assert all(low < one <= high for one in shown)
        assert not {*shown} & {*strongest}
    assert found.activation_frequency == pytest.approx(90 / 182, rel=1e-2)
    assert found.frequency == pytest.approx(46 / 182, abs=0.01)  # 4.5 and more
    assert (found.act_min, found.act_max) == (0, 9)
    assert found.histogram is not None and sum(found.histogram) == pytest.approx(90)


def test_the_window_holds_the_strongest_and_what_stands_around_it() -> None:
    values = torch.zeros(100)
    values[60], values[3] = 2.0, -1.0
    (strongest, lowest) = document(running_of([values])).examples_quantiles
    expected = tuple(f" {at}" for at in range(60 - BEFORE, 61 + AFTER))
    assert strongest.examples[0].tokens == expected
    assert strongest.examples[0].tokens_acts_list[BEFORE] == 2 and not strongest.below
    assert lowest.below and lowest.examples[0].tokens[:4] == (" 0", " 1", " 2", " 3")


def test_a_feature_that_is_never_active_says_so() -> None:
    found = document(running_of([torch.zeros(5)]), found_in={"texts": 3, "tokens": 5})
    assert found.examples_quantiles == () and found.activation_frequency == 0
    assert found.histogram is None and found.frequency == 0 and found.shares == ()
    assert found.found_in is not None and found.found_in.texts == 3


def test_sorts_of_text_are_those_of_the_strongest_beside_what_was_read() -> None:
    """Nine contexts in English that leave it cold, one program; below zero, the other way round."""
    contexts = [Context(number, [1, 2], int(number == 9)) for number in range(10)]
    for sign, expected in ((1.0, "C"), (-1.0, "C")):
        values = [torch.tensor([[0.0], [sign * 5.0 * (one.label == 1)]]) for one in contexts]
        running = Running.empty(1, 2)
        running.add(batch_of(contexts, values))
        (share,) = document(running).shares
        assert (share.language, share.kind, share.share) == (expected, "code", 1)
        assert share.of_texts == pytest.approx(0.1)
