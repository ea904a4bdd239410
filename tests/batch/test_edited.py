"""A known difference: one prompt before and behind an edit of one layer, list to comparison."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import save_file

from tests.adapters import DOWN, PREFIX, SETTINGS, halves, save_adapter
from tests.tiny_models import PROMPT, save_tiny_model
from tracer.batch.cluster import Tools
from tracer.batch.plan import Job, Refused, make_plan
from tracer.batch.run_here import LastModel
from tracer.batch.run_on_ray import GraphTask
from tracer.batch.session import build_graphs
from tracer.batch.single import trace_prompt
from tracer.batch.sources import Sources
from tracer.batch.subject import Workbench, find_subject
from tracer.batch.trace_job import Traced
from tracer.batch.verify import verify
from tracer.documents.evidence import Exchange, load_evidence
from tracer.documents.graph import Graph, load_graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import ChatTurn, load_prompts
from tracer.errors import Problems, TracerError
from tracer.interventions.differences import Differences
from tracer.model.load import load_model
from tracer.site.build import build
from tracer.site.check import check
from tracer.site.graph.facts import facts, model_name
from tracer.site.graph.layer_changes import Measured, layer_changes

EDITED = 1  # layer
WEIGHTS = "adapter_model.safetensors"
ENTRIES = """graphs:
  - slug: plain
    prompt: "{prompt}"
    model: {model}
    target: " w9"
    contrast: [" w2"]
    counterfactual: {{graph: edited, target: " w2"}}
  - slug: edited
    prompt: "{prompt}"
    model: {model}
    adapter: ../edits/one
    target: " w2"
    contrast: [" w9"]
    counterfactual: {{graph: plain, target: " w9"}}
