"""Colours have one home, `assets/styles/tokens.css`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.galleries import GalleryFolder
from tracer.documents.theme import Palette, Theme
from tracer.site.content.colours import daylight, packaged_colours
from tracer.site.graph.graph_page import GraphPage
from tracer.site.graph.social_card import draw_card
from tracer.site.survey.survey import survey

REPOSITORY = Path(__file__).parents[3]
_HEX = re.compile(r"(?<![&\w])#[0-9a-fA-F]{3,8}\b")


def test_every_colour_has_a_value_by_day_and_in_the_dark() -> None:
    for colours in packaged_colours(REPOSITORY).values():
        assert colours.keys() == Palette.model_fields.keys()
    by_day, in_the_dark = packaged_colours(REPOSITORY).values()
    assert by_day["bg"] != in_the_dark["bg"]


def test_a_gallerys_own_colours_come_first(gallery: GalleryFolder) -> None:
    gallery.write("assets/styles/tokens.css", ":root { --accent: #123456; }")
    theme = Theme.model_validate({"light": {"positive": "#010203"}, "dark": {"bg": "#040506"}})
    found, packaged = daylight(gallery.root, theme), packaged_colours(REPOSITORY)["light"]
    changed = {name: colour for name, colour in found.items() if packaged[name] != colour}
    assert changed == {"accent": "#123456", "positive": "#010203"}


@pytest.mark.parametrize(
    "pattern", ["assets/site/*.svg", "assets/dev/*.css", "assets/styles/**/*.css"]
)
def test_no_other_file_has_colours_of_its_own(pattern: str) -> None:
    known = {c for scheme in packaged_colours(REPOSITORY).values() for c in scheme.values()}
    for file in REPOSITORY.glob(pattern):
        text = re.sub(r"@media print \{\n.*?\n\}", "", file.read_text(), flags=re.DOTALL)
        assert set(_HEX.findall(text)) <= known, file.name


def test_no_code_has_colours_of_its_own() -> None:
    code = [*(REPOSITORY / "tracer" / "site").rglob("*.py"), *(REPOSITORY / "assets").rglob("*.js")]
    found = {file.name for file in code if _HEX.search(file.read_text())}
    assert found == set()


def test_a_card_is_drawn_in_the_gallerys_colours(gallery: GalleryFolder) -> None:
    (entry,) = survey(gallery.root, drafts=True).gallery.entries
    page = GraphPage(entry, entry.revision)
    plain = daylight(gallery.root, Theme())
    assert draw_card(page, site="x", colours=plain) != draw_card(
        page, site="x", colours={**plain, "bg": "#010203"}
    )
