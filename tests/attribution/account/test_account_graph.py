"""What is published of an account adds up from its files alone, and says what tensors say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

import tracer
from tests.features.dictionaries import write_clt, write_plt
from tests.tiny_models import PROMPT, exact_tiny_model
from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.traced import Published
from tracer.documents.graph import Graph, load_graph
from tracer.documents.parts.ledger import Ledger
from tracer.documents.parts.parts import load_parts
from tracer.documents.prompt_words import BIASES, OTHER_ERRORS, OTHER_WORDS
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.model.load import Model


def account(model: Model, **named: object) -> AccountGraph:
    settings = named.pop("settings", TraceSettings(remainder="transparent", max_nodes=60))
    found = tracer.trace(PROMPT, model=model, settings=settings, **named)  # type: ignore[arg-type]
    assert isinstance(found, AccountGraph)
    return found


def ledger_of(published: Published) -> Ledger:
    flows, pushes = published.parts.flows, published.parts.pushes
    assert flows is not None
    return Ledger(flows, pushes)


def saved(published: Published, folder: Path) -> tuple[Graph, Ledger]:
    """From the files alone."""
    file = folder / "1.json"
    published.parts.save(file)
    published.graph.save(file)
    graph = load_graph(file)
    assert graph.metadata.tracer is not None
    parts = load_parts(file, graph.metadata.tracer.graph_id)
    assert parts.flows is not None
    return graph, Ledger(parts.flows, parts.pushes)


@pytest.mark.parametrize("contrast", [[], [" w2", " w4"]])
def test_the_books_close_from_the_files_in_every_family(
    unlike: Model, tmp_path: Path, contrast: list[str]
) -> None:
    found = account(unlike, target=" w9", contrast=contrast)
    graph, ledger = saved(found.publish(slug="x"), tmp_path)
    assert list(ledger.gaps()) == []
    info = graph.metadata.tracer
    assert info is not None and info.account is not None and info.format == 2
    assert info.account.quantity == pytest.approx(float(found.targets.values[0]), rel=1e-4)
    inputs = [node for node in graph.nodes if node.kind in ("embedding", "error")]
    gross = sum(abs(node.effect or 0) for node in inputs)
    total = sum(node.effect or 0 for node in inputs)
    assert abs(total - info.account.quantity) <= 1e-4 * gross
    biases = [node for node in graph.nodes if node.node_id == BIASES]
    assert bool(biases) == bool(found.account.inputs[:, 1].any() or found.account.answer_inputs[1])


def test_a_gap_is_found(tmp_path: Path) -> None:
    published = account(exact_tiny_model(tmp_path, "llama"), target=" w9").publish(slug="x")
    flows = published.parts.flows
    assert flows is not None
    flows.leaving[3] += 0.01 * max(map(abs, flows.leaving))  # type: ignore[index]
    said = [str(gap) for gap in Ledger(flows).gaps()]
    assert any(f"what flows out of {flows.features[3]}" in one for one in said)
    assert any("words, start and biases" in one for one in said)


def test_any_group_is_what_the_tensors_say(unlike: Model) -> None:
    found = account(unlike, target=" w9")
    ledger, whole = ledger_of(found.publish(slug="x")), found.account
    names, draw = ledger.flows.features, torch.Generator().manual_seed(5)
    for share in (0.0, 0.1, 0.5, 1.0):
        mask = torch.rand(len(names), generator=draw) < share
        group = [name for name, inside in zip(names, mask.tolist(), strict=True) if inside]
        close: Any = {"rel": 1e-6, "abs": 1e-9}
        assert ledger.effect(group) == pytest.approx(float(whole.effects[mask].sum()), **close)
        assert ledger.through(group) == pytest.approx(float(whole.through(mask)), **close)
        assert ledger.lost(group) == pytest.approx(float(whole.lost(mask)), **close)
        pushed = found.words.likely.pushed(whole.pushed(mask)[None])[0].tolist()
        assert ledger.pushed(group) == pytest.approx(pushed, rel=1e-6, abs=1e-8)
        assert sum(ledger.reads(group)) == pytest.approx(ledger.lost(group), **close)
    assert sum(ledger.shares) == pytest.approx(float(whole.quantity), rel=1e-9)


def test_a_single_features_reads_are_its_own(unlike: Model) -> None:
    found = account(unlike, target=" w9")
    ledger, whole = ledger_of(found.publish(slug="x")), found.account
    kept = [
        at
        for at, one in enumerate(whole.sources)
        if one.kind != "biases" or whole.inputs[:, at].any() or whole.answer_inputs[at]
    ]
    for at in range(0, len(whole), 7):
        reads = whole.reads[at, kept] * whole.gradient[at]
        found_reads = ledger.reads([ledger.flows.features[at]])
        assert found_reads == pytest.approx(reads.tolist(), rel=1e-6, abs=1e-9)


def test_grouped_flows_are_sums_of_flows(unlike: Model) -> None:
    """Of a partition, whatever it is: what runs in, out and through closes for each part."""
    ledger = ledger_of(account(unlike, target=" w9").publish(slug="x"))
    names = ledger.flows.features
    groups = [names[at::3] for at in range(3)]
    for group in groups:
        others = [one for one in groups if one is not group]
        inward = sum(ledger.between(one, group) for one in others) + sum(ledger.entering(group))
        outward = sum(ledger.between(group, one) for one in others) + ledger.leaving(group)
        gross = ledger.gross(names, group) + 1
        assert abs(inward - ledger.through(group)) <= 1e-9 * gross
        assert abs(outward - ledger.through(group)) <= 1e-9 * gross


def test_links_are_the_strongest_flows_and_some_of_every_node(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path, "llama")
    few = TraceSettings(remainder="transparent", max_nodes=60, max_links=10)
    found = account(model, target=" w9", settings=few)
    graph = found.publish(slug="x").graph
    names = [node.node_id for node in graph.nodes if node.kind == "feature"]
    whole = found.account
    for at, name in enumerate(names):
        there = sum(link.target == name for link in graph.links)
        flowing = int((whole.flows[at] != 0).sum() + (whole.input_flows[at] != 0).sum())
        assert there >= min(5, flowing)
    info = graph.metadata.tracer
    assert info is not None and info.account is not None and 0 < info.account.links_hold < 1


def test_a_long_prompt_tells_its_weaker_words_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracer.attribution.account.trace_account.ALONE", 4)
    monkeypatch.setattr("tracer.attribution.account.trace_account.WORDS", 3)
    model = exact_tiny_model(tmp_path, "llama")
    graph, ledger = saved(account(model, target=" w9").publish(slug="x"), tmp_path / "g")
    assert list(ledger.gaps()) == []
    assert OTHER_WORDS in ledger.flows.inputs and len(ledger.flows.inputs) == 1 + 1 + 3
    tokens = [node for node in graph.nodes if node.kind == "embedding" and node.index is not None]
    assert sorted(node.ctx_idx for node in tokens) == list(range(8))
    together = next(node for node in graph.nodes if node.node_id == OTHER_WORDS)
    assert together.effect is None
    total = sum(node.effect or 0 for node in tokens)
    info = graph.metadata.tracer
    assert info is not None and info.account is not None
    gross = sum(abs(node.effect or 0) for node in tokens)
    assert abs(total - info.account.quantity) <= 1e-4 * gross


@pytest.mark.parametrize("across", [False, True])
def test_transcoders_may_be_transparent_and_their_errors_stay(tmp_path: Path, across: bool) -> None:
    model = exact_tiny_model(tmp_path, "llama")
    features = str((write_clt if across else write_plt)(tmp_path / "set"))
    found = account(model, target=" w9", features=features, allow_misfit=True)
    graph, ledger = saved(found.publish(slug="x"), tmp_path / "g")
    assert list(ledger.gaps()) == []
    errors = [node for node in graph.nodes if node.kind == "error"]
    assert len(errors) > 5 and all(node.effect is not None for node in errors)
    assert {node.node_id for node in errors} - {BIASES} <= set(ledger.flows.inputs)


def test_many_errors_are_gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = exact_tiny_model(tmp_path, "llama")
    features = str(write_plt(tmp_path / "set"))
    found = account(model, target=" w9", features=features, allow_misfit=True)
    from tracer.attribution.account.errors import gather_errors

    few = gather_errors(found.account, alone=4)
    torch.testing.assert_close(few.quantity, found.account.quantity)
    torch.testing.assert_close(few.reads.sum(1), found.account.reads.sum(1))
    assert [one.kind for one in few.sources].count("error") == 5
    published = AccountGraph(
        found.ask,
        found.settings,
        found.frozen,
        found.features_info,
        found.active,
        found.layers,
        found.effects,
        found.targets,
        type(found.chosen)(few, found.chosen.shares, found.chosen.bound_by),
    ).publish(slug="x")
    assert OTHER_ERRORS in published.graph.node_ids
    assert list(ledger_of(published).gaps()) == []


def test_boxes_are_few_and_no_feature_is_in_two(unlike: Model) -> None:
    info = account(unlike, target=" w9").publish(slug="x").graph.metadata.tracer
    assert info is not None and info.account is not None
    boxes = info.account.boxes
    assert 1 <= len(boxes) <= 9
    members = [one for box in boxes for one in box.nodes]
    assert len(members) == len(set(members))
    assert len({box.name for box in boxes}) == len(boxes) and all(box.name for box in boxes)
    assert all(set(box.pushes).isdisjoint(box.opposes) for box in boxes)


def test_the_same_trace_gives_the_same_boxes(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path, "llama")
    twice = [account(model, target=" w9").publish(slug="x").graph.metadata.tracer for _ in (1, 2)]
    names: list[Sequence[tuple[str, ...]]] = [
        [box.nodes for box in one.account.boxes] for one in twice if one and one.account
    ]
    assert len(names) == 2 and names[0] == names[1]


def test_what_feeds_a_feature_has_an_account(unlike: Model, tmp_path: Path) -> None:
    graph, ledger = saved(account(unlike, target_feature="2_41_5").publish(slug="x"), tmp_path)
    assert list(ledger.gaps()) == []
    info = graph.metadata.tracer
    assert info is not None and info.account is not None
    assert info.account.unit == "activation" and info.question.kind == "feature"
    asked = graph.nodes[-1]
    assert asked.node_id == "2_41_5"
    assert info.account.quantity == pytest.approx(abs(asked.activation or 0), rel=1e-4)
    assert all(link.target != link.source for link in graph.links)
    assert any(link.target == "2_41_5" for link in graph.links)


def test_so_has_a_direction(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path, "llama")
    graph, ledger = saved(
        account(model, direction=model.unembedding[11]).publish(slug="x"), tmp_path / "g"
    )
    assert list(ledger.gaps()) == []
    info = graph.metadata.tracer
    assert info is not None and info.account is not None and info.account.unit == "along it"


def test_any_nodes_have_an_account_in_python(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path, "llama")
    found = account(model, target=" w9")
    published = found.publish(slug="x")
    names = ledger_of(published).flows.features[2:9]
    whole = found.account
    mask = torch.zeros(len(whole), dtype=torch.bool)
    mask[2:9] = True
    file = tmp_path / "g" / "1.json"
    published.parts.save(file)
    published.graph.save(file)
    for graph in (found, file, str(file)):
        box = tracer.account(graph, names)
        assert box.through == pytest.approx(float(whole.through(mask)), rel=1e-2, abs=1e-4)
        assert box.pushes and box.reads
    with pytest.raises(TracerError, match="`0_1_2_3` is no listed feature"):
        tracer.account(file, ["0_1_2_3"])
    (tmp_path / "g" / "1.flows.bin").unlink()
    with pytest.raises(TracerError, match="its flows are not there; trace it again"):
        tracer.account(file, names)


@pytest.mark.parametrize("features", ["neurons", "set"])
def test_no_more_are_listed_than_allowed_and_none_without_effect(
    tmp_path: Path, features: str
) -> None:
    model = exact_tiny_model(tmp_path, "llama")
    source = features if features == "neurons" else str(write_plt(tmp_path / "set"))
    few = TraceSettings(remainder="transparent", max_nodes=7)
    named: dict[str, Any] = {"features": source, "allow_misfit": True, "settings": few}
    assert len(account(model, target=" w9", **named).account) <= 7
    name = "1_1_1"
    if features != "neurons":
        layer = account(model, target=" w9", features=source, allow_misfit=True).layers[1]
        name = f"1_{int(layer.indices[0])}_{int(layer.positions[0])}"
    many = TraceSettings(remainder="transparent", max_nodes=10_000)
    found = account(model, target_feature=name, **{**named, "settings": many})
    graph = found.publish(slug="x").graph
    assert all(node.effect for node in graph.nodes if node.kind == "feature")
    assert graph.node_ids.count(name) == 1
