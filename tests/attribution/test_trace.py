"""A whole trace, on tiny models and on the default one."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch

import tracer
from tests.same_graph import assert_same_graph
from tests.tiny_models import PROMPT, hidden_units, save_tiny_model
from tests.tracing import trace_nodes
from tracer.attribution.node_graph import NodeGraph
from tracer.documents.graph import Graph
from tracer.documents.prompts import ChatTurn
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.interventions.steered_pass import Setting, SteeredPrompt
from tracer.interventions.targets import NeuronTargets
from tracer.model.load import Model


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return tracer.load_model(str(save_tiny_model(tmp_path_factory.mktemp("small"))), device="cpu")


def test_the_graph_says_what_was_asked_and_found(small: Model) -> None:
    settings = TraceSettings(candidates=80, max_links=200)
    found = trace_nodes(PROMPT, model=small, target=" w9", contrast=[" w2"], settings=settings)
    graph = found.prune(slug="tiny")
    info = graph.metadata.tracer
    assert info is not None
    assert graph.metadata.prompt == PROMPT
    assert graph.metadata.prompt_tokens[0] == "<s>"
    assert info.question.contrast == (" w2",)
    assert info.counts.candidates == 80
    assert info.counts.active == 3 * 8 * 48
    assert len(graph.links) <= 200
    assert [node.kind for node in graph.nodes].count("logit") == 1
    assert [node.kind for node in graph.nodes].count("embedding") == 8
    features = [node for node in graph.nodes if node.kind == "feature"]
    assert features and all(node.ctx_idx > 0 and node.effect is not None for node in features)
    keys = [(node.layer_number, node.ctx_idx, node.index) for node in features]
    assert keys == sorted(keys)
    assert Graph.model_validate_json(graph.to_json()).to_json() == graph.to_json()


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma2"])
def test_graphs_of_a_base_and_a_fine_tuned_model_align_by_neuron(
    tmp_path: Path, family: str
) -> None:
    base = tracer.load_model(str(save_tiny_model(tmp_path / "base", family)), device="cpu")
    tuned = fine_tuned(base, tmp_path)
    graphs = [
        trace_nodes(PROMPT, model=one, target=" w9", contrast=[" w2"]).prune()
        for one in (base, tuned)
    ]
    infos = [graph.metadata.tracer for graph in graphs]
    assert infos[0] and infos[1] and infos[0].graph_id != infos[1].graph_id
    activations = [
        {node.node_id: node.activation for node in graph.nodes if node.kind == "feature"}
        for graph in graphs
    ]
    assert len(activations[0].keys() & activations[1].keys()) > 0.8 * len(activations[0])
    for model, by_node in zip((base, tuned), activations, strict=True):
        hidden = hidden_units(model, model.tokenizer.encode_prompt(PROMPT))
        for node_id, activation in by_node.items():
            layer, index, position = map(int, node_id.split("_"))
            real = hidden[layer][position, index].item()
            assert activation == pytest.approx(real, rel=1e-4, abs=1e-6)


def fine_tuned(base: Model, folder: Path) -> Model:
    """A copy whose weights have moved a little."""
    shutil.copytree(folder / "base", folder / "tuned")
    copy = deepcopy(base.causal_lm)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in copy.parameters():
            weight += 0.01 * weight.std() * torch.randn(weight.shape, generator=generator)
    copy.save_pretrained(folder / "tuned")
    return tracer.load_model(str(folder / "tuned"), device="cpu")


def test_every_kept_node_is_connected(small: Model) -> None:
    graph = trace_nodes(PROMPT, model=small, target=" w9").prune()
    sources = {link.source for link in graph.links}
    targets = {link.target for link in graph.links}
    for node in graph.nodes:
        if node.kind in ("feature", "error"):
            assert node.node_id in sources
        if node.kind == "feature":
            assert node.node_id in targets


def test_no_question_means_the_likely_answers(small: Model) -> None:
    graph = trace_nodes(PROMPT, model=small, settings=TraceSettings(max_logits=4)).prune()
    info = graph.metadata.tracer
    assert info is not None
    assert info.question.kind == "salient"
    assert [node.kind for node in graph.nodes].count("logit") == 4
    assert info.question.target_id == info.answers[0].token_id


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"prompt": ""}, "the prompt is empty"),
        ({"prompt": PROMPT, "target": " w9 w8"}, "2 tokens, not one"),
        ({"prompt": PROMPT, "contrast": [" w9"]}, "a contrast needs a target"),
        ({"prompt": PROMPT, "features": "/no/such/folder"}, "unknown features"),
        ({"prompt": " w3" * 64}, "longer|long, more than"),
        ({"chat": [ChatTurn(role="user", content="x")]}, "no chat template"),
        ({}, "give either a prompt or a chat"),
    ],
)
def test_mistakes_are_clear(small: Model, asked: dict[str, object], words: str) -> None:
    with pytest.raises(TracerError, match=words):
        trace_nodes(model=small, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_finds_the_same_strong_features(small: Model, precision: str) -> None:
    folder = str(small.causal_lm.config._name_or_path)
    half = tracer.load_model(folder, device="cpu", precision=precision)  # type: ignore[arg-type]
    strongest = [
        {node.node_id for node in sorted(graph.nodes, key=lambda node: -abs(node.effect or 0))[:20]}
        for graph in (
            trace_nodes(PROMPT, model=model, target=" w9").prune() for model in (small, half)
        )
    ]
    assert len(strongest[0] & strongest[1]) >= 15


@pytest.mark.parametrize("precision", ["float32", "fast"])
def test_the_numbers_do_not_depend_on_the_cores(small: Model, precision: str) -> None:
    """Of this model, whose forward pass is too small to be shared among cores."""
    threads, found = torch.get_num_threads(), []
    settings = TraceSettings(precision=precision)
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            found.append(trace_nodes(PROMPT, model=small, settings=settings))
    finally:
        torch.set_num_threads(threads)
    for other in found[1:]:
        gap = (other.swept.rows - found[0].swept.rows).norm() / found[0].swept.rows.norm()
        assert float(gap) < 1e-5, "shared out otherwise, bf16 would differ a hundred times as much"
        assert_same_graph(other.prune(slug="a"), found[0].prune(slug="a"))


def test_fast_transport_keeps_the_graph(small: Model) -> None:
    """Only the products on the way down are in bf16: nearly the same nodes, all of the top."""
    asked: dict[str, Any] = {"model": small, "target": " w9", "contrast": [" w2"]}
    plain = trace_nodes(PROMPT, **asked)
    fast = trace_nodes(PROMPT, **asked, settings=TraceSettings(precision="fast"))
    gap = (fast.influence - plain.influence).abs().sum() / plain.influence.sum()
    assert 0 < float(gap) < 0.02, "bf16 was used, and little was lost"
    kept, others = set(plain.prune().node_ids), set(fast.prune().node_ids)
    assert len(kept & others) >= 0.95 * len(kept)
    strongest = plain.influence.argsort(descending=True)[:50]
    strongest_fast = set(fast.influence.argsort(descending=True)[:55].tolist())
    assert set(strongest.tolist()) <= strongest_fast


COLOSSEUM = "The official language of the country where the Colosseum is located is"


@pytest.fixture(scope="module")
def colosseum() -> NodeGraph:
    return trace_colosseum(tracer.load_model(device="cpu"))


def trace_colosseum(model: Model) -> NodeGraph:
    contrast = [" Spanish", " French"]
    return trace_nodes(COLOSSEUM, model=model, target=" Italian", contrast=contrast)


@pytest.mark.model
def test_completeness_on_the_default_model_in_float32(colosseum: NodeGraph) -> None:
    swept, targets = colosseum.swept, colosseum.targets
    activations = torch.cat([one.activations for one in colosseum.layers])[swept.expanded]
    values = torch.cat([activations, targets.values])
    gap = (swept.rows.sum(1) + swept.biases - values).abs() / swept.rows.abs().sum(1)
    assert float(gap.max()) <= 1e-5


@pytest.mark.model
def test_token_effects_add_up_to_the_answer(colosseum: NodeGraph) -> None:
    total = float(colosseum.effects.tokens.sum())
    # The first token's own share includes the constant of position 0, which effects pass through.
    assert total == pytest.approx(float(colosseum.targets.values[0]), rel=1e-3)


@pytest.mark.model
def test_the_committed_graph_is_what_this_code_traces(colosseum: NodeGraph) -> None:
    folder = Path(__file__).parents[2] / "graphs" / "colosseum-italian"
    latest = max(folder.glob("[0-9]*.json"), key=lambda file: int(file.stem.split(".")[0]))
    committed = Graph.model_validate_json(latest.read_text())
    named: dict[str, Any] = {"target": " Italian", "contrast": [" Spanish", " French"]}
    fresh = tracer.trace(COLOSSEUM, model=colosseum.frozen.model, **named).prune(
        slug="colosseum-italian"
    )
    assert committed.metadata.tracer is not None
    assert fresh.metadata.tracer is not None
    assert fresh.metadata.tracer.graph_id == committed.metadata.tracer.graph_id
    # Another machine rounds differently: a node or link at the very threshold may change sides.
    shared = set(fresh.node_ids) & set(committed.node_ids)
    assert len(shared) >= 0.99 * max(len(fresh.nodes), len(committed.nodes))
    mine = {node.node_id: node.effect or 0 for node in fresh.nodes}
    theirs = {node.node_id: node.effect or 0 for node in committed.nodes}
    for node_id in shared:
        assert mine[node_id] == pytest.approx(theirs[node_id], rel=1e-3, abs=1e-4)


@pytest.mark.slow
@pytest.mark.model
def test_the_same_trace_twice_gives_the_same_graph(colosseum: NodeGraph) -> None:
    model = colosseum.frozen.model
    again = trace_nodes(COLOSSEUM, model=model, target=" Italian", contrast=[" Spanish", " French"])
    assert_same_graph(again.prune(slug="x"), colosseum.prune(slug="x"))


@pytest.mark.model
def test_strong_supporters_matter_when_ablated(colosseum: NodeGraph) -> None:
    """Ten neurons with the largest effect, set to zero in the real model, take the answer away;
    ten with almost none do not."""
    frozen = colosseum.frozen
    effects = torch.stack(colosseum.effects.features)[:, 1:]  # not at the start token
    order = effects.flatten().argsort()
    supporters = order[-10:]
    bystanders = effects.flatten().abs().argsort()[:1000:100]

    prompt = SteeredPrompt(frozen.model, NeuronTargets(frozen.model), frozen.token_ids)

    def probability(flat: torch.Tensor) -> float:
        axes = (axis.tolist() for axis in torch.unravel_index(flat, effects.shape))
        places = zip(*axes, strict=True)
        without = [Setting(layer, index, at + 1, 0.0) for layer, at, index in places]
        logits = prompt.run(without).logits[0]
        return float(logits.softmax(-1)[colosseum.targets.question.target_id])

    before = probability(order[:0])
    assert probability(supporters) < 0.5 * before
    assert probability(bystanders) == pytest.approx(before, abs=0.02)


@pytest.mark.parametrize("remainder", ["nodes", "transparent"])
def test_what_takes_long_says_how_long_before_it_starts(
    small: Model, monkeypatch: pytest.MonkeyPatch, remainder: str
) -> None:
    monkeypatch.setattr("tracer.attribution.sweep.LONG", 0)
    told: list[tuple[str, int]] = []
    tracer.trace(
        PROMPT,
        model=small,
        settings=TraceSettings.model_validate({"remainder": remainder}),
        progress=lambda name, done, _: told.append((name, done)),
    )
    assert ("sweep, about 0 minutes", 0) in told
    assert told.index(("sweep, about 0 minutes", 0)) < told.index(("sweep", 1))
