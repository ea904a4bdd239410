from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracer.site.circuit.lettering import clip, text_width, wrap

texts = st.text(max_size=80)
widths = st.floats(20, 400)


@given(texts, widths)
def test_a_clipped_text_fits_unless_not_even_the_ellipsis_does(text: str, width: float) -> None:
    assert text_width(clip(text, 12, width), 12) <= max(width, text_width("…", 12))


@given(texts, widths, st.integers(1, 4))
def test_every_wrapped_line_fits_and_there_are_no_more_than_asked(
    text: str, width: float, lines: int
) -> None:
    wrapped = wrap(text, 12, width, lines=lines)
    assert len(wrapped) <= lines
    assert all(text_width(line, 12) <= width for line in wrapped)


@given(texts)
def test_a_text_with_room_enough_is_left_whole(text: str) -> None:
    assert " ".join(wrap(text, 12, 1e6, lines=2)) == " ".join(w for w in text.split(" ") if w)


def test_words_fill_a_line_before_the_next_begins() -> None:
    assert wrap("one two three", 10, text_width("one two", 10), lines=2) == ("one two", "three")


def test_a_no_break_space_does_not_break() -> None:
    assert wrap("a b\N{NO-BREAK SPACE}c", 10, text_width("a b", 10), lines=2)[0] == "a"
