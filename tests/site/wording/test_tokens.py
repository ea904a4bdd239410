from __future__ import annotations

import pytest

from tests.builders import make_graph
from tracer.site.wording.tokens import prompt_text, start, visible, words


def texts(*tokens: str) -> list[str]:
    return [word.text for word in words(tokens)]


def test_pieces_of_a_word_are_joined_and_keep_their_positions() -> None:
    found = words(["<|endoftext|>", "The", " Col", "osse", "um", " is"])
    assert [(word.text, word.positions) for word in found] == [
        ("The", (1,)),
        ("Colosseum", (2, 3, 4)),
        ("is", (5,)),
    ]


def test_quotes_stay_apart_from_the_word_between_them() -> None:
    assert texts(" of", ' "', "small", '"', " is") == ["of", '"', "small", '"', "is"]


def test_scripts_without_spaces_are_not_joined_to_one_long_word() -> None:
    assert texts("首", "都") == ["首", "都"]


@pytest.mark.parametrize("token", ["<bos>", "<|endoftext|>", "<|begin_of_text|>", "[CLS]"])
def test_a_start_token_is_left_out(token: str) -> None:
    assert start([token, "Fact"]) == 1


def test_a_first_word_in_angle_brackets_of_its_own_is_kept() -> None:
    assert start(["<", "b", ">"]) == 0


@pytest.mark.parametrize(
    ("token", "shown"), [("\n", "↵"), (" ", "␣"), ("", "␣"), (" Paris", "Paris"), ("\t", "⇥")]
)
def test_white_space_becomes_visible(token: str, shown: str) -> None:
    assert visible(token) == shown


def test_marks_that_turn_text_around_cannot_make_a_label_lie() -> None:
    assert "\u202e" not in visible("abc\u202edef")
    graph = make_graph(prompt_tokens=["<bos>", "a\u202e", "b", "c", "d", "e"])
    assert "\u202e" not in prompt_text(graph)


def test_emoji_of_several_parts_survive() -> None:
    family = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    assert visible(family) == family


def test_a_letter_that_is_spread_over_tokens_is_one_in_words_and_in_the_prompt() -> None:
    tokens = ["<s>", " caf", "<0xC3>", "<0xA9>", " <0xF0><0x9F>", "<0x98>", "<0x80>"]
    assert texts(*tokens) == ["caf", "é", "😀"]
    graph = make_graph(prompt_tokens=tokens)
    assert prompt_text(graph) == " café 😀"
    assert texts("<s>", "<", "0", "x", "C", "3", ">")[0] == "<", "what is typed stays"


def test_a_control_sign_is_named_by_its_number() -> None:
    assert visible("\x00") == "\\u{0}" and visible("a\u202eb") == "a\\u{202e}b"
