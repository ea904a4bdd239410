"""Twenty questions to this gallery's own files, answered without a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.builders import make_graph, make_set
from tracer.cli.compare import command
from tracer.documents.graph_changes import changes_between
from tracer.documents.graph_questions import ANSWER, GraphQuestions
from tracer.documents.questions import Questions, ask
from tracer.documents.set_folder import SetFolder
from tracer.errors import TracerError

REPOSITORY = Path(__file__).parents[2]
MOSCOW = "moscow-russian"


@pytest.fixture(scope="module")
def gallery() -> Questions:
    return ask(REPOSITORY)


@pytest.fixture(scope="module")
def moscow(gallery: Questions) -> GraphQuestions:
    return gallery.graph(MOSCOW)


def test_1_which_graphs_and_sets_are_there(gallery: Questions) -> None:
    assert MOSCOW in gallery.graphs()
    assert set(gallery.sets()) <= {path.name for path in (REPOSITORY / "sets").iterdir()}


def test_2_what_is_explained_and_how_likely_is_it(moscow: GraphQuestions) -> None:
    answer, probability = moscow.answer()
    assert answer == " Russian" and probability == pytest.approx(0.95, abs=0.01)


def test_3_which_features_support_it_most(moscow: GraphQuestions) -> None:
    effects = [abs(one.effect or 0) for one in moscow.strongest(5)]
    every = [abs(n.effect or 0) for n in moscow.document.nodes if n.kind == "feature"]
    assert effects == sorted(every, reverse=True)[:5]


def test_4_which_oppose_it_most(moscow: GraphQuestions) -> None:
    against = moscow.strongest_against(3)
    lowest = min(n.effect or 0 for n in moscow.document.nodes if n.kind == "feature")
    assert against[0].effect == lowest < 0


def test_5_which_stand_at_a_word(moscow: GraphQuestions) -> None:
    tokens = moscow.document.metadata.prompt_tokens
    assert {tokens[one.ctx_idx].strip() for one in moscow.at_word("Moscow")} == {"Moscow"}


def test_6_what_do_the_words_add(moscow: GraphQuestions) -> None:
    info = moscow.document.metadata.tracer
    assert info is not None and info.account is not None
    told = sum(one.value for one in moscow.words())
    assert told == pytest.approx(info.account.quantity, abs=0.05)


def test_7_what_feeds_a_feature(moscow: GraphQuestions) -> None:
    node = moscow.strongest(1)[0]
    everything = moscow.feeds(node.node_id, 10**6)
    assert sum(one.value for one in everything) == pytest.approx(node.effect, abs=0.01)
    assert moscow.feeds(node.node_id, 2) == everything[:2]


def test_8_where_does_it_go_on_to(moscow: GraphQuestions) -> None:
    node = moscow.strongest(1)[0]
    onward = moscow.fed_by(node.node_id, 10**6)
    assert sum(one.value for one in onward) == pytest.approx(node.effect, abs=0.01)


def test_9_what_runs_straight_from_one_to_another(moscow: GraphQuestions) -> None:
    first = moscow.feeds(moscow.strongest(1)[0].node_id, 1)[0]
    assert moscow.flow(first.source, first.target) == first.value
    assert moscow.flow(first.target, first.source) == 0


def test_10_which_ways_lead_from_a_word_to_the_answer(moscow: GraphQuestions) -> None:
    word = moscow.feeds(moscow.strongest(1)[0].node_id, 1)[0].source
    straight, *others = moscow.paths(word, most=3)
    assert straight.weakest >= max(one.weakest for one in others)
    inner = [node for one in others for node in one.nodes[1:-1]]
    assert len(inner) == len(set(inner))
    for way in (straight, *others):
        assert way.nodes[0] == word and way.nodes[-1] == ANSWER
        steps = [abs(moscow.flow(a, b)) for a, b in zip(way.nodes, way.nodes[1:], strict=False)]
        assert way.weakest == pytest.approx(min(steps))


def test_11_what_runs_through_some_features(moscow: GraphQuestions) -> None:
    node = moscow.strongest(1)[0]
    assert moscow.through([node.node_id]).effect == pytest.approx(node.effect, abs=0.01)


def test_12_what_runs_through_a_group_of_people(moscow: GraphQuestions) -> None:
    groups = moscow.said.group_members(moscow.document.node_ids)
    key = next(iter(groups))
    assert set(moscow.group(key).nodes) == set(groups[key])


def test_13_which_boxes_did_nobody_make(moscow: GraphQuestions) -> None:
    assert 1 <= len(moscow.boxes()) <= 8


def test_14_which_claims_name_a_group(moscow: GraphQuestions) -> None:
    claims = [one for key in moscow.said.groups for one in moscow.claims_of(key)]
    assert {one.id for one in claims} <= {one.id for one in moscow.said.claims}
    assert claims


def test_15_which_claims_fail(gallery: Questions) -> None:
    failing = gallery.claims_that_fail()
    for slug, claim in failing:
        found = {one.id: one.verdict for one in gallery.graph(slug).tried()}
        assert found[claim] == "fails"


def test_16_how_well_does_it_predict_and_is_it_enough(moscow: GraphQuestions) -> None:
    assert moscow.predicts() is not None
    enough, needed = moscow.exchanged() or (0, 0)
    assert enough > 0.5 and needed > 0.5


def test_17_where_does_a_feature_stand(gallery: Questions, moscow: GraphQuestions) -> None:
    node = moscow.strongest(1)[0]
    layer, index, _ = node.node_id.split("_")
    found = gallery.standings(f"{layer}/{index}")
    assert (MOSCOW, node.node_id) in [(one.graph, one.node) for one in found]
    assert gallery.standings("0/999999") == []


def test_18_which_graphs_are_of_a_model(gallery: Questions) -> None:
    assert MOSCOW in gallery.graphs_of_model("smollm2-135m-instruct")
    assert gallery.graphs_of_model("none") == []


def test_19_what_changed_between_two_graphs(gallery: Questions) -> None:
    found = gallery.changed(MOSCOW, "madrid-spanish")
    back = gallery.changed("madrid-spanish", MOSCOW)
    assert {one.feature for one in found.gained} == {one.feature for one in back.lost}
    assert {one.feature for one in found.turned} == {one.feature for one in back.turned}
    same = gallery.changed(MOSCOW, MOSCOW)
    assert not (same.gained or same.lost or same.turned or same.moved)


def test_20_which_rows_of_a_set_fail_and_which_work_otherwise(tmp_path: Path) -> None:
    SetFolder(tmp_path / "sets").write(make_set())
    gallery = ask(tmp_path)
    assert [row.key for row in gallery.rows_that_fail("capitals")] == ["rome"]
    assert [row.key for row in gallery.odd_rows("capitals")] == ["lima"]
    assert gallery.set_evidence("capitals") is None


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (lambda g: g.graph("moscow-rusian"), "did you mean `moscow-russian`"),
        (lambda g: g.graph(MOSCOW, 99), "there is no graph"),
        (lambda g: g.graph(MOSCOW).feeds("22_580"), "is no listed feature"),
        (lambda g: g.graph(MOSCOW).group("nobody"), "nobody named a group"),
        (lambda g: g.set_account("nothing"), "there is no set"),
    ],
)
def test_names_that_are_not_there_are_told(gallery: Questions, question, told) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TracerError, match=told):
        question(gallery)


def test_small_changes_are_counted_only() -> None:
    left, right = make_graph(), make_graph()
    nodes = [
        n.model_copy(update={"effect": -(n.effect or 0)}) if n.node_id == "0_7_4" else n
        for n in right.nodes
        if n.effect is not None or n.kind != "feature"
    ]
    right = right.model_copy(update={"nodes": tuple(nodes)})
    found = changes_between(left, right)
    assert [one.feature for one in found.turned] == ["0_7"] and found.alike == 3


def test_two_graphs_are_compared_in_words_and_for_programs() -> None:
    arguments = [MOSCOW, "madrid-spanish", "--root", str(REPOSITORY)]
    words = CliRunner().invoke(command, arguments, catch_exceptions=False).output
    assert "with another sign" in words and "gained" in words
    found = json.loads(CliRunner().invoke(command, [*arguments, "--json"]).output)
    changes = {"gained", "lost", "turned", "moved"}
    assert set(found) == {"left", "right", "alike", "flows"} | changes
    assert set(found["gained"][0]) == {"feature", "before", "after", "words"}
    assert {one["became"] for one in found["flows"]} >= {"gained", "lost", "turned"}
    assert "changed in sign" in words
