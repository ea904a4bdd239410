from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import make_graph
from tracer.documents.graph import load_graph
from tracer.site.wording.answers import explained_answer, likely_answers, target_node
from tracer.site.wording.percent import percent


def test_answers_come_most_probable_first_and_mark_the_explained_one() -> None:
    found = likely_answers(make_graph())
    assert [(a.text, a.explained) for a in found] == [
        ("Paris", True),
        ("Berlin", False),
        ("Rome", False),
    ]


def test_the_explained_answer_is_listed_however_improbable() -> None:
    assert "Paris" in [a.text for a in likely_answers(make_graph(), most=0)]


def test_a_graph_of_another_program_names_its_answers_by_their_labels(published: Path) -> None:
    graph = load_graph(published / "694-nodes.json")
    answer = explained_answer(graph)
    assert answer is not None
    assert (answer.token, answer.explained) == ("hot", True)
    assert [a.text for a in likely_answers(graph)][:3] == ["hot", "warm", "cold"]


def test_the_question_decides_which_node_is_the_answer() -> None:
    node = target_node(make_graph())
    assert node is not None
    assert node.node_id == "3_42_5"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.0001, "<0.1 %"), (0.004, "0.4 %"), (0.5, "50 %"), (0.99999, ">99.9 %")],
)
def test_shares_keep_what_tells_them_apart(share: float, text: str) -> None:
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == text


def test_answers_with_one_text_are_told_apart_by_their_ids() -> None:
    graph = make_graph()
    info = graph.metadata.tracer
    assert info is not None
    twice = info.answers[0].model_copy(update={"token_id": 56, "probability": 0.01})
    again = info.model_copy(update={"answers": (*info.answers, twice)})
    both = graph.model_copy(
        update={"metadata": graph.metadata.model_copy(update={"tracer": again})}
    )
    texts = [answer.text for answer in likely_answers(both)]
    assert f"Paris (id {info.answers[0].token_id})" in texts and "Paris (id 56)" in texts
    assert "Berlin" in texts
