"""`--json` of every command that prints a table: one document, whose keys docs/json.md names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.tiny_models import save_tiny_model
from tracer.batch.verified import verified
from tracer.cli import tracer
from tracer.cli.as_json import print_json
from tracer.documents.graph import load_graph
from tracer.documents.parts.parts import load_parts

REPOSITORY = Path(__file__).parents[2]
DOCUMENTED = (REPOSITORY / "docs" / "json.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([a-z_]+)`", DOCUMENTED))
ROOT = ("--root", str(REPOSITORY))


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("json")
    model = save_tiny_model(folder / "model")
    (folder / "site_src").mkdir()
    (folder / "site_src" / "prompts.yaml").write_text(
        f"defaults: {{model: {model}, candidates: 40}}\ngraphs:\n"
        "  - {slug: one, prompt: ' w3 w4'}\n  - {slug: bad, prompt: ' w3', target: ' w1 w2'}\n"
    )
    return folder


@pytest.fixture(scope="module")
def traced(gallery: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(gallery)
        said("build-graphs", "--only", "one", "--device", "cpu")
    return gallery


def said(*command: str, status: int = 0) -> Any:
    done = CliRunner().invoke(tracer, [*command, "--json"])
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


def keys(value: Any, depth: int = 2) -> set[str]:
    """Of objects, and of the objects in their lists."""
    if isinstance(value, list):
        return keys(value[0], depth) if value else set()
    if not isinstance(value, dict) or not depth:
        return set()
    return set(value) | {key for item in value.values() for key in keys(item, depth - 1)}


@pytest.mark.parametrize(
    "command",
    [
        ("models",),
        ("sets", *ROOT),
        ("compare", "moscow-russian", "madrid-spanish", *ROOT),
        ("compare", "is-or-are", "who-gets-the-drink", *ROOT),
    ],
)
def test_what_is_printed_is_documented(command: tuple[str, ...]) -> None:
    found = keys(said(*command))
    assert found and found <= NAMED


def test_doctor_tells_of_each_thing_that_it_looked_at() -> None:
    done = CliRunner().invoke(tracer, ["doctor", "--json"])
    found = json.loads(done.stdout)
    assert keys(found) <= NAMED and found[0]["what"] == "tracer"
    lacks = [one for one in found if one["mark"] == "lack"]
    assert done.exit_code == (1 if lacks else 0)


def test_tokens_and_a_trace(gallery: Path) -> None:
    model = str(gallery / "model")
    tokens = said("tokens", " w3 w4", "--model", model)
    assert [one["text"] for one in tokens["tokens"]][-2:] == [" w3", " w4"]
    traced = said("trace", " w3 w4", "--model", model, "--device", "cpu")
    assert keys(tokens) | keys(traced, 1) <= NAMED
    assert sum(one["explained"] for one in traced["answers"]) <= 1
    assert traced["supports"][0]["effect"] > 0


def test_what_became_of_each_graph(gallery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(gallery)
    before = said("build-graphs", "--dry-run", status=1)
    assert [one["state"] for one in before["graphs"]] == ["new", "refused"]
    after = said("build-graphs", "--device", "cpu", status=1)
    states = {one["slug"]: one["state"] for one in after["graphs"]}
    assert states == {"one": "written", "bad": "failed"}
    assert "2 tokens, not one" in after["graphs"][1]["error"]
    assert after["status"] == 1 and keys(before) <= NAMED
    assert keys(after) - NAMED <= {"replacement", "completeness", "predicted", "unexplained"}
    steered = said("steer", "one", "--ablate", first_feature(gallery), "--device", "cpu")
    assert keys(steered) <= NAMED and steered["set"][0]["to"] == 0


def test_heads_are_the_document_beside_the_graph(traced: Path) -> None:
    found = said("heads", "one", "--most", "2", "--write", "--device", "cpu", *at(traced))
    graph = load_graph(traced / "graphs" / "one" / "1.json")
    assert graph.metadata.tracer is not None
    stored = load_parts(traced / "graphs" / "one" / "1.json", graph.metadata.tracer.graph_id)
    assert stored.heads is not None and found == stored.heads.to_dict()
    assert {one["target"] for one in found["flows"]} <= set(range(len(found["groups"]) + 1))
    why = said("heads", "one", "--why", found["looks"][0]["head"], "1", "2", *at(traced))
    assert {"key", "score", "others", "pieces"} <= set(why)


def test_what_was_measured_of_each_graph_and_set(traced: Path) -> None:
    node = first_feature(traced)
    file = traced / "site_src" / "annotations" / "one.yaml"
    file.parent.mkdir(exist_ok=True)
    expect = '{token: " w9", versus: " w2", lead_falls_by: %d}'
    file.write_text(
        f'groups:\n  one: {{name: one, nodes: ["{node}"]}}\nclaims:\n'
        f"  - {{id: much, ablate: one, expect: {expect % 90}, holds: false}}\n"
        f"  - {{id: more, ablate: one, expect: {expect % 91}}}\n"
    )
    found = said("verify", "one", "--device", "cpu", *at(traced), status=1)
    assert keys(found) <= NAMED and found["status"] == 1 and found["sets"] == []
    (graph,) = found["graphs"]
    verdicts = {one["id"]: (one["verdict"], one["said_to_hold"]) for one in graph["claims"]}
    assert verdicts == {"much": ("fails", False), "more": ("fails", True)}
    assert [one["bound_met"] for one in graph["claims"]] == [False, False]


def test_what_was_measured_of_a_set() -> None:
    found = verified(REPOSITORY, [], ["is-or-are"])
    (one,) = found["sets"]
    assert keys(found, 3) <= NAMED and found["graphs"] == []
    assert {each["halves"] for each in one["halves"]} == {"kin", "rows"}
    assert all(len(each["enough"]) == len(each["counts"]) for each in one["halves"])
    assert one["claims"][0]["held"] <= one["claims"][0]["rows"] == 50


def at(gallery: Path) -> tuple[str, str]:
    return "--root", str(gallery)


def first_feature(gallery: Path) -> str:
    graph = json.loads((gallery / "graphs" / "one" / "1.json").read_text())
    names: list[str] = [one["node_id"] for one in graph["nodes"]]
    return next(name for name in names if name[0].isdigit())


def test_what_json_has_no_word_for_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": float("nan"), "b": [float("inf"), 1.5], "c": Path("x")})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [None, 1.5], "c": "x"}
