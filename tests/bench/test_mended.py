"""The page about a mended mistake tells what was measured."""

from __future__ import annotations

import json

from bench import mended


def test_the_page_tells_what_was_measured() -> None:
    found, page = json.loads(mended.FILE.read_text()), mended.PAGE.read_text()
    assert mended.with_table(page, found) == page
    others = found["others"]
    assert len(others) == 50 and len(found["neurons"]) == 40
    right = [{side: one[side][0] == one["right"] for side in ("before", "after")} for one in others]
    before, after = (sum(one[side] for one in right) for side in ("before", "after"))
    lost = sum(one["before"] and not one["after"] for one in right)
    assert f"{before} of the fifty first words are right, after it {after}" in page
    assert (lost, after - before + lost) == (6, 4)  # six are lost, four are won
    means = [sum(one[side] for one in others) / 50 for side in ("right_before", "right_after")]
    assert f"falls from {means[0]:.2f} to {means[1]:.2f}" in page
    assert f"“Kentucky”, with {found['mended']['after'][1]:.2f}" in page


def test_oaklands_page_counts_the_cities_as_they_were_before() -> None:
    """In the one sentence in which all of them stand, Louisville apart."""
    found = json.loads(mended.FILE.read_text())
    cities = [one for one in found["others"] if one["prompt"].endswith(mended.STATE)]
    right = sum(one["before"][0] == one["right"] for one in cities)
    assert (len(cities), right) == (40, 26)
    text = (mended.ROOT / "site_src" / "write-ups" / "oakland-california.md").read_text()
    assert "Of [forty cities](../../mended/)" in text and "it puts twenty-six in" in text


def test_the_word_in_braces_is_where_values_are_set() -> None:
    assert (
        mended.row(
            {
                "prompt": f"{{Miami}} {mended.STATE}",
                "right": " Florida",
                "before": [" Florida", 0.779],
                "after": [" Hawaii", 0.735],
            }
        )
        == "| **Miami** … | Florida | Florida 0.78 | Hawaii 0.73 |"
    )
