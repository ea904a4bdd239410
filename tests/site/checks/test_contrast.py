from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.galleries import make_gallery
from tracer.site.check import check
from tracer.site.checks.contrast import contrast
from tracer.site.content.colours import packaged_colours

REPOSITORY = Path(__file__).parents[3]


def warnings(root: Path) -> list[str]:
    return [str(one.problem) for one in check(root) if "contrast" in str(one.problem)]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),  # the first two by definition, the others as browsers' tools say
    [("#000", "#ffffff", 21), ("#123456", "#123456", 1), ("#777777", "#fff", 4.48)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


def test_a_colour_that_can_hardly_be_read_is_a_warning_at_its_place(tmp_path: Path) -> None:
    gallery = make_gallery(tmp_path)
    gallery.write(
        "site_src/site.yaml", 'theme:\n  dark: {good: "#74c692"}\n  light:\n    muted: "#aaa"\n'
    )
    found = warnings(tmp_path)
    assert len(found) == 3  # on the page, on cards, in boxes
    assert "site.yaml:4:12: `muted` on `bg` has a contrast of 2.2 in the light colours" in found[0]
    assert "4.5 or more" in found[0]


def test_a_ground_is_held_against_all_that_lies_on_it(tmp_path: Path) -> None:
    make_gallery(tmp_path).write("site_src/site.yaml", 'theme: {light: {surface: "#1c1b19"}}')
    fronts = {line.split("`")[1] for line in warnings(tmp_path)}
    assert {"text", "muted", "accent", "feature"} <= fronts


def test_the_packaged_colours_can_be_read_as_a_theme(tmp_path: Path) -> None:
    """Each of them written down as a gallery's own brings no warning."""
    gallery = make_gallery(tmp_path)
    colours = packaged_colours(REPOSITORY)
    gallery.write("site_src/site.yaml", json.dumps({"theme": colours}))
    assert warnings(tmp_path) == []
    assert "error" not in {one.level for one in check(tmp_path)}
