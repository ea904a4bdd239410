from __future__ import annotations

import pytest

from tracer.site.circuit.lines import Line, strongest

WORDS = [f"word-{number}" for number in range(14)]
HOME = {name: number for number, name in enumerate([*WORDS, "group", "answer"])}


def drawn(*lines: tuple[str, str, float]) -> list[tuple[str, str]]:
    made = [Line(source, target, share, share) for source, target, share in lines]
    return [(one.source, one.target) for one in strongest(made, HOME)]


@pytest.mark.parametrize(("target", "most"), [("group", 4), ("answer", 10)])
def test_only_the_strongest_lines_into_a_box_are_drawn(target: str, most: int) -> None:
    lines = [(word, target, 0.03 + 0.001 * number) for number, word in enumerate(WORDS)]
    assert drawn(*lines) == [(word, target) for word in WORDS[: -most - 1 : -1]]


def test_a_line_of_less_than_2_percent_is_not_drawn() -> None:
    lines = [("word-0", "answer", 0.02), ("word-1", "answer", 0.0199)]
    assert drawn(*lines) == [("word-0", "answer")]


def test_a_group_hangs_by_its_strongest_way_in_and_out_however_weak() -> None:
    weak = [("word-0", "group", 0.003), ("word-1", "group", 0.004), ("group", "answer", 0.001)]
    assert drawn(*weak) == [("word-1", "group"), ("group", "answer")]
