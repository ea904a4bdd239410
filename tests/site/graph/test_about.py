"""What a graph says of itself, where nobody gave it a title."""

from __future__ import annotations

import pytest

from tests.builders import make_graph
from tracer.site.graph.about import About


def titled(*words: str) -> str:
    return About(make_graph(prompt_tokens=["<|endoftext|>", *words])).title


def test_a_title_is_the_prompt_on_one_line_and_the_answer() -> None:
    assert titled("The", "\n capital", " of", " France", " is").endswith("France is → Paris")
    assert "\n" not in titled("The", "\n capital", " of", " France", " is")


def test_a_long_prompt_is_cut() -> None:
    title = titled("word", *[" word"] * 30)
    assert title.endswith("word… → Paris")
    assert len(title) == 90 + len(" → Paris")


@pytest.mark.parametrize("prompt", ["بلد", "בירת"])
def test_the_arrow_points_the_way_the_line_runs(prompt: str) -> None:
    assert titled(prompt, " a", " b", " c", " d") == f"{prompt} a b c d ← Paris"


@pytest.mark.parametrize(("token", "in_bytes"), [(" <0xE5><0xB0>", True), (" <b>", False)])
def test_bytes_among_the_answers_are_told(token: str, in_bytes: bool) -> None:
    graph = make_graph()
    info = graph.metadata.tracer
    assert info is not None
    first, *others = info.answers
    answers = (first.model_copy(update={"token": token}), *others)
    told = info.model_copy(update={"answers": answers})
    metadata = graph.metadata.model_copy(update={"tracer": told})
    assert About(graph.model_copy(update={"metadata": metadata})).in_bytes == in_bytes
