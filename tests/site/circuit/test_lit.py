"""Parts of a picture that stand out."""

from __future__ import annotations

import re

import pytest
from markupsafe import Markup

from tests.builders import make_graph
from tracer.documents.annotations import Annotations
from tracer.documents.parts.parts import Parts
from tracer.errors import TracerError
from tracer.site.circuit.lit import light
from tracer.site.graph.pictures import Pictures

GROUPS = {
    "early": {"name": "early", "nodes": ["0_7_4"]},
    "late": {"name": "late", "nodes": ["1_3"]},
}
SAID = Annotations.model_validate({"groups": GROUPS})


@pytest.fixture(scope="module")
def picture() -> Markup:
    return Pictures(make_graph(), SAID, "t", Parts()).full


def lit(picture: str) -> tuple[set[str], set[str]]:
    """Boxes and lines that stand out."""
    boxes = set(re.findall(r'data-box="([^"]*)" class="lit"', picture))
    lines = re.findall(
        r'class="[^"]* lit"[^>]*data-source="([^"]*)" data-target="([^"]*)"', picture
    )
    return boxes, {f"{source}>{target}" for source, target in lines}


def test_one_box_brings_the_lines_that_touch_it(picture: Markup) -> None:
    made = light(picture, ["early"])
    boxes, lines = lit(made)
    assert boxes == {"early"} and "early>late" in lines and "late>answer" not in lines
    assert made.count('<svg class="lighting circuit ') == 2


def test_several_bring_the_lines_between_them_and_a_line_itself_alone(picture: Markup) -> None:
    assert lit(light(picture, ["early", "answer"]))[1] == set()
    assert lit(light(picture, ["late", "answer"]))[1] == {"late>answer"}
    boxes, lines = lit(light(picture, ["early>late", "late>answer"]))
    assert (boxes, lines) == ({"early", "late", "answer"}, {"early>late", "late>answer"})


def test_all_words_at_once_and_a_box_that_is_not_there(picture: Markup) -> None:
    boxes, _ = lit(light(picture, ["words"]))
    assert boxes and all(one.startswith("word-") or one == "start" for one in boxes)
    with pytest.raises(TracerError, match="no box `earl`") as caught:
        light(picture, ["earl"])
    assert caught.value.hint == "did you mean `early`?"
