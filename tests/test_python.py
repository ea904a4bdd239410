"""The public Python API, as a person types it: names, types, one line for what is wrong."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

import tracer
from tests.same_graph import assert_same_graph
from tests.tiny_models import PROMPT, save_tiny_model
from tests.tracing import trace_nodes
from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.node_graph import NodeGraph
from tracer.errors import TracerError

ROOT = Path(__file__).parents[1]
NODE = "1_5_3"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tracer.Model:
    return tracer.load_model(str(save_tiny_model(tmp_path_factory.mktemp("small"))), device="cpu")


@pytest.fixture(scope="module")
def found(small: tracer.Model) -> AccountGraph:
    found = tracer.trace(PROMPT, model=small, target=" w9", contrast=" w2")
    assert isinstance(found, AccountGraph)
    return found


@pytest.fixture(scope="module")
def nodes(small: tracer.Model) -> NodeGraph:
    return trace_nodes(PROMPT, model=small, target=" w9")


def test_the_public_names_are_listed_and_nothing_else() -> None:
    assert dir(tracer) == sorted(tracer.__all__)
    assert {"TraceSettings", "ChatTurn", "TracerError", "__version__"} <= set(dir(tracer))
    for name in tracer.__all__:
        assert getattr(tracer, name) is not None
    assert re.match(r"\d+\.\d+", tracer.__version__)
    code = "import sys, tracer; sys.exit('torch' in sys.modules or 'pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reprs_are_one_short_line(
    small: tracer.Model, found: AccountGraph, nodes: NodeGraph
) -> None:
    then = tracer.steer(small, "neurons", PROMPT, tracer.Ablate(NODE))
    for one in (small, found, nodes, found.prune(), then):
        text = repr(one)
        assert text.startswith("<") and "\n" not in text and len(text) < 250
    assert "3 layers" in repr(small)
    assert "' w9' rather than ' w2'" in repr(found)


@pytest.mark.parametrize(
    "target", [" w9", {"id": 9}, numpy.int64(9), torch.tensor(9), numpy.str_(" w9")]
)
def test_a_token_is_taken_as_it_is_meant(small: tracer.Model, target: Any) -> None:
    question = tracer.trace(PROMPT, model=small, target=target).targets.question
    expected = " w9" if isinstance(target, str) else small.tokenizer.text(9)
    assert question.target == expected


@pytest.mark.parametrize(
    "contrast", [" w2", (" w2",), {" w2"}, numpy.array([" w2"]), [" w2"], iter([" w2"])]
)
def test_one_text_is_one_token_in_a_list_or_by_itself(small: tracer.Model, contrast: Any) -> None:
    found = tracer.trace(PROMPT, model=small, target=" w9", contrast=contrast)
    assert found.targets.question.contrast == (" w2",)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"contrast": 3.5, "target": " w9"}, "3.5 names no token"),
        ({"contrast": [None], "target": " w9"}, "None names no token"),
        ({"target": True}, "True names no token"),
        ({"target": b" w9"}, "names no token"),
        ({"settings": {"nodes": 3}}, "these are no settings: nodes"),
        ({"settings": 3}, "these are no settings"),
        ({"prompt": ["w1 w2", "w3"]}, "tracer.trace_many"),
        ({"prompt": 7}, "a prompt is text, not an int"),
        ({"prompt": torch.tensor([1, 2])}, "a prompt is text, not a Tensor"),
        ({"prompt": [{"role": "user"}]}, "turn 1 of the chat is none: content"),
        ({"prompt": None}, "either a prompt or a chat"),
        ({"prompt": None, "chat": []}, "a chat is a list of turns"),
        ({"target_feature": 3}, "3 names no feature"),
        ({"direction": "up"}, "a direction is not a str"),
        ({"features": 3}, "features are named, not given as int"),
        ({"model": 3}, "not a int"),
        ({"model": "no-such-model"}, "no-such-model"),
        ({"position": -40}, "there is no position"),
    ],
)
def test_wrong_types_are_told_in_one_line(
    small: tracer.Model, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(TracerError) as caught:
        tracer.trace(**{"prompt": PROMPT, "model": small, **given})
    assert told in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("1_5_3", "is no intervention; say what to do: `tracer.Ablate"),
        ([(1, 3, 5, 2.0)], "write `tracer.Set((1, 5, 3), 2.0)`"),
        (7, "7 is no intervention"),
        (tracer.Ablate(7), "7 names no feature"),  # type: ignore[arg-type]
        (tracer.Set(NODE, "much"), "is not a finite number"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_intervention_says_how(small: tracer.Model, given: Any, told: str) -> None:
    with pytest.raises(TracerError) as caught:
        tracer.steer(small, "neurons", PROMPT, given)
    assert told in str(caught.value)


def test_devices_and_formats_have_the_names_that_others_use() -> None:
    from tracer.model.given import as_device, as_precision

    assert [as_device(one) for one in ("gpu", torch.device("cpu"), "cuda:0")] == [
        *("cuda", "cpu", "cuda")
    ]
    named = [as_precision(one) for one in ("float16", torch.bfloat16, "fp32", "bf16")]
    assert named == ["fp16", "bf16", "float32", "bf16"]
    with pytest.raises(TracerError, match="`gpus` is no device"):
        tracer.load_model(device="gpus")  # type: ignore[arg-type]
    with pytest.raises(TracerError, match="`int8` is no precision"):
        tracer.load_model(precision="int8")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "node", [(1, 5, 3), "1_5_3", "1_5_-5", (1, 5, -5), numpy.array([1, 5, 3]), [(1, 5, 3)]]
)
def test_a_feature_is_text_or_numbers_from_either_end(small: tracer.Model, node: Any) -> None:
    here = tracer.steer(small, "neurons", PROMPT, tracer.Ablate(NODE)).logits_after
    there = tracer.steer(small, "neurons", PROMPT, tracer.Ablate(node)).logits_after
    torch.testing.assert_close(there, here)


def test_what_the_start_token_has_counts_from_no_end(small: tracer.Model) -> None:
    n = len(small.tokenizer.encode_prompt(PROMPT))
    with pytest.raises(TracerError, match="positions are 1 to"):
        tracer.steer(small, "neurons", PROMPT, tracer.Ablate((1, 5, -n)))


def test_all_activations_stand_behind_an_intervention(small: tracer.Model) -> None:
    done: list[Any] = [tracer.Set((0, 5, 3), 4.0), tracer.Ablate((1, 7, 3))]
    then = tracer.steer(small, "neurons", PROMPT, done, all_activations=True, watch=(2, 9, 5))
    before, after = then.active_before, then.active_after
    assert before is not None and after is not None
    assert len(before.values) == 3 * 48 * len(then.token_ids)
    assert after.of(0, 5, 3) == pytest.approx(4.0) != before.of(0, 5, 3)
    assert after.of(1, 7, 3) == 0.0 != before.of(1, 7, 3)
    assert (before.of(2, 9, 5), after.of(2, 9, 5)) == pytest.approx(then.features["2_9_5"])
    # In front of what was set nothing has changed.
    assert after.of(2, 9, 2) == pytest.approx(before.of(2, 9, 2))


def test_activations_are_what_the_pass_read(found: AccountGraph) -> None:
    active = found.activations()
    at = int(found.account.effects.abs().argmax())
    place = [int(getattr(found.account, name)[at]) for name in ("layers", "indices", "positions")]
    assert active.of(*place) == pytest.approx(float(found.account.activations[at]), rel=1e-4)
    assert len(active.values) == found.active.count


def test_pruned_again_by_other_limits_nothing_is_traced(
    found: AccountGraph, nodes: NodeGraph
) -> None:
    few = found.prune(max_nodes=10, max_links=100)
    assert sum(one.kind == "feature" for one in few.nodes) == 10
    info = few.metadata.tracer
    assert info is not None and info.account is not None
    assert info.account.quantity == pytest.approx(float(found.account.quantity), rel=1e-4)
    traced = trace_nodes(
        PROMPT,
        model=nodes.frozen.model,
        target=" w9",
        settings=tracer.TraceSettings(node_threshold=0.4),
    )
    assert_same_graph(nodes.prune(node_threshold=0.4), traced.prune())
    with pytest.raises(TracerError, match="max_nodes and max_links do"):
        found.prune(node_threshold=0.4)
    with pytest.raises(TracerError, match="no such limit: max_nodes"):
        found.prune(max_nodes=0)


def test_a_trace_is_saved_and_read_again(
    found: AccountGraph, nodes: NodeGraph, tmp_path: Path, small: tracer.Model
) -> None:
    for one in (found, nodes):
        file = tmp_path / "one.safetensors"
        one.save(file)
        again = tracer.load_attribution(file, model=small)
        assert type(again) is type(one)
        assert again.prune().to_json() == one.prune().to_json()
        assert again.notices == one.notices
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(TracerError, match="this is no saved attribution"):
        tracer.load_attribution(file, model=small)
    with pytest.raises(TracerError, match="there is no such file"):
        tracer.load_attribution(tmp_path / "none", model=small)


def test_a_trace_of_another_model_is_not_read(
    found: AccountGraph, tmp_path: Path, small: tracer.Model
) -> None:
    found.save(tmp_path / "one.safetensors")
    folder = save_tiny_model(tmp_path / "other", "gpt2")
    other = tracer.load_model(str(folder), device="cpu")
    with pytest.raises(TracerError, match="this was traced on"):
        tracer.load_attribution(tmp_path / "one.safetensors", model=other)


def test_adjacency_adds_up_and_names_its_nodes(found: AccountGraph, nodes: NodeGraph) -> None:
    matrix, ids = found.adjacency()
    assert matrix.shape == (len(ids), len(ids))
    assert matrix[-1].sum() == pytest.approx(float(found.account.quantity), rel=1e-5)
    graph = found.prune()
    assert set(graph.node_ids) >= set(ids)
    place = {one: at for at, one in enumerate(ids)}
    for link in graph.links[:50]:
        weight = matrix[place[link.target], place[link.source]]
        assert weight == pytest.approx(link.weight, rel=1e-4, abs=1e-6)
    matrix, ids = nodes.adjacency()
    pruned = nodes.prune()
    place = {one: at for at, one in enumerate(ids)}
    drawn = [one for one in pruned.links if one.source in place]
    assert drawn
    for link in drawn[:50]:
        weight = matrix[place[link.target], place[link.source]]
        assert weight == pytest.approx(link.weight, rel=1e-4, abs=1e-6)


def test_a_graph_is_saved_with_what_lies_beside_it(found: AccountGraph, tmp_path: Path) -> None:
    graph = found.prune(slug="tiny")
    graph.save(tmp_path / "1.json")
    assert (tmp_path / "1.flows.bin").exists()
    again = tracer.Graph.load(tmp_path / "1.json")
    assert again.parts.flows is not None and again.parts.pushes is not None
    assert again == tracer.Graph.model_validate_json(graph.to_json())  # whatever lies beside it


def test_a_graph_becomes_a_graph_of_networkx(found: AccountGraph) -> None:
    graph = found.prune()
    other = graph.to_networkx()
    assert set(other.nodes) == set(graph.node_ids)
    link = graph.links[0]
    assert other.edges[link.source, link.target]["weight"] == link.weight


@pytest.mark.parametrize("call", ["to_pandas", "to_networkx"])
def test_what_is_not_installed_is_told_in_one_line(
    found: AccountGraph, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(TracerError, match=r"is not installed; run `pip install \w+`"):
        getattr(found.prune(), call)()
    with pytest.raises(TracerError, match="scipy is not installed"):
        found.adjacency(sparse=True)


def test_many_prompts_one_after_the_other(small: tracer.Model) -> None:
    seen: list[tuple[int, int]] = []
    asked = [PROMPT, {"prompt": "w3 w4 w5", "target": " w7"}]

    def tell(done: int, total: int, _: str) -> None:
        seen.append((done, total))

    first, second = tracer.trace_many(asked, model=small, progress=tell, target=" w9")
    assert first.targets.question.target == " w9"
    assert second.targets.question.target == " w7"
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_questions_are_read_before_the_first_is_traced(small: tracer.Model) -> None:
    with pytest.raises(TracerError) as caught:
        tracer.trace_many([PROMPT, "", {"prompt": PROMPT, "target": "w9 w9"}], model=small)
    told = str(caught.value).splitlines()
    assert [line[:11] for line in told] == ["prompt 2 of", "prompt 3 of"]


def test_a_model_may_be_named(
    small: tracer.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(save_tiny_model(tmp_path / "named"))
    found = tracer.trace(PROMPT, model=folder, target=" w9")
    again = tracer.trace(PROMPT, model=folder, target=" w8")
    assert found.frozen.model is again.frozen.model


def test_what_is_shown_is_a_picture_and_a_page_of_its_own(found: AccountGraph) -> None:
    for one in (found, found.prune()):
        assert "data:image/svg+xml;base64," in (one._repr_html_() or "")
    then = tracer.steer(found.frozen.model, "neurons", PROMPT, tracer.Ablate(NODE), generate=1)
    assert "<table>" in (then._repr_html_() or "")
    page = found.show(height=700)
    text = page._repr_html_()
    assert text.startswith("<iframe srcdoc=") and 'height="700"' in text
    assert "allow-same-origin" not in text  # it can neither read the notebook nor write to it
    assert not re.findall(r'(?:src|href)="(?!data:|#|\?)[^"]*"', page.html)


@pytest.mark.slow
@pytest.mark.model
def test_the_example_of_the_documentation_runs_in_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat
    from nbclient import NotebookClient

    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shown = ["found", "graph", "then", "graph.show()", "graph.to_pandas()[0]"]
    sparse = "assert found.adjacency(sparse=True).matrix.nnz > 0"
    cells = [nbformat.v4.new_code_cell(one) for one in (*blocks, *shown, sparse)]
    book = nbformat.v4.new_notebook(cells=cells)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(book, timeout=600, kernel_name="python3", resources=place).execute()
    for cell in book.cells[len(blocks) : -1]:
        assert cell.outputs[0]["data"]["text/html"], cell.source
    assert (tmp_path / "colosseum.html").stat().st_size > 100_000
