"""Sets over two words as grids of pairs."""

from __future__ import annotations

import pytest

from tests.builders import make_set, over_two_words
from tracer.documents.operands import OperandGrid, grid_of, share_told


def test_two_words_span_a_grid_in_the_order_of_their_values() -> None:
    account = over_two_words(make_set())
    grid = grid_of(account)
    assert grid == OperandGrid("a", "b", ("1", "2", "3"), ("2", "10"))
    assert [grid.at(row) for row in account.rows] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]


def test_one_word_or_few_of_the_pairs_span_none() -> None:
    assert grid_of(make_set()) is None
    account = over_two_words(make_set())
    apart = [
        row.model_copy(update={"words": {"a": str(at), "b": str(at)}})
        for at, row in enumerate(account.rows)
    ]
    assert OperandGrid.of(apart) is None  # five of twenty-five
    assert OperandGrid.of(account.rows[::2]) is None  # one value of `b`


def test_a_feature_follows_what_tells_it_apart() -> None:
    labels = [1, 1, 2, 2, 3, 3]
    assert share_told(labels, [0, 0, 1, 1, 5, 5]) == 1
    assert share_told(labels, [0, 1, 0, 1, 0, 1]) == 0
    assert share_told(labels, [2, 2, 2, 2, 2, 2]) == 0
    assert share_told([1, 2, 3], [1, 2, 3]) == 0  # a label each tells nothing
    chance = share_told([1, 1, 1, 2, 2, 2], [0, 1, 2, 1, 2, 3])
    assert chance == pytest.approx(1 - (4 / 4) / (5.5 / 5))


def test_sums_are_told_of_numbers_only() -> None:
    account = over_two_words(make_set())
    grid = grid_of(account)
    assert grid is not None
    assert grid.labels(account.rows[1])["their sum"] == 11
    sums = [sum(map(int, row.words.values())) for row in account.rows]
    assert next(iter(grid.followed(account.rows, sums))) in ("b", "their sum")
    row = account.rows[0].model_copy(update={"words": {"a": "Ann", "b": "2"}})
    assert "their sum" not in grid.labels(row)
