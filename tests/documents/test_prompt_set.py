"""Sets of prompts as people write them, and the slots that align their tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.documents.prompt_set import Segment
from tracer.documents.prompts import PromptList, parse_prompts
from tracer.documents.slots import slots_of
from tracer.documents.yaml_source import parse_yaml
from tracer.errors import TracerError

CAPITALS = """sets:
  - slug: capitals
    template: "The capital {city} is in"
    tags: [geography]
    fill:
      - {city: Paris, answer: " France"}
      - {city: New York, answer: " America", kin: far}
"""


def listed(text: str) -> PromptList:
    return parse_prompts(parse_yaml(text, Path("prompts.yaml")))


def test_a_template_becomes_a_prompt_for_each_filling() -> None:
    found = listed(CAPITALS)
    rows = found.rows(found.sets[0])
    assert [one.prompt for one in rows] == ["The capital Paris is in", "The capital New York is in"]
    assert [one.key for one in rows] == ["paris", "new-york"]
    assert [one.kin for one in rows] == [" France", "far"]  # by answer, where nothing is said


def test_answers_and_contrasts_may_hold_words() -> None:
    text = (
        "sets:\n  - slug: names\n"
        '    template: "{A} met {B}, {A} gave to"\n    answer: " {B}"\n    contrast: [" {A}"]\n'
        "    fill:\n      - {A: Mary, B: John}\n      - {A: John, B: Mary}\n"
    )
    found = listed(text)
    first, second = found.rows(found.sets[0])
    assert (first.answer, first.contrast) == (" John", (" Mary",))
    assert second.prompt == "John met Mary, John gave to"


def test_defaults_reach_sets_and_graphs_alike() -> None:
    found = listed("defaults: {model: mine}\n" + CAPITALS)
    assert found.sets[0].model == "mine" and found.graphs == ()


def test_a_plain_list_needs_no_template() -> None:
    text = "sets:\n  - slug: two\n    prompts:\n"
    text += '      - {prompt: One, answer: " a"}\n      - {prompt: Two, answer: " b"}\n'
    found = listed(text)
    assert [one.prompt for one in found.rows(found.sets[0])] == ["One", "Two"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("{city: Paris,", "{town: Paris,"), r"6:9: the template has no word `town`"),
        (("{city: Paris,", "{"), r"6:9: this row does not say `city`"),
        (("New York", "Paris"), r"7:9: this prompt is there twice, first in row 1"),
        ((', answer: " France"', ""), r"6:9: this row has no `answer`"),
        (("{city} is", "{city is"), r"3:15: the template is not understood"),
        (("{city} is", "{answer} is"), r"3:15: .*no word can be called so"),
        (("    template", "    prompts: []\n    temple"), r"unknown key `temple`"),
    ],
)
def test_mistakes_are_told_at_their_place(change: tuple[str, str], told: str) -> None:
    with pytest.raises(TracerError, match=told):
        listed(CAPITALS.replace(*change))


def test_a_set_and_a_graph_need_slugs_of_their_own() -> None:
    with pytest.raises(TracerError, match="used twice"):
        listed("graphs:\n  - {slug: capitals, prompt: x}\n" + CAPITALS)


def test_tokens_of_one_slot_stand_alike_in_rows_of_any_length() -> None:
    segments = [Segment("the "), Segment("Tokyo", "city"), Segment(" is the")]
    short = slots_of(["<s>", "the", " Tokyo", " is", " the"], segments)
    assert short == ("the start", "the", "{city}", "is", "the 2")
    long = slots_of(["<s>", "the", " To", "ky", "o", " is", " the"], segments)
    assert long == ("the start", "the", "{city} −2", "{city} −1", "{city}", "is", "the 2")


def test_a_word_that_is_there_twice_has_two_slots() -> None:
    segments = [Segment("Mary", "A"), Segment(" and "), Segment("Mary", "A")]
    tokens = ["<s>", " Mary", " and", " Mary"]  # with the space that a tokenizer puts in front
    assert slots_of(tokens, segments) == ("the start", "{A}", "and", "{A 2}")


def test_prompts_without_a_template_have_two_slots() -> None:
    found = slots_of(["<s>", "One", " two", " three"], [])
    assert found == ("the start", "earlier words", "earlier words", "last word")
