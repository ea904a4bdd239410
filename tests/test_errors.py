"""An error is one plain line, whatever a stranger wrote into it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import LONGEST, Place, Problems, TracerError, did_you_mean, one_plain_line


@given(st.text(), st.text(), st.text(min_size=1))
def test_what_was_written_neither_breaks_a_line_nor_steers_a_terminal(
    message: str, hint: str, name: str
) -> None:
    said = str(TracerError(message, hint=hint, place=Place(Path(name), 1, 2)))
    assert len(said.splitlines()) <= 1
    assert all(one.isprintable() or one.isspace() for one in said)
    said.encode()


def test_what_can_be_read_stays_as_it_is() -> None:
    for text in ("東京 é ▁Paris", "Ann\u00a0Lee", "a\u3000b", "😀"):
        assert one_plain_line(text) == text


def test_an_endless_message_is_cut() -> None:
    assert len(str(TracerError("x" * 10_000_000, hint="y" * 10_000_000))) == 2 * LONGEST + 2
    assert did_you_mean("x" * 10_000_000, ["label", "labels"]) is None


def test_several_are_a_line_each() -> None:
    both = Problems([TracerError("one"), Problems([TracerError("two\nlines"), TracerError("3")])])
    assert str(both).split("\n") == ["one", r"two\nlines", "3"]
    assert both.message == r"one; two\nlines; 3"
