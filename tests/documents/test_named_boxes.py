"""Boxes are told apart by what they do not share."""

from __future__ import annotations

import random

import pytest
import torch

from tracer.documents.named_boxes import without_common


def test_what_rows_share_is_their_first_principal_direction() -> None:
    draw = random.Random(4)
    shared = [draw.gauss(0, 1) for _ in range(30)]
    rows = [
        [weight * one + 0.3 * draw.gauss(0, 1) for one in shared] for weight in (3, -2, 1.5, 0.2)
    ]
    matrix = torch.tensor(rows, dtype=torch.float64)
    first = torch.linalg.svd(matrix).Vh[0]
    expected = matrix - (matrix @ first)[:, None] * first
    torch.testing.assert_close(
        torch.tensor(without_common(rows), dtype=torch.float64), expected, rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize("rows", [[], [[1.0, 2.0]], [[], []], [[0.0, 0.0], [0.0, 0.0]]])
def test_a_single_row_and_nothing_stay_as_they_are(rows: list[list[float]]) -> None:
    assert without_common(rows) == rows
