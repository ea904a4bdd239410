"""`tracer heads` on a small gallery of its own."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from tests.batch.test_verify import GOOD, annotate
from tests.features.dictionaries import write_plt
from tests.tiny_models import PROMPT
from tracer.attribution.trace import trace
from tracer.batch.heads import heads_of_graph
from tracer.batch.publish import publish
from tracer.cli.heads import command
from tracer.documents.graph import Graph
from tracer.documents.parts.ledger import Ledger
from tracer.documents.parts.parts import load_parts
from tracer.documents.parts.why import WhyLooked
from tracer.errors import TracerError
from tracer.features.choose import choose_features
from tracer.model.load import load_model
from tracer.site.build import build


def said(root: Path, model: str) -> str:
    file = io.StringIO()
    console = Console(file=file, width=160)
    heads_of_graph(root, "tiny", device="cpu", model=model, most=6, console=console)
    return file.getvalue()


def test_heads_are_told_and_tried(root: Path, traced: Graph, model: str) -> None:
    annotate(root, traced, GOOD)
    text = said(root, model)
    assert "strong (strong)" in text and "the start" in text and "the answer" in text
    flows, looks, told = text.split("\n\n")
    assert len(flows.splitlines()) > 3 and len(looks.splitlines()) == 1 + 6
    assert "correlate" in told


def test_a_feature_that_is_asked_about_has_heads_too(root: Path, traced: Graph, model: str) -> None:
    above = [one for one in traced.nodes if one.kind == "feature" and (one.layer_number or 0) > 1]
    asked = trace(PROMPT, model=load_model(model, device="cpu"), target_feature=above[0].node_id)
    asked.prune(slug="tiny").save(root / "graphs" / "tiny" / "1.json")
    assert "the answer" in said(root, model)


def test_why_a_head_looked_is_told(root: Path, traced: Graph, model: str) -> None:
    annotate(root, traced, GOOD)

    def told(*why: Any, **options: Any) -> str:
        console = Console(file=io.StringIO(), width=160)
        how: dict[str, Any] = {"device": "cpu", "model": model, "console": console}
        heads_of_graph(root, "tiny", why=why, **how, **options)
        return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]

    found = WhyLooked.model_validate_json(told("2.1", 5, 6, as_json=True))
    listed = {node.node_id for node in traced.nodes if node.kind == "feature"}
    features = [one for one in found.pieces if one.kind == "feature"]
    assert features and all((one.id in listed) != bool(one.qk_only) for one in features)
    results = found.qk_tracing_results
    for rows in (results.top_q_marginal_contributors, results.top_k_marginal_contributors):
        assert sum(value for _, value in rows) == pytest.approx(found.lead, abs=2e-3)
    text = told("2.1", 5, 6)
    assert f"a score of {found.score:+.2f}" in text and "at the token that looks" in text
    with pytest.raises(TracerError, match=r"there is no head 9\.1"):
        told("9.1", 5, 6)
    with pytest.raises(TracerError, match="`x` names no head"):
        told("x", 5, 6)
    with pytest.raises(TracerError, match="cannot look from 5 at 6"):
        told("2.1", 6, 5)


def test_the_command_asks_for_one_link_and_for_one_look(
    root: Path, traced: Graph, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "tracer.batch.heads.heads_of_graph", lambda *_, **named: asked.append(named)
    )
    for options in (["--link", "0_1_2", "answer"], ["--why", "23.4", "10", "14"]):
        result = CliRunner().invoke(command, ["tiny", *options, "--root", str(root)])
        assert result.exit_code == 0, result.output
    assert (asked[0]["link"], asked[1]["why"]) == (("0_1_2", "answer"), ("23.4", 10, 14))


def test_graphs_that_cannot_be_run_are_refused(root: Path, traced: Graph, model: str) -> None:
    file = root / "graphs" / "tiny" / "1.json"
    data = json.loads(file.read_text())
    del data["metadata"]["tracer"]
    file.write_text(json.dumps(data))
    with pytest.raises(TracerError, match="not made by tracer"):
        said(root, model)


def test_what_is_found_is_stored_beside_the_graph(root: Path, traced: Graph, model: str) -> None:
    annotate(root, traced, GOOD)
    console = Console(file=io.StringIO(), width=160)
    how: dict[str, Any] = {"device": "cpu", "model": model, "console": console, "most": 4}
    heads_of_graph(root, "tiny", write=True, as_json=True, **how)
    info = traced.metadata.tracer
    assert info is not None
    found = load_parts(root / "graphs" / "tiny" / "1.json", info.graph_id).heads
    assert found is not None and len(found.looks) == 4
    assert all(one.why is not None and one.why.key in one.keys for one in found.looks)
    assert json.loads(console.file.getvalue()) == found.to_dict()  # type: ignore[attr-defined]
    assert all(one.controls for one in found.looks) and found.patterns
    for one in found.flows:
        assert sum(abs(value) for _, value in one.heads) > 0
    assert max(len(one.rows) for one in found.patterns) == len(traced.metadata.prompt_tokens)
    assert sum(found.patterns[0].rows[5]) == pytest.approx(100, abs=4)


def test_a_trace_has_its_heads_and_they_add_up_to_its_flows(model: str) -> None:
    loaded = load_model(model, device="cpu")
    attribution = trace(PROMPT, model=loaded, target=" w9", contrast=[" w2"])
    features = choose_features(
        "neurons", model_source=loaded.source_name, model_identity=loaded.info.identity
    )
    published = publish(attribution, loaded, features, "tiny")
    heads, flows = published.parts.heads, published.parts.flows
    assert heads is not None and flows is not None
    ledger = Ledger(flows)
    for one in heads.flows:
        if one.source >= len(heads.groups):
            continue
        source = heads.groups[one.source]
        answer = one.target == heads.answer
        expected = (
            ledger.leaving(source) if answer else ledger.between(source, heads.groups[one.target])
        )
        assert one.flow == pytest.approx(expected, rel=5e-4, abs=5e-4)
    assert {node for group in heads.groups for node in group} == set(flows.features)
    again = attribution.heads(heads.groups)
    assert [f"{one.layer}.{one.head}" for one in again.looks] == [one.head for one in heads.looks]


@pytest.mark.parametrize("features", ["nodes", "transcoders"])
def test_graphs_without_an_account_have_heads_too(
    tmp_path: Path, model: str, features: str
) -> None:
    """`--write`, of neurons as nodes, and of transcoders."""
    named: dict[str, Any] = {"settings": {"remainder": "nodes"}}
    if features == "transcoders":
        folder = str(write_plt(tmp_path / "set"))
        named = {"features": folder, "settings": {"allow_misfit": True}}
    loaded = load_model(model, device="cpu")
    found = trace(PROMPT, model=loaded, target=" w9", contrast=[" w2"], **named)
    graph = found.prune(slug="tiny")
    file = tmp_path / "graphs" / "tiny" / "1.json"
    graph.save(file)
    console = Console(file=io.StringIO(), width=160)
    how: dict[str, Any] = {"device": "cpu", "model": model, "console": console, "most": 3}
    heads_of_graph(tmp_path, "tiny", write=True, features=named.get("features"), **how)
    info = graph.metadata.tracer
    assert info is not None and info.account is None
    heads = load_parts(file, info.graph_id).heads
    assert heads is not None and len(heads.looks) == 3 and heads.flows
    whys = [one.why for one in heads.looks if one.why]
    assert len(whys) == 3 and all(
        one.qk_tracing_results.top_k_marginal_contributors for one in whys
    )
    build(tmp_path, tmp_path / "site")
    page = (tmp_path / "site" / "graphs" / "tiny" / "index.html").read_text()
    assert f'id="head-{heads.looks[0].head}"' in page and "All that its score is made of" in page


def test_a_single_link_is_shared_out(root: Path, traced: Graph, model: str) -> None:
    annotate(root, traced, GOOD)
    first, *_, last = [one.node_id for one in traced.nodes if one.kind == "feature"]

    def told(source: str, target: str) -> str:
        console = Console(file=io.StringIO(), width=160)
        how: dict[str, Any] = {"device": "cpu", "model": model, "console": console}
        heads_of_graph(root, "tiny", link=(source, target), **how)
        return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]

    text = told("group:strong", "answer")
    numbers = [float(one) for one in re.findall(r"[+-]\d+\.\d+", text)]
    assert numbers[0] - numbers[1] == pytest.approx(sum(numbers[2:]), abs=2e-3)
    assert "stays at its word" in told(first, last)
    with pytest.raises(TracerError, match="nothing runs from"):
        told("group:strong", "group:strong")
    with pytest.raises(TracerError, match="no feature of this graph"):
        told("0_99999_1", "answer")
