"""Groups that nobody made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tracer.attribution.account.boxes import Found, find_boxes, ward


def words(
    effects: list[float], layers: list[int], positions: list[int], pushed: list[list[float]]
) -> Any:
    """Of features that stand so, as much of `NodeWords` as boxes are found by."""
    account = SimpleNamespace(
        effects=torch.tensor(effects, dtype=torch.float64),
        layers=torch.tensor(layers),
        positions=torch.tensor(positions),
    )
    return SimpleNamespace(
        account=_Sized(account, len(effects)),
        pushed=torch.tensor(pushed, dtype=torch.float64),
        likely=SimpleNamespace(weights=torch.ones(len(pushed[0]), dtype=torch.float64)),
        tokens=["<s>", " the", " Col", "osse", "um", " is"],
    )


class _Sized:
    def __init__(self, inner: object, size: int) -> None:
        self._inner, self._size = inner, size

    def __len__(self) -> int:
        return self._size

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


def test_sub_words_of_one_word_are_together_and_signs_apart() -> None:
    found = find_boxes(
        words([2.0, 1.0, -1.5, 1.0], [3, 4, 5, 6], [2, 4, 3, 5], [[1.0, 0.0]] * 4), 30
    )
    assert found == [
        Found((0, 1), "Colosseum"),
        Found((2,), "Colosseum"),
        Found((3,), "is"),
    ]


def test_a_box_is_cut_where_its_members_push_apart() -> None:
    pushed = [[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]]
    found = find_boxes(words([2.0, 2.0, 1.0, 1.0], [3] * 4, [5] * 4, pushed), 30)
    assert [one.members for one in found] == [(0, 1), (2, 3)]


def test_the_late_pair_that_cancels_is_one_box_and_stays_one() -> None:
    pushed = [[1.0, 0.0]] * 3 + [[-1.0, 0.0]] * 3
    effects = [3.0, 3.0, 2.0, -3.0, -3.0, -1.0]
    found = find_boxes(words(effects, [27] * 6, [5] * 6, pushed), 30)
    assert found == [Found(tuple(range(6)), "is", whole=True)]
    apart = find_boxes(words([9.0, 3.0, 2.0, -3.0, -3.0, -1.0], [27] * 6, [5] * 6, pushed), 30)
    assert [one.members for one in apart] == [(0, 1, 2), (3, 4, 5)]
    early = find_boxes(words(effects, [3] * 6, [5] * 6, pushed), 30)
    assert len(early) == 2


def test_what_is_too_small_is_in_no_box() -> None:
    found = find_boxes(words([9.0, 0.1, 9.0], [3] * 3, [2, 5, 5], [[1.0, 0.0]] * 3), 30)
    assert [one.members for one in found] == [(1, 2), (0,)]
    alone = find_boxes(words([9.0, -0.1], [3] * 2, [2, 5], [[1.0, 0.0]] * 2), 30)
    assert [one.members for one in alone] == [(0,)]


@pytest.mark.parametrize("seed", range(3))
def test_ward_finds_clusters_that_are_there(seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    centres = torch.tensor([[5.0, 0, 0], [0, 5.0, 0], [0, 0, 5.0]], dtype=torch.float64)
    of = torch.randint(3, (30,), generator=draw)
    points = centres[of] + 0.3 * torch.randn(30, 3, generator=draw, dtype=torch.float64)
    found = ward(points, torch.rand(30, generator=draw, dtype=torch.float64) + 0.1, 3)
    expected = sorted(sorted((of == one).nonzero()[:, 0].tolist()) for one in range(3))
    assert sorted(found) == expected


def test_a_weight_counts_as_so_many_points() -> None:
    points = torch.tensor([[0.0], [1.0], [1.9]], dtype=torch.float64)
    heavy = ward(points, torch.tensor([100.0, 100.0, 0.01], dtype=torch.float64), 2)
    even = ward(points, torch.ones(3, dtype=torch.float64), 2)
    assert heavy == [[0], [1, 2]] and even == [[0], [1, 2]]
    other = ward(points, torch.tensor([0.01, 100.0, 100.0], dtype=torch.float64), 2)
    assert other == [[0, 1], [2]]
