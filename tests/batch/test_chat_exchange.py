"""A chat and its counterfactual, from the prompt list to the page that tells both questions."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file, save_file

from tests.tiny_models import save_chatty_model
from tracer.batch.plan import Refused, make_plan
from tracer.batch.session import build_graphs
from tracer.batch.verify import verify
from tracer.documents.evidence import Evidence, load_evidence
from tracer.documents.graph import load_graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import ChatTurn, load_prompts
from tracer.errors import TracerError
from tracer.model.load import load_model
from tracer.site.build import build
from tracer.site.check import check

ASKED, OTHER, THIRD = " w3 w17 w5 w41 w8", " w3 w17 w9 w41 w8", " w3 w17 w11 w41 w8"
BEFORE = "{role: system, content: ' w20'}, "


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chatty_model(tmp_path_factory.mktemp("tiny") / "chatty")


@pytest.fixture(scope="module")
def answers(model: Path) -> tuple[int, int]:
    """The tokens that lose and gain most from one chat to the other."""
    loaded = load_model(str(model), device="cpu")
    logits = []
    for said in (ASKED, OTHER):
        turns = [ChatTurn(role="system", content=" w20"), ChatTurn(role="user", content=said)]
        with torch.no_grad():
            ids = torch.tensor([loaded.tokenizer.encode_chat(turns)])
            logits.append(loaded.causal_lm(ids).logits[0, -1])
    moved = logits[0] - logits[1]
    return int(moved.argmax()), int(moved.argmin())


def listed(
    root: Path, model: Path, answers: tuple[int, int], other: str = OTHER, more: str = ""
) -> Path:
    file = root / "site_src" / "prompts.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    here, there = answers
    file.write_text(
        f"""defaults: {{model: '{model}'}}
graphs:
  - slug: tiny
    chat: [{BEFORE}{{role: user, content: '{ASKED}'}}]
    target: {{id: {here}}}
    counterfactual: {{chat: [{BEFORE}{{role: user, content: '{other}'}}], target: {{id: {there}}}}}
{more}""",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def root(tmp_path: Path, model: Path, answers: tuple[int, int]) -> Path:
    """Traced from the list, with a group and a claim about its exchange."""
    prompts = load_prompts(listed(tmp_path, model, answers))
    assert build_graphs(prompts, tmp_path / "graphs", device="cpu", console=quiet()) == 0
    graph = load_graph(tmp_path / "graphs" / "tiny" / "1.json")
    features = [one for one in graph.nodes if one.kind == "feature"]
    nodes = sorted(features, key=lambda one: -(one.effect or 0))[:8]
    token = load_model(str(model), device="cpu").tokenizer.text(answers[0])
    said = {
        "groups": {"strong": {"name": "strong", "nodes": [one.node_id for one in nodes]}},
        "claims": [
            {
                "id": "exchanged",
                "exchange": {"group": "strong", "with": "counterfactual"},
                "expect": {"token": token, "p_falls_by": 0.0001},
                "holds": False,
            }
        ],
    }
    folder = tmp_path / "site_src" / "annotations"
    folder.mkdir()
    (folder / "tiny.yaml").write_text(json.dumps(said), encoding="utf-8")
    return tmp_path


def quiet() -> Console:
    return Console(file=io.StringIO(), width=160)


def problems(root: Path) -> list[str]:
    return [str(one.problem) for one in check(root)]


def measured(root: Path, curve: bool = False) -> Evidence:
    told = io.StringIO()
    console = Console(file=told, width=160)
    assert verify(root, ["tiny"], device="cpu", curve=curve, console=console) == 0, told.getvalue()
    return load_evidence(root / "graphs" / "tiny" / "1.evidence.json")


def test_values_go_from_chat_to_chat_and_the_page_tells_both_questions(
    root: Path, model: Path, answers: tuple[int, int], tmp_path: Path
) -> None:
    assert any("have not been exchanged" in one for one in problems(root))
    evidence = measured(root, curve=True)
    found, curve = evidence.exchange, evidence.curve
    assert found is not None and curve is not None
    assert [(one.role, one.content) for one in found.chat] == [("system", " w20"), ("user", OTHER)]
    assert found.prompt == curve.prompt == f"<s> w50 w20 w51 w50{OTHER} w51 w52"
    assert found.chat == curve.chat and found.changed == (7,) == changed_words(root)
    assert (found.lead > found.lead_there) and found.curve[-1].enough > found.curve[0].enough > 0
    assert found.curve[-1].needed > 0 and found.circuit_exchanged is not None
    (claim,) = evidence.claims
    assert any(one.before != one.after for one in claim.changes)
    told = problems(root)
    assert not any("exchanged" in one or "tested" in one for one in told)

    site = tmp_path / "public"
    build(root, site, processes=1)
    page = re.sub(r"<[^>]+>", "", (site / "graphs" / "tiny" / "index.html").read_text("utf-8"))
    part = page[page.index("Is it enough, and is it needed?") :]
    assert f"A second chat, which ends “{OTHER}”, is as long and differs at “w5”." in part
    assert f"differ from the run of the chat that ends “{OTHER}”." in part
    assert ASKED in page and " w50 w20 w51 w50 w3 w17 w9" not in page


def changed_words(root: Path) -> tuple[int, ...]:
    """Where the two chats' tokens differ, counted from the files."""
    graph = load_graph(root / "graphs" / "tiny" / "1.json")
    words = graph.metadata.prompt_tokens
    other = f" w50 w20 w51 w50{OTHER} w51 w52".replace(" ", "\n ").split("\n")[1:]
    return tuple(at for at, one in enumerate(words[1:], 1) if one != other[at - 1])


