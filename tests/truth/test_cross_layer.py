"""A cross-layer set that skips a real step, beside sets that do not: which figures tell.

Such a set reconstructs every MLP, so neither FVU nor the scores see anything. Two things do: how
much of a layer's MLP is written from below, and what the model does when the feature is silenced,
for the real MLP of the skipped layer then loses what it reads, and the change comes twice.
"""

from __future__ import annotations

import pytest

from tests.truth.build import Built, build, spelled
from tests.truth.cross_layer import CIRCUIT, SKIPPED, across_layers
from tests.truth.silencing import Silenced, answer_to, log_odds
from tests.truth.transcoders import Fitted, fit_transcoders
from tracer.attribution.trace import trace
from tracer.batch.publish import publish
from tracer.documents.graph import Graph
from tracer.documents.trace_figures import Fit
from tracer.documents.trace_settings import Remainder, TraceSettings
from tracer.documents.trial import Silenced as Tried
from tracer.documents.trial import Trial
from tracer.features.choose import choose_features
from tracer.site.graph.facts import explained


@pytest.fixture(scope="module")
def skipped(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(CIRCUIT, tmp_path_factory.mktemp("model"), seed=1)


@pytest.fixture(scope="module")
def sets(skipped: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fitted]:
    folder = tmp_path_factory.mktemp("sets")
    return {
        "per layer": fit_transcoders(skipped, folder / "layers"),
        "across layers": across_layers(skipped, folder / "across", skipping=False),
        "skipping": across_layers(skipped, folder / "skipping", skipping=True),
    }


@pytest.fixture(scope="module")
def graphs(skipped: Built, sets: dict[str, Fitted]) -> dict[str, Graph]:
    return {name: _published(skipped, fitted, "transparent") for name, fitted in sets.items()}


def _published(built: Built, fitted: Fitted, remainder: Remainder) -> Graph:
    found = trace(
        spelled(CIRCUIT.prompt),
        model=built.model,
        target=f" {CIRCUIT.answer}",
        features=str(fitted.folder),
        settings=TraceSettings(remainder=remainder, against="alternatives"),
    )
    model = built.model
    features = choose_features(
        str(fitted.folder), model_source=model.source_name, model_identity=model.info.identity
    )
    return publish(found, model, features, "step").graph


def test_the_model_takes_the_step(skipped: Built) -> None:
    answers = {prompt: answer_to(skipped, prompt) for prompt in CIRCUIT.table}
    assert answers == CIRCUIT.table
    alone = [[Silenced(*skipped.units[one.name], one.position)] for one in CIRCUIT.nodes]
    before, *after = log_odds(skipped, [[], *alone]).tolist()
    assert all(abs(one - before) > 1.5 for one in after)


def test_one_graph_shows_the_step_and_the_other_does_not(
    sets: dict[str, Fitted], graphs: dict[str, Graph]
) -> None:
    for name, graph in graphs.items():
        effects = {node.node_id: abs(node.effect or 0) for node in graph.nodes}
        grow = _node(sets[name], "grow")
        assert effects.get(grow, 0.0) > 1 if name != "skipping" else grow not in effects


def test_neither_reconstruction_nor_scores_tell(
    skipped: Built, sets: dict[str, Fitted], graphs: dict[str, Graph]
) -> None:
    for name, fitted in sets.items():
        assert all(one is not None and one < 1e-3 for one in _fit(graphs[name]).unexplained)
        info = _published(skipped, fitted, "nodes").metadata.tracer
        assert info is not None and info.scores is not None
        assert min(info.scores.replacement, info.scores.completeness) > 0.99


def test_what_is_written_from_below_tells(graphs: dict[str, Graph]) -> None:
    assert _fit(graphs["per layer"]).from_below is None
    assert _fit(graphs["across layers"]).from_below == (0, 0, 0)
    assert _fit(graphs["skipping"]).from_below == pytest.approx((0, 0.97, 0), abs=0.03)
    said = {name: str(explained(graph)) for name, graph in graphs.items()}
    assert "through the MLP of layer 1, 9" in said["skipping"]
    assert "lower layers" not in said["per layer"] + said["across layers"]


def test_what_feeds_a_feature_is_no_answer_to_share_out(
    skipped: Built, sets: dict[str, Fitted]
) -> None:
    found = trace(
        spelled(CIRCUIT.prompt),
        model=skipped.model,
        target_feature=_node(sets["skipping"], "wood"),
        features=str(sets["skipping"].folder),
    )
    assert found.fit is not None and found.fit.from_below is None


def test_silencing_tells(sets: dict[str, Fitted], graphs: dict[str, Graph]) -> None:
    below, above = SKIPPED["grow"], "wood"
    for name in sets:
        tried = {one.node: one for one in _trial(graphs[name]).nodes}
        times = _times(tried[_node(sets[name], below)])
        assert times == pytest.approx(2 if name == "skipping" else 1, rel=0.05)
        assert _times(tried[_node(sets[name], above)]) == pytest.approx(1, rel=0.05)
    agree = {name: _trial(graph).correlation or 0.0 for name, graph in graphs.items()}
    assert agree["skipping"] < 0.97
    assert min(agree["per layer"], agree["across layers"]) > 0.999


def _times(tried: Tried) -> float:
    """How many times as much the model moves as predicted."""
    return tried.actual / tried.predicted


def _node(fitted: Fitted, name: str) -> str:
    position = next(one.position for one in CIRCUIT.nodes if one.name == name)
    return "_".join(map(str, (*fitted.units[name], position)))


def _fit(graph: Graph) -> Fit:
    assert graph.metadata.tracer is not None and graph.metadata.tracer.fit is not None
    return graph.metadata.tracer.fit


def _trial(graph: Graph) -> Trial:
    assert graph.metadata.tracer is not None and graph.metadata.tracer.account is not None
    trial = graph.metadata.tracer.account.trial
    assert trial is not None
    return trial
