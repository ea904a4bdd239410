from __future__ import annotations

from collections.abc import Sequence

from tests.builders import make_graph
from tracer.documents.graph import Graph
from tracer.site.graph.facts import explained, facts, question


def plain(sentences: list[str]) -> str:
    return " ".join(sentences).replace("\N{NO-BREAK SPACE}", " ")


def test_what_is_explained_and_what_is_not_add_up() -> None:
    text = plain(explained(make_graph()))
    assert "explains 61 % of the influence on the answer" in text
    assert "The other 39 % comes from neurons that are not listed" in text


def test_neurons_that_are_not_listed_are_not_called_errors() -> None:
    assert "error" not in plain(explained(make_graph()))
    info = make_graph().metadata.tracer
    assert info is not None
    kind = info.features.model_copy(update={"kind": "transcoders"})
    graph = make_graph(tracer=info.model_copy(update={"features": kind}).model_dump())
    assert "comes from error nodes" in plain(explained(graph))


def test_inputs_that_were_not_computed_are_owned_up_to() -> None:
    assert "1 % of the influence, the inputs were not computed" in plain(explained(make_graph()))


def test_a_file_without_scores_claims_nothing() -> None:
    (sentence,) = explained(make_graph(tracer=None))
    assert "is not known" in sentence


def test_the_question_names_what_the_answer_is_compared_with() -> None:
    assert question(make_graph()) == "why “Paris” rather than “Berlin”"


def test_facts_name_what_is_needed_to_make_the_graph_again() -> None:
    listed = {fact.name: fact.value for fact in facts(make_graph())}
    assert listed["Model"] == "tiny"
    assert listed["Graph id"] == "0" * 64
    assert "limit: 3,000" in listed["Links before the limit"]


def with_fit(
    *unexplained: float | None, below: Sequence[float | None] | None = None, **settings: object
) -> Graph:
    info = make_graph().metadata.tracer
    assert info is not None
    fields = info.model_dump()
    fields["features"]["kind"] = "transcoders"
    fields["settings"] |= settings
    fit = {"unexplained": list(unexplained), "positions": 5, "against": "variance"}
    return make_graph(tracer={**fields, "fit": {**fit, "from_below": below}})


def test_how_well_features_stand_in_for_the_model_is_said() -> None:
    graph = with_fit(0.2, 0.41)
    assert (
        "leave 31 % of the variance of what the MLPs write unexplained (median over layers; most "
        "in layer 1, 41 %)"
    ) in plain(explained(graph))
    listed = {fact.name: fact.value for fact in facts(graph)}
    assert listed["Unexplained by features"].startswith("0.30 of the variance, median over layers")
    assert "0.20, 0.41" in listed["Unexplained by features"]
    assert "Misfit" not in listed
    assert "unexplained" not in plain(explained(make_graph())), "neurons are exact"


def test_what_a_set_across_layers_tells_as_another_layers_doing_is_said() -> None:
    written = (
        "Of what features add to the answer through the MLP of layer 1, 62 % is written by "
        "features of lower layers"
    )
    cases: list[tuple[Sequence[float | None] | None, bool]] = [
        (None, False),
        ((0.0, None), False),
        ((0.0, 0.62), True),
    ]
    for below, said in cases:
        graph = with_fit(0.2, 0.41, below=below)
        assert (written in plain(explained(graph))) == said
        listed = {fact.name: fact.value for fact in facts(graph)}
        assert ("Written from below" in listed) == (below is not None)


def test_a_misfit_that_was_allowed_is_owned_up_to() -> None:
    graph = with_fit(3.5, 1.2, None, allow_misfit=True)
    text = plain(explained(graph))
    assert "These features do not belong here" in text and "235 %" in text
    listed = {fact.name: fact.value for fact in facts(graph)}
    assert listed["Misfit"] == "features that do not belong here were allowed"