def test_another_chat_makes_what_was_measured_out_of_date(
    root: Path, model: Path, answers: tuple[int, int]
) -> None:
    first = measured(root, curve=True)
    again = measured(root, curve=True)
    assert again == first  # up to date
    listed(root, model, answers, THIRD)
    told = problems(root)
    assert any("have not been exchanged" in one for one in told)
    assert any("`exchanged` has changed since it was tested" in one for one in told)
    found = measured(root)
    assert found.exchange is not None and found.exchange.chat[-1].content == THIRD
    assert found.curve is None and found.claims[0].claim != first.claims[0].claim


def test_a_graph_off_the_list_keeps_the_chat_of_its_evidence(root: Path) -> None:
    measured(root)
    file = root / "site_src" / "prompts.yaml"
    file.write_text("graphs: []\n", encoding="utf-8")
    assert not any("tested" in one or "counterfactual" in one for one in problems(root))


def test_what_does_not_fit_is_told_with_its_place(
    root: Path, model: Path, answers: tuple[int, int]
) -> None:
    file = listed(root, model, answers, f"{OTHER} w4")
    (job,) = make_plan(load_prompts(file), GraphFolder(root / "graphs"))
    assert isinstance(job, Refused)
    line = file.read_text(encoding="utf-8").splitlines()[5]
    place = f"{file}:6:{line.index('[') + 1}: "
    assert str(job.error).startswith(f"{place}the counterfactual's chat is 13 tokens long, the")


def test_a_chat_without_one_is_told_how_to_give_one(
    root: Path, model: Path, answers: tuple[int, int]
) -> None:
    file = listed(root, model, answers)
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(lines[:5]) + "\n", encoding="utf-8")
    with pytest.raises(TracerError, match=r"counterfactual: \{chat: …, target: …\}"):
        verify(root, ["tiny"], device="cpu", curve=True, console=quiet())
    (root / "site_src" / "annotations" / "tiny.yaml").unlink()
    with pytest.raises(TracerError, match=r"counterfactual: \{chat: …, target: …\}"):
        verify(root, ["tiny"], device="cpu", curve=True, console=quiet())


def test_another_models_graph_may_stand_against_a_chat_too(
    root: Path, model: Path, answers: tuple[int, int], tmp_path: Path
) -> None:
    edited = tmp_path / "edited"
    shutil.copytree(model, edited)
    weights = load_file(edited / "model.safetensors")
    head = weights["lm_head.weight"]
    head[list(answers)] = head[list(answers[::-1])]  # whatever leads here is as far behind there
    save_file(weights, edited / "model.safetensors", metadata={"format": "pt"})
    here, there = answers
    chat = f"[{BEFORE}{{role: user, content: '{ASKED}'}}]"
    file = root / "site_src" / "prompts.yaml"
    file.write_text(
        f"""defaults: {{model: '{model}'}}
graphs:
  - {{slug: tiny, chat: {chat}, target: {{id: {here}}},
     counterfactual: {{graph: edited, target: {{id: {there}}}}}}}
  - {{slug: edited, model: '{edited}', chat: {chat}, target: {{id: {there}}}}}
""",
        encoding="utf-8",
    )
    prompts = load_prompts(file)
    assert build_graphs(prompts, root / "graphs", device="cpu", console=quiet()) == 0
    found = measured(root).exchange
    assert found is not None and found.model is not None and found.model.graph == "edited"
    assert (
        found.chat == () and found.changed == () and found.lead == pytest.approx(-found.lead_there)
    )
    text = (root / "graphs" / "tiny" / "1.evidence.json").read_text(encoding="utf-8")
    assert '"chat' not in text
