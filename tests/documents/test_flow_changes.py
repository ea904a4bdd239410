"""The difference of two graphs' flows, and of two sets', as a circuit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import make_set
from tracer.documents import flow_changes
from tracer.documents.flow_changes import (
    ANSWER,
    aligned,
    flows_between_graphs,
    flows_between_sets,
)
from tracer.documents.questions import ask
from tracer.documents.set_account import Mean
from tracer.errors import TracerError

GALLERY = ask(Path(__file__).parents[2])


def test_all_differences_into_the_answer_add_up_to_that_of_what_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flow_changes, "LEAST", 0.0)
    sides = GALLERY.graph("moscow-russian"), GALLERY.graph("madrid-spanish")
    found = flows_between_graphs(
        (sides[0].document, sides[1].document), (sides[0].flows, sides[1].flows)
    )
    totals = []
    for side in sides:
        info = side.document.metadata.tracer
        assert info is not None and info.account is not None
        totals.append(info.account.quantity)
    into = [one for one in found if one.target == ANSWER]
    assert sum(one.before for one in into) == pytest.approx(totals[0], abs=0.05)
    assert sum(one.by for one in into) == pytest.approx(totals[1] - totals[0], abs=0.1)
    assert any(one.source == "Moscow | Madrid" for one in found)


def test_a_graph_and_itself_differ_in_no_flow() -> None:
    one = GALLERY.graph("moscow-russian")
    assert flows_between_graphs((one.document,) * 2, (one.flows,) * 2) == ()


def test_words_that_one_prompt_has_more_than_once_stay_apart() -> None:
    left, right = aligned(["is", "it", "is"], ["is", "it", "now", "is"])
    assert left == ["is", "it", "is 2"]
    assert right == ["is", "it", "now", "is 2"]


def test_a_difference_beyond_what_rows_differ_by_is_told_as_such() -> None:
    left = make_set()
    assert flows_between_sets(left, left) == ()
    first, *others = left.flows
    far = Mean(mean=first.flow.high + 5, low=first.flow.high + 4, high=first.flow.high + 6)
    right = left.model_copy(update={"flows": (first.model_copy(update={"flow": far}), *others)})
    (found,) = flows_between_sets(left, right)
    assert found.apart and found.by == pytest.approx(far.mean - first.flow.mean)
    near = Mean(mean=far.mean, low=first.flow.low, high=far.high)
    right = left.model_copy(update={"flows": (first.model_copy(update={"flow": near}), *others)})
    assert [one.apart for one in flows_between_sets(left, right)] == [False]


def test_a_set_and_a_graph_are_not_compared() -> None:
    with pytest.raises(TracerError, match="`is-or-are` is a set, and the other is none"):
        GALLERY.changed("moscow-russian", "is-or-are")


def test_two_sets_are_compared_by_their_mean_effects() -> None:
    found = GALLERY.changed("capitals-languages", "is-or-are")
    assert found.lost and all("@" in one.feature for one in (*found.lost, *found.gained))
