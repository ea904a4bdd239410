"""Two scores of groups, on features whose texts and activations are known."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from bench.groups import (
    Member,
    at_random,
    by_position,
    in_common,
    mean_over_groups,
    peak_words,
    scored,
)
from tests.documents.test_feature_examples import feature_file
from tracer.documents.feature_examples import FeatureExamples

MEMBERS = [
    Member(f"{layer}_{number}", below=False, place=(number % 3, layer))
    for layer in range(4)
    for number in range(6)
]
# Those of one number's third belong together, wherever they stand.
TOGETHER = [[one for one in MEMBERS if int(one.key[-1]) // 2 == third] for third in range(3)]


def alike(first: str, second: str) -> float:
    return float(int(first[-2]) // 2 == int(second[-2]) // 2)


def test_groups_that_belong_together_are_told_from_random_ones_and_positions() -> None:
    found = scored(TOGETHER, MEMBERS, alike)
    assert found["groups"] == 1.0
    assert found["random"] == pytest.approx(7 / 23, abs=0.05)  # of 23 others, 7 are alike
    assert found["position"] is not None and found["position"] < 0.5


def test_compared_groups_have_the_same_sizes_and_no_member_twice() -> None:
    sizes = [5, 3, 2]
    for groups in (at_random(MEMBERS, sizes, random.Random(1)), by_position(MEMBERS, sizes)):
        assert [len(one) for one in groups] == sizes
        assert len({one.name for group in groups for one in group}) == 10
    first = by_position(MEMBERS, [8, 8, 8])[0]
    assert {one.place[0] for one in first} == {0}


def test_a_group_counts_by_its_pairs_and_one_alone_not_at_all() -> None:
    assert mean_over_groups([MEMBERS[:1]], alike) is None
    pair, three = [MEMBERS[0], MEMBERS[1]], [MEMBERS[0], MEMBERS[2], MEMBERS[4]]
    assert mean_over_groups([pair, three], alike) == pytest.approx((1 * 2 + 0 * 6) / 8)


def test_peaks_in_common() -> None:
    assert in_common(Counter(a=4, b=4), Counter(a=8)) == 0.5
    assert in_common(Counter(a=1), Counter(b=1)) == 0
    assert in_common(Counter(a=2, b=2), Counter(a=1, b=1)) == 1
    assert in_common(Counter(), Counter(a=1)) == 0


def test_the_peak_is_a_whole_word_on_its_own_side_of_zero() -> None:
    text = {"tokens": [" The", " lang", "uages", "."], "tokens_acts_list": [0.1, 4.0, 1.0, -3.0]}
    low = {"quantile_name": "Lowest", "below": True, "examples": [text]}
    high = {"quantile_name": "Strongest", "examples": [text]}
    record = FeatureExamples.model_validate(feature_file(examples_quantiles=[high, low]))
    assert peak_words(record, below=False) == Counter(languages=1)
    assert peak_words(record, below=True) == Counter({".": 1})
