"""`tracer trace`: what one trace prints and writes."""

from __future__ import annotations

import io
import re
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from click.testing import CliRunner
from rich.console import Console

from tests.same_graph import assert_same_graph
from tests.tiny_models import PROMPT, save_tiny_model
from tracer.attribution.trace import trace
from tracer.batch.findings import strongest
from tracer.batch.single import trace_prompt
from tracer.cli.trace_prompt import command
from tracer.documents.graph import load_graph
from tracer.documents.trace_settings import Precision
from tracer.errors import TracerError
from tracer.model.load import load_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny_model(tmp_path_factory.mktemp("tiny") / "model"))


def said(model: str, **options: Any) -> str:
    said = io.StringIO()
    console = Console(file=said, width=120)
    trace_prompt(PROMPT, model=model, features="neurons", device="cpu", console=console, **options)
    return said.getvalue()


def test_it_prints_answers_strongest_features_and_scores(model: str) -> None:
    text = said(model, target=" w9", contrast=[" w2"])
    assert text.startswith("why “w9” rather than “w2”; effects in logits\n")
    assert re.search(r"^' w9' ← +0\.\d{4}", text, re.MULTILINE)
    supporting = re.findall(r"^\d+_\d+_\d+ +' w\d+' +\+\d", text, re.MULTILINE)
    opposing = re.findall(r"^\d+_\d+_\d+ +' w\d+' +-\d", text, re.MULTILINE)
    assert (len(supporting), len(opposing)) == (10, 10)
    assert re.search(r"^\d+ nodes, [\d,]+ links$", text, re.MULTILINE)


def test_a_graph_of_nodes_says_how_much_it_explains(model: str) -> None:
    text = said(model, target=" w9", remainder="nodes")
    assert re.search(
        r"\d+ nodes, [\d,]+ links; replacement [01]\.\d\d, completeness [01]\.\d\d", text
    )


def test_its_rows_add_up_to_the_quantity(model: str) -> None:
    text = said(model, target=" w9", contrast=[" w2"])
    begin, end = text.index("adds up from"), text.index("together")
    rows = [float(row) for row in re.findall(r" ([+-]\d+\.\d+)\s*$", text[begin:end], re.MULTILINE)]
    (total,) = re.findall(r"^together +([+-]\d+\.\d+)", text, re.MULTILINE)
    assert len(rows) == 8 and sum(rows) == pytest.approx(float(total), abs=0.005)
    assert re.search(
        r"^the 20 strongest silenced one by one: .* correlation \d", text, re.MULTILINE
    )
    assert re.search(r"(confirmed|not confirmed), -?\d\.\d\d", text)


def test_the_strongest_are_the_strongest(model: str) -> None:
    found = trace(PROMPT, model=load_model(model, device="cpu"), target=" w9")
    effects = torch.stack([one[1:] for one in found.effects.features]).flatten()
    supporting, opposing = strongest(found)
    assert [one.effect for one in supporting] == effects.sort(descending=True).values[:10].tolist()
    assert [one.effect for one in opposing] == effects.sort().values[:10].tolist()


def test_a_feature_may_be_asked_about(model: str) -> None:
    text = said(model, target_feature="2_31_5")
    assert text.startswith("what feeds neuron 31 of layer 2 at “w8”; effects in its activation\n")


def test_the_graph_is_written_where_it_is_told(model: str, tmp_path: Path) -> None:
    said(model, target=" w9", out=tmp_path / "deep" / "My Graph.json")
    graph = load_graph(tmp_path / "deep" / "My Graph.json")
    assert graph.metadata.slug == "my-graph"
    same = trace(PROMPT, model=load_model(model, device="cpu"), target=" w9").prune(slug="my-graph")
    assert_same_graph(same, graph)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": "w9"}, "not one; did you mean ' w9', with a leading space"),
        ({"target_feature": "2_310_5"}, "did you mean `2_31_5`"),
        ({"position": 99}, "there is no position 99"),
    ],
)
def test_mistakes_are_clear(model: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(TracerError, match=words):
        said(model, **options)


def test_the_command_takes_ids(model: str) -> None:
    run = partial(CliRunner().invoke, command, catch_exceptions=False)
    options = ["--model", model, "--device", "cpu"]
    by_id = run([PROMPT, *options, "--target-id", "11", "--contrast-id", "4"])
    by_text = run([PROMPT, *options, "--target", " w9", "--contrast", " w2"])
    assert by_id.exit_code == 0 and by_id.stdout == by_text.stdout
    both = run([PROMPT, *options, "--target-id", "11", "--target", " w9"])
    assert both.exit_code == 2 and "give either" in both.stderr


def test_an_unwritable_place_is_told_before_the_work(model: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(TracerError, match="nothing can be written here"):
        said("no-such-model", out=tmp_path / "file" / "a.json")


def test_every_precision_can_be_asked_for(model: str, tmp_path: Path) -> None:
    asked = [PROMPT, "--model", model, "--device", "cpu", "--out", str(tmp_path / "graph.json")]
    for precision in get_args(Precision):
        done = CliRunner().invoke(command, [*asked, "--precision", precision])
        assert done.exit_code == 0, done.output
        info = load_graph(tmp_path / "graph.json").metadata.tracer
        assert info is not None and info.settings.precision == precision