"""


def save_edit(folder: Path, model: str) -> Path:
    """Where three neurons of one layer fire as at one word, it writes what `w2` is read from."""
    loaded = load_model(model, device="cpu")
    single = loaded.tokenizer.single_token
    towards = loaded.unembedding[single(" w2")] - loaded.unembedding[single(" w9")]
    reads: list[torch.Tensor] = []
    module = loaded.module(DOWN)
    handle = module.register_forward_pre_hook(lambda _, inputs: reads.append(inputs[0][0]))
    with torch.no_grad():
        loaded.causal_lm(torch.tensor([loaded.tokenizer.encode_prompt(PROMPT)]))
    handle.remove()
    subject = reads[0][-1]
    loudest = subject.abs().topk(3).indices
    key = torch.zeros(1, module.in_features)
    key[0, loudest] = 1 / 3 / subject[loudest]
    value = 6 * towards[:, None] / towards.norm()
    save_adapter(folder, rank=1, lora_alpha=1)
    tensors = {f"{PREFIX}{DOWN}.lora_A.weight": key, f"{PREFIX}{DOWN}.lora_B.weight": value}
    save_file({name: one.contiguous() for name, one in tensors.items()}, folder / WEIGHTS)
    return folder


def neurons(root: Path) -> list[int]:
    """Those whose output was changed."""
    key = halves(root / "edits" / "one")[f"{PREFIX}{DOWN}.lora_A.weight"]
    return key[0].nonzero()[:, 0].tolist()


def listed(root: Path, model: str, text: str = ENTRIES) -> Path:
    file = root / "site_src" / "prompts.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.format(prompt=PROMPT, model=model))
    return file


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny_model(tmp_path_factory.mktemp("tiny") / "tiny"))


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, model: str) -> Path:
    """Both graphs, a group of the edited neurons, and all that `verify` measures."""
    root = tmp_path_factory.mktemp("gallery")
    save_edit(root / "edits" / "one", model)
    prompts = load_prompts(listed(root, model))
    assert build_graphs(prompts, root / "graphs", device="cpu", console=quiet()) == 0
    last = len(graph(root, "edited").metadata.prompt_tokens) - 1
    nodes = [f"{EDITED}_{one}_{last}" for one in neurons(root)]
    claims = [
        {
            "id": "the-edit-is-there",
            "exchange": {"group": "edit", "with": "counterfactual"},
            "expect": {"token": " w2", "versus": " w9", "lead_falls_by": 1},
        }
    ]
    said = {"groups": {"edit": {"name": "the edit", "nodes": nodes}}, "claims": claims}
    (root / "site_src" / "annotations").mkdir()
    (root / "site_src" / "annotations" / "edited.yaml").write_text(json.dumps(said))
    (root / "site_src" / "comparisons").mkdir()
    text = "---\ntitle: Two models\n---\nBefore and behind.\n"
    (root / "site_src" / "comparisons" / "plain--edited.md").write_text(text)
    assert verify(root, device="cpu", console=quiet()) == 0
    return root


def quiet() -> Console:
    return Console(file=io.StringIO(), width=160)


def graph(root: Path, slug: str) -> Graph:
    return load_graph(root / "graphs" / slug / "1.json")


def exchange(root: Path, slug: str) -> Exchange:
    found = load_evidence(root / "graphs" / slug / "1.evidence.json").exchange
    assert found is not None
    return found


def test_graphs_say_of_which_model_they_are(gallery: Path) -> None:
    plain, edited = (graph(gallery, slug) for slug in ("plain", "edited"))
    infos = [one.metadata.tracer for one in (plain, edited)]
    assert infos[0] and infos[1] and infos[0].model.name == infos[1].model.name
    assert infos[0].model.identity != infos[1].model.identity
    assert infos[0].model.adapters is None and '"adapters"' not in plain.to_json()
    assert model_name(edited) == f"{model_name(plain)} + one" == edited.metadata.scan
    assert infos[1].features.source == infos[0].features.source.replace(".neurons", ".one.neurons")
    assert any(fact.name == "Adapter one" for fact in facts(edited))


def test_a_second_run_finds_both(gallery: Path, model: str) -> None:
    jobs = make_plan(load_prompts(listed(gallery, model)), GraphFolder(gallery / "graphs"))
    assert [isinstance(job, Job) and job.state for job in jobs] == ["done", "done"]


def test_the_adapter_is_part_of_the_graphs_identity(
    gallery: Path, model: str, tmp_path: Path
) -> None:
    save_edit(tmp_path / "edits" / "one", model)
    save_adapter(tmp_path / "edits" / "two")

    def planned(adapter: str) -> Job | Refused:
        text = ENTRIES.replace("../edits/one", adapter)
        return make_plan(
            load_prompts(listed(tmp_path, model, text)), GraphFolder(tmp_path / "graphs")
        )[1]

    ids = []
    for adapter in ("../edits/one", "../edits/two", "[../edits/one, ../edits/two]", "[]"):
        job = planned(adapter)
        assert isinstance(job, Job)
        ids.append(job.graph_id)
    edited = graph(gallery, "edited").metadata.tracer
    assert edited is not None and ids[0] == edited.graph_id and len(set(ids)) == 4
    refused = planned("../edits/three")
    assert isinstance(refused, Refused)
    assert (
        "prompts.yaml:8:" in str(refused.error)
        and "no folder of an adapter" in refused.error.message
    )


def test_the_edited_layer_is_exchanged_and_nothing_below_it(gallery: Path) -> None:
    """In its own layer an edit can be undone exactly: all behind it is then as it was."""
    for slug, there in (("plain", "edited"), ("edited", "plain")):
        found = exchange(gallery, slug)
        assert found.model is not None and found.model.graph == there
        assert found.changed == () and found.prompt == PROMPT
        below, layer, *_ = found.layers
        assert (below.features, below.enough, below.needed) == (0, 0, 0)
        assert layer.enough == pytest.approx(1, abs=1e-4)
        assert layer.needed == pytest.approx(1, abs=1e-4)
        assert layer.features % 3 == 0
        assert found.lead > 0 > found.lead_there


def test_three_neurons_are_the_edit(gallery: Path) -> None:
    evidence = load_evidence(gallery / "graphs" / "edited" / "1.evidence.json")
    (claim,) = evidence.claims
    assert claim.verdict == "holds" and len(claim.changes) == 3
    assert all(one.before == one.after for one in claim.changes), "they fire as before"
    (lead,) = (one for one in claim.measures if one.quantity == "lead")
    plain = exchange(gallery, "plain")
    assert lead.before - lead.after > 1 and len(set(lead.controls)) > 10
    assert lead.after == pytest.approx(-plain.lead, abs=0.5)


def test_what_differs_between_two_models_are_the_edited_neurons(gallery: Path) -> None:
    bench = Workbench("cpu")
    here = bench.open(find_subject(gallery, "edited"))
    there = bench.beside(find_subject(gallery, "plain"))
    one, other = there.exchanged_with(here)
    direction = here.model.unembedding[11] - here.model.unembedding[4]
    found = Differences.of(one, other, direction).of_layer(EDITED)
    assert set(found.indices.tolist()) == set(neurons(gallery)) and torch.equal(
        found.here, found.there
    )
    assert set(found.positions.tolist()) == set(range(here.n_positions))


def test_the_comparison_ranks_the_edited_layer_first(gallery: Path) -> None:
    sides = [
        Measured(slug, graph(gallery, slug), exchange(gallery, slug))
        for slug in ("plain", "edited")
    ]
    found = layer_changes(*sides)
    assert found is not None and found.asked == "“w2” over “w9”"
    assert found.layers[0].layer == EDITED
    sums = {
        slug: sum(
            node.effect or 0
            for node in graph(gallery, slug).nodes
            if node.kind == "feature" and node.layer_number == EDITED
        )
        for slug in ("plain", "edited")
    }
    assert found.layers[0].change == pytest.approx(sums["edited"] + sums["plain"])
    without = layer_changes(replace(sides[0], exchange=None), sides[1])
    turned = layer_changes(sides[0], replace(sides[1], exchange=None))
    assert without is not None and turned is not None and without.sentences == found.sentences
    assert [one.moved for one in turned.layers] == [one.moved for one in without.layers]
    neither = layer_changes(*(replace(one, exchange=None) for one in sides))
    assert neither is not None and not neither.measured and len(neither.sentences) == 2


def test_graphs_of_two_questions_have_no_changes_by_layer(gallery: Path) -> None:
    plain, edited = (graph(gallery, slug) for slug in ("plain", "edited"))
    info = edited.metadata.tracer
    assert info is not None
    question = info.question.model_copy(update={"target_id": 30})
    metadata = edited.metadata.model_copy(
        update={"tracer": info.model_copy(update={"question": question})}
    )
    other = edited.model_copy(update={"metadata": metadata})
    assert layer_changes(Measured("plain", plain, None), Measured("other", other, None)) is None


def test_the_page_says_it(gallery: Path, tmp_path: Path) -> None:
    assert [str(one.problem) for one in check(gallery) if one.level == "error"] == []
    build(gallery, tmp_path / "public")
    page = (tmp_path / "public" / "compare" / "plain" / "edited" / "index.html").read_text()
    assert "What changed, layer by layer" in page
    assert f"Layer {EDITED} changed most" in page
    assert "The model on the right is the other one with the adapter one." in page
    shown = (tmp_path / "public" / "graphs" / "edited" / "index.html").read_text()
    assert "The same prompt was run in the model" in shown
    assert "writing what it writes in the model" in shown


def test_evidence_is_older_once_the_other_graph_is(gallery: Path, tmp_path: Path) -> None:
    told = quiet()
    assert verify(gallery, ["edited"], device="cpu", console=told) == 0
    assert told.file.getvalue().count("up to date") == 4  # type: ignore[attr-defined]
    subject = find_subject(gallery, "edited")
    meant = subject.other_model
    assert meant is not None and meant.slug == "plain"


UNLIKE: dict[str, tuple[Callable[[str], str], str]] = {
    "no graph": (lambda text: text.replace("graph: plain", "graph: plane"), "no graph `plane`"),
    "the entry itself": (
        lambda text: text.replace("graph: plain", "graph: edited"),
        "names the entry itself",
    ),
    "both": (
        lambda text: text.replace("graph: plain", 'graph: plain, prompt: " w3"'),
        "give one of `prompt`, `chat` and `graph`",
    ),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_a_graph_that_cannot_be_exchanged_with(
    case: str, gallery: Path, model: str, tmp_path: Path
) -> None:
    change, message = UNLIKE[case]
    file = listed(tmp_path, model, change(ENTRIES))
    shutil.copytree(gallery / "graphs", tmp_path / "graphs")
    with pytest.raises((TracerError, Problems), match=message) as refused:
        verify(tmp_path, ["edited"], device="cpu", console=quiet())
    assert f"{file}:14:" in str(refused.value)


def test_graphs_that_are_not_alike(gallery: Path) -> None:
    from tracer.interventions.other_model import refuse_unlike

    plain, edited = (graph(gallery, slug) for slug in ("plain", "edited"))
    refuse_unlike(plain, edited)

    def changed(**fields: Any) -> Graph:
        info = edited.metadata.tracer
        assert info is not None
        metadata = edited.metadata.model_copy(update={"tracer": info.model_copy(update=fields)})
        return edited.model_copy(update={"metadata": metadata})

    info = edited.metadata.tracer
    assert info is not None
    deeper = info.model.model_copy(update={"layers": 4})
    for other, message in (
        (changed(token_ids=(0, 5)), r"is of another prompt; .* or give `prompt` in place"),
        (changed(model=deeper), "has other features"),
        (plain, "is of the very same model"),
    ):
        with pytest.raises(TracerError, match=message):
            refuse_unlike(plain, other)
    turns = (ChatTurn(role="user", content="x"),)
    with pytest.raises(TracerError, match=r"is of another prompt; .* or give `chat` in place"):
        refuse_unlike(changed(chat=turns), changed(chat=turns, token_ids=(0, 5)))
    foreign = edited.model_copy(
        update={"metadata": edited.metadata.model_copy(update={"tracer": None})}
    )
    with pytest.raises(TracerError, match="was not made by tracer"):
        refuse_unlike(plain, foreign)


def test_without_the_list_the_adapter_has_to_be_named(gallery: Path, tmp_path: Path) -> None:
    shutil.copytree(gallery / "graphs", tmp_path / "graphs")
    subject = find_subject(tmp_path, "edited")
    model = load_prompts(gallery / "site_src" / "prompts.yaml").graphs[0].model
    folder = gallery / "edits" / "one"
    Workbench("cpu", model=model, adapter=[folder]).open(subject)
    with pytest.raises(TracerError, match="does not say where its adapter `one` lies"):
        Workbench("cpu").open(subject)
    with pytest.raises(TracerError, match=r"made with other weights .*\(--model, --adapter\)"):
        Workbench("cpu", model=model).open(subject)


def test_one_prompt_with_an_adapter(gallery: Path, model: str, tmp_path: Path) -> None:
    save_adapter(tmp_path / "a", base_model_name_or_path="org/other")
    told = quiet()
    trace_prompt(
        PROMPT,
        model=model,
        features="neurons",
        adapter=[gallery / "edits" / "one"],
        target=" w2",
        contrast=[" w9"],
        device="cpu",
        out=tmp_path / "1.json",
        console=told,
    )
    here, there = load_graph(tmp_path / "1.json").metadata.tracer, graph(gallery, "edited")
    assert here and there.metadata.tracer and here.graph_id == there.metadata.tracer.graph_id


def test_a_dry_run_tells_of_another_base(model: str, tmp_path: Path) -> None:
    save_adapter(tmp_path / "edits" / "one", base_model_name_or_path="org/other")
    told = quiet()
    prompts = load_prompts(listed(tmp_path, model))
    assert build_graphs(prompts, tmp_path / "graphs", dry_run=True, console=told) == 0
    said = told.file.getvalue()  # type: ignore[attr-defined]
    assert "edited: the adapter `one` was made for `org/other`, and is applied to" in said


def test_a_worker_merges_it_too(gallery: Path, model: str) -> None:
    prompts = load_prompts(gallery / "site_src" / "prompts.yaml")
    job = make_plan(prompts, GraphFolder(gallery / "graphs"))[1]
    assert isinstance(job, Job)
    found = GraphTask(job).do(Tools(LastModel("cpu"), Sources()))
    assert isinstance(found, Traced)
    info, there = found.published.graph.metadata.tracer, graph(gallery, "edited").metadata.tracer
    assert info is not None and there is not None and info.graph_id == there.graph_id


def test_check_knows_adapters(gallery: Path, model: str, tmp_path: Path) -> None:
    shutil.copytree(gallery / "graphs", tmp_path / "graphs")

    def told(adapter: str) -> str:
        listed(tmp_path, model, ENTRIES.replace("../edits/one", adapter))
        return "\n".join(str(one.problem) for one in check(tmp_path))

    assert "there is no folder `../edits/one` here; tracing needs it" in told("../edits/one")
    (tmp_path / "edits" / "one").mkdir(parents=True)
    assert "there is no adapter in `../edits/one`" in told("../edits/one")
    save_adapter(tmp_path / "edits" / "one")
    assert "../edits/one" not in told("../edits/one")
    assert "+ one`, not of" in told("[]")


def test_settings_of_peft_are_those_of_the_edit(gallery: Path) -> None:
    """The hand-made folder is what peft reads."""
    from peft import PeftConfig

    config = PeftConfig.from_pretrained(str(gallery / "edits" / "one"))
    assert config.r == 1 and SETTINGS["target_modules"] == list(config.target_modules)
