"""The page about a head of opposites tells what was measured."""

from __future__ import annotations

import json

import pytest

from bench import opposites


def test_the_page_tells_what_was_measured() -> None:
    found, page = json.loads(opposites.FILE.read_text()), opposites.PAGE.read_text()
    assert opposites.with_tables(page, found) == page
    rows = found["frames"][opposites.FRAMES[0]]
    assert list(found["frames"]) == list(opposites.FRAMES)
    assert all(len(rows) == 42 for rows in found["frames"].values())
    assert [row["word"] for row in rows] == list(opposites.PAIRS)
    odds = [row["p"][row["opposite"]] for row in rows]
    before, after = (sum(one[side] > 0.5 for one in odds) for side in ("before", "after"))
    assert f"for {before} of the words, and without the look for {after}:" in page
    right = found["chinese"][0]["p"]
    assert (
        right["大"]["after"] > right["小"]["after"]
        and right["大"]["before"] < right["小"]["before"]
    )


@pytest.mark.parametrize(
    ("opposite", "word", "both"),
    [
        ((0.8, 0.4, [0.7, 0.9]), (0.1, 0.3, [0.05, 0.2]), True),
        ((0.8, 0.7, [0.7, 0.9]), (0.1, 0.3, [0.05, 0.2]), False),  # another head takes as much
        ((0.8, 0.4, [0.7, 0.9]), (0.1, 0.2, [0.05, 0.2]), False),  # another head gives as much
        ((0.3, 0.35, [0.4, 0.9]), (0.1, 0.3, [0.05, 0.2]), False),  # it gains
    ],
)
def test_both_move_only_beyond_all_other_heads(
    opposite: tuple[float, float, list[float]],
    word: tuple[float, float, list[float]],
    both: bool,
) -> None:
    sides = ("before", "after", "others")
    odds = {
        "large": dict(zip(sides, opposite, strict=True)),
        "small": dict(zip(sides, word, strict=True)),
    }
    assert opposites.turns({"word": "small", "opposite": "large", "p": odds}) is both
