"""Every graph with an account is tried on the real model when it is traced."""

from __future__ import annotations

from pathlib import Path

import pytest

import tracer
from tests.tiny_models import PROMPT, save_tiny_model
from tracer.attribution.trace import Attribution
from tracer.attribution.traced import Published
from tracer.batch.publish import publish
from tracer.documents.account import AccountInfo, Box
from tracer.documents.evidence import SilencedGroups
from tracer.documents.evidence_comparison import groups_agree
from tracer.documents.graph import Graph
from tracer.documents.trace_settings import TraceSettings
from tracer.documents.trial import Silenced, Trial
from tracer.features.choose import choose_features
from tracer.interventions.interventions import Ablate
from tracer.interventions.steer import steer
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import NeuronTargets
from tracer.interventions.trial import STRONGEST, silenced_groups
from tracer.model.load import Model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder: Path = tmp_path_factory.mktemp("tiny")
    return tracer.load_model(str(save_tiny_model(folder)), device="cpu")


def published(model: Model, found: Attribution) -> Published:
    named = choose_features(
        "neurons", model_source=model.source_name, model_identity=model.info.identity
    )
    return publish(found, model, named, "x")


@pytest.fixture(scope="module")
def graph(model: Model) -> Graph:
    found = tracer.trace(PROMPT, model=model, target=" w9", contrast=[" w2"])
    return published(model, found).graph


def account_of(graph: Graph) -> AccountInfo:
    info = graph.metadata.tracer
    assert info is not None and info.account is not None
    return info.account


def test_the_strongest_are_silenced_one_by_one(model: Model, graph: Graph) -> None:
    trial = account_of(graph).trial
    assert trial is not None and len(trial.nodes) == STRONGEST
    effects = {node.node_id: node.effect for node in graph.nodes}
    strengths = [abs(one.predicted) for one in trial.nodes]
    assert strengths == sorted(strengths, reverse=True)
    for one in trial.nodes[:3]:
        assert one.predicted == -(effects[one.node] or 0)
        then = steer(model, "neurons", PROMPT, [Ablate(one.node)])
        assert one.actual == pytest.approx(then.logit_change(" w9", versus=" w2"), abs=1e-4)


def test_boxes_keep_the_words_that_were_predicted_and_measured(graph: Graph) -> None:
    boxes = account_of(graph).boxes
    assert boxes and all(box.confirmed is not None for box in boxes)
    assert any(box.words_hold for box in boxes)
    for box in boxes:
        assert ("→" in box.name or "⊣" in box.name) == bool(
            box.words_hold and (box.opposes if box.against else box.pushes)
        )


def test_against_alternatives_the_same_quantity_is_measured(model: Model) -> None:
    trial = account_of(published(model, tracer.trace(PROMPT, model=model)).graph).trial
    assert trial is not None and trial.correlation is not None and trial.correlation > 0.5


def test_what_feeds_a_feature_is_tried_too(model: Model) -> None:
    found = tracer.trace(PROMPT, model=model, target_feature="2_31_5")
    trial = account_of(published(model, found).graph).trial
    assert trial is not None and "2_31_5" not in {one.node for one in trial.nodes}


def test_a_graph_of_nodes_is_published_as_it_was(model: Model) -> None:
    nodes = TraceSettings(remainder="nodes")
    graph = published(model, tracer.trace(PROMPT, model=model, settings=nodes)).graph
    info = graph.metadata.tracer
    assert info is not None and info.account is None and info.scores is not None


def account(correlation: float | None, *pairs: tuple[float, float]) -> AccountInfo:
    nodes = tuple(
        Silenced(node=f"1_{at}_2", predicted=p, actual=a) for at, (p, a) in enumerate(pairs)
    )
    return AccountInfo(
        quantity=1.0,
        unit="logits",
        swept=9,
        flow=0.9,
        input_flow=0.6,
        bound_by="flow",
        links_hold=1.0,
        trial=Trial(nodes=nodes, correlation=correlation),
    )


def test_bad_predictions_are_told() -> None:
    assert account(0.9, (1, 2), (-1, -3)).warnings == []
    assert "correlate 0.59 only" in account(0.59, (1, 2), (-1, -3)).warnings[0]
    six = [(1.0, 1.0)] * 4 + [(-0.5, 0.25), (0.4, -1.0)]
    (told,) = account(0.9, *six).warnings
    assert told.startswith("1_4_2, one of the five strongest") and "-0.50" in told


def test_a_box_below_one_half_is_not_confirmed() -> None:
    box = Box(id="a", name="x", nodes=(), at="x", effect=1, through=1)
    holds = [box.model_copy(update={"confirmed": one}).words_hold for one in (None, 0.49, 0.5, 0.9)]
    assert holds == [False, False, True, True]


def test_peoples_groups_are_silenced_likewise(model: Model) -> None:
    found = published(model, tracer.trace(PROMPT, model=model, target=" w9", contrast=[" w2"]))
    account = account_of(found.graph)
    box = next(one for one in account.boxes if one.words_hold)
    targets = NeuronTargets(model)
    prompt = SteeredPrompt(model, targets, model.tokenizer.encode_prompt(PROMPT))
    groups = [list(box.nodes), [], [found.graph.nodes[-1].node_id]]
    silenced = silenced_groups(prompt, found.graph, found.parts, groups)
    first, empty, answer = silenced.groups
    assert first.confirmed == pytest.approx(box.confirmed, abs=1e-3)
    assert first.pushes == box.pushes and first.opposes == box.opposes
    assert empty.confirmed is None and answer.confirmed is None
    assert silenced.of(reversed(box.nodes)) == first and silenced.of(["9_9_9"]) is None
    assert groups_agree(silenced, silenced)
    assert not groups_agree(silenced, SilencedGroups(groups=silenced.groups[:2]))
