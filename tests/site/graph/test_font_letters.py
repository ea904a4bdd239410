"""What a font has letters for is read from the font."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.site.graph import font_letters, social_card

FONTS = sorted((Path(social_card.__file__).parent / "fonts").glob("*.ttf"))


@pytest.mark.parametrize("font", FONTS, ids=lambda one: one.stem)
def test_the_cards_fonts_have_european_letters_and_no_others(font: Path) -> None:
    letters = font_letters.letters_of(font)
    assert {ord(one) for one in "Az09“”→ñßПиελ"} <= letters
    assert not {ord(one) for one in "東ع한🎉↵␣"} & letters
    assert len(letters) > 1000 and 0xFFFF not in letters
