"""What feeds a feature, a direction, or the answer at an earlier position."""

from __future__ import annotations

import pytest
import torch

from tests.attribution.frozen_rerun import FrozenModel, Nudge
from tests.same_graph import EXACT, assert_same_graph
from tests.tiny_models import PROMPT
from tests.tracing import trace_nodes
from tracer.attribution.node_graph import NodeGraph
from tracer.attribution.question import Ask, graph_id
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.model.load import Model

EVERYTHING = TraceSettings(candidates=10**6, coverage=1.0)
FEATURE = (2, 41, 5)  # active in every family, where many are zero in one of them


@pytest.fixture(scope="module")
def fed(unlike: Model) -> NodeGraph:
    return trace_nodes(PROMPT, model=unlike, target_feature="2_41_5", settings=EVERYTHING)


def test_what_feeds_a_feature_sums_to_its_activation(fed: NodeGraph) -> None:
    independent = FrozenModel(fed.frozen.model, fed.frozen.token_ids)
    activation = independent.neuron(*FEATURE, independent.real)
    bias = fed.swept.biases[-1] + fed.targets.biases[0]
    assert (fed.swept.rows[-1].sum() + bias).item() == pytest.approx(activation, abs=1e-9)


def test_doubling_a_source_moves_the_feature_by_its_edge(fed: NodeGraph) -> None:
    columns = fed.swept.columns
    independent = FrozenModel(fed.frozen.model, fed.frozen.token_ids)
    before = independent.neuron(*FEATURE, independent.real)
    moved_at_all = 0
    for column in range(0, columns.starts[2], 17):
        at = next(i for i in range(2) if column < columns.starts[i + 1])
        one, row = fed.layers[at], column - columns.starts[at]
        written = one.activations[row] * fed.frozen.model.layers[at].mlp.down[:, one.indices[row]]
        after = independent.run(Nudge(mlps={(at, int(one.positions[row])): written}))
        change = independent.neuron(*FEATURE, after) - before
        assert change == pytest.approx(fed.swept.rows[-1, column].item(), abs=1e-9)
        moved_at_all += abs(change) > 1e-6
    assert moved_at_all > 5


def test_effects_on_a_feature_equal_the_sum_over_every_path(fed: NodeGraph) -> None:
    columns, rows, expanded = fed.swept.columns, fed.swept.rows, fed.swept.expanded
    activations = torch.cat([one.activations for one in fed.layers])[expanded]
    slopes = rows[:-1] / activations[:, None]
    effects = rows[-1] * fed.targets.values[0].sign()  # on how far it is from zero
    for rank in reversed(range(len(expanded))):
        effects += effects[expanded[rank]] * slopes[rank]
    tokens = effects[columns.tokens :]
    torch.testing.assert_close(tokens[1:], fed.effects.tokens[1:], rtol=1e-8, atol=1e-9)
    assert not fed.effects.features[2].any(), "nothing above or beside the feature feeds it"


def test_the_graph_ends_at_the_feature(fed: NodeGraph) -> None:
    graph = fed.prune(slug="fed")
    info = graph.metadata.tracer
    assert info is not None
    assert (info.question.kind, info.question.target) == ("feature", "2_41_5")
    assert info.question.target_id is None
    *others, last = graph.nodes
    assert (last.node_id, last.kind) == ("2_41_5", "feature")
    assert last.activation == pytest.approx(float(fed.targets.values[0]))
    assert last.effect == pytest.approx(abs(last.activation or 0))
    assert all(node.layer_number < 2 for node in others if node.kind == "feature")
    assert all(node.ctx_idx <= 5 for node in others if node.kind == "feature")
    assert not any(node.kind == "logit" for node in graph.nodes)
    assert any(link.target == "2_41_5" for link in graph.links)


def test_the_answers_direction_gives_the_answers_rows(unlike: Model) -> None:
    unembedding = unlike.unembedding
    direction = (unembedding[11] - unembedding[[4, 6]].mean(0)) * unlike.logit_scale
    asked = trace_nodes(
        PROMPT, model=unlike, target=" w9", contrast=[" w2", " w4"], settings=EVERYTHING
    )
    along = trace_nodes(PROMPT, model=unlike, direction=direction, settings=EVERYTHING)
    torch.testing.assert_close(along.swept.rows[-1], asked.swept.rows[-1])
    torch.testing.assert_close(along.targets.values, asked.targets.values)
    torch.testing.assert_close(along.effects.tokens, asked.effects.tokens)
    graph = along.prune()
    assert [node.kind for node in graph.nodes].count("logit") == 1
    assert graph.metadata.tracer is not None
    assert graph.metadata.tracer.question.kind == "direction"


def test_an_earlier_position_is_the_prompt_up_to_there(unlike: Model) -> None:
    early = trace_nodes(PROMPT, model=unlike, target=" w9", position=4).prune()
    short = trace_nodes(" w3 w17 w5 w41", model=unlike, target=" w9").prune()
    assert early.metadata.prompt == " w3 w17 w5 w41"
    assert early.metadata.tracer is not None and short.metadata.tracer is not None
    assert early.metadata.tracer.graph_id == short.metadata.tracer.graph_id
    assert_same_graph(early, short, tolerance=EXACT)


def test_new_questions_have_ids_of_their_own_and_old_ones_keep_theirs(unlike: Model) -> None:
    def id_of(**asked: object) -> str:
        ask = Ask.of(unlike.tokenizer, prompt=PROMPT, **asked)  # type: ignore[arg-type]
        return graph_id(ask, model_identity="m", features="f", settings=TraceSettings())

    ids = [id_of(), id_of(target_feature="2_31_5"), id_of(target_feature="2_31_6")]
    ids += [id_of(direction="a"), id_of(direction="b"), id_of(position=4)]
    assert len(set(ids)) == len(ids)
    assert id_of(position=7) == id_of(), "the last position is what is asked about anyway"
    two = (torch.eye(32)[0], torch.eye(32)[1])
    marks = {trace_nodes(PROMPT, model=unlike, direction=one).ask.direction for one in two}
    assert len(marks) == 2


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"target_feature": "2-31-5"}, r"names no feature; did you mean `2_31_5`\?"),
        ({"target_feature": "2_31"}, r"names no feature; add the position: `2_31_7`"),
        ({"target_feature": "x"}, r"names no feature; write layer_index_position"),
        ({"target_feature": "2_310_5"}, r"layer 2 are 0 to 47; did you mean `2_31_5`\?"),
        ({"target_feature": "9_31_5"}, r"layers are 0 to 2; did you mean `2_31_5`\?"),
        ({"target_feature": "2_31_50"}, r"positions are 1 to 7; did you mean `2_31_7`\?"),
        ({"target_feature": "2_31_0"}, r"did you mean `2_31_1`\?"),
        ({"target_feature": "2_31_5", "target": " w9"}, "ask two questions"),
        ({"target_feature": "2_31_5", "position": 4}, "ask two questions"),
        ({"position": 0}, "no position 0 to explain; this prompt's are 1 to 7"),
        ({"position": 8}, "no position 8"),
        ({"direction": torch.ones(5)}, r"shape \(5,\), not \(32,\)"),
        ({"direction": torch.zeros(32)}, "zero or not finite"),
        ({"direction": torch.full((32,), torch.nan)}, "zero or not finite"),
    ],
)
def test_mistakes_are_clear(unlike: Model, asked: dict[str, object], words: str) -> None:
    with pytest.raises(TracerError, match=words):
        trace_nodes(PROMPT, model=unlike, **asked)  # type: ignore[arg-type]
