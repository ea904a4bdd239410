"""Jobs at a time give what they give in turn."""

from __future__ import annotations

import threading

import pytest
import torch

from tracer.attribution.side_by_side import side_by_side


@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_found_is_in_order_and_cores_are_given_back(workers: int) -> None:
    before, met = torch.get_num_threads(), threading.Barrier(workers)

    def work(number: int) -> int:
        met.wait(10)  # so many are at it at once
        return number * number

    assert side_by_side(work, range(3), workers) == [0, 1, 4]
    assert torch.get_num_threads() == before


def test_the_first_that_raises_is_told() -> None:
    before = torch.get_num_threads()

    def work(number: int) -> int:
        if number:
            raise KeyError(number)
        return number

    with pytest.raises(KeyError, match="1"):
        side_by_side(work, range(3), 2)
    assert torch.get_num_threads() == before
