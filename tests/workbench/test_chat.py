"""A chat on the workbench: its counterfactual is another last turn, typed, kept and opened."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.tiny_models import save_chatty_model
from tests.workbench.loops import run
from tracer.batch.plan import Job, make_plan
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import ChatTurn, load_prompts
from tracer.workbench.asked import Asked, Keeping, OfGraph, Poke, Poking
from tracer.workbench.opened import Opened
from tracer.workbench.workbench import Workbench

EARLIER = ChatTurn(role="system", content=" w20")
HERE, THERE = " w3 w17 w5 w41 w8", " w3 w17 w5 w40 w8"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chatty_model(tmp_path_factory.mktemp("tiny") / "chatty")


@pytest.fixture(scope="module")
def asked(tiny: Path) -> Asked:
    chat = (EARLIER, ChatTurn(role="user", content=HERE))
    return Asked(chat=chat, target=" w9", counterfactual=THERE, model=str(tiny))


def test_another_last_turn_stands_under_the_chat(bench: Workbench, asked: Asked) -> None:
    found = run(bench.read(asked))
    texts = [one["text"] for one in found["other"]["tokens"]]
    assert "".join(texts) == f"<s> w50 w20 w51 w50{THERE} w51 w52"
    assert found["other"]["differ"] == [8] and not found["other"]["told"]
    short = asked.model_copy(update={"counterfactual": " w1"})
    assert "8 tokens, the prompt has 12" in run(bench.read(short))["other"]["told"]


def test_what_is_kept_is_read_planned_and_opened_again(
    bench: Workbench, asked: Asked, gallery: Path
) -> None:
    session = run(bench.trace(asked))
    node = next(
        one.node_id
        for one in bench.desk.graph(session.id).nodes
        if one.kind == "feature" and one.ctx_idx > 7
    )
    exchanged = Poke(kind="exchange", name="it", nodes=(node,))
    assert run(bench.poke(Poking(session=session.id, pokes=(exchanged,))))["set"] == 1
    run(bench.keep(Keeping(session=session.id, slug="kept")))
    file = gallery / "site_src" / "prompts.yaml"
    prompts = load_prompts(file)
    entry = prompts.entry("kept")
    assert entry is not None and entry.counterfactual is not None
    assert entry.counterfactual.chat == (EARLIER, ChatTurn(role="user", content=THERE))
    (job,) = make_plan(prompts, GraphFolder(gallery / "graphs"), only=["kept"])
    assert isinstance(job, Job) and job.state == "done"  # `build-graphs` has nothing to do
    opened = run(bench.open(OfGraph(slug="kept")))
    assert opened.id == session.id and opened.asked.counterfactual == THERE
    # What its field cannot hold stays out of it: earlier turns that are others too.
    text = file.read_text(encoding="utf-8")
    at = text.rindex(" w20")
    file.write_text(text[:at] + " w21" + text[at + 4 :], encoding="utf-8")
    assert Opened.of(gallery, "kept", load_prompts(file)).asked.counterfactual == ""


def test_a_chat_of_another_day_is_kept_and_opened_on_that_day(
    bench: Workbench, asked: Asked, gallery: Path
) -> None:
    dated = asked.model_copy(update={"chat_date": date(2026, 1, 7)})
    found = run(bench.read(dated))
    for texts in (found["tokens"], found["other"]["tokens"]):
        assert [one["text"] for one in texts][:3] == ["<s>", " w7", " w50"]
    session = run(bench.trace(dated))
    run(bench.keep(Keeping(session=session.id, slug="dated")))
    prompts = load_prompts(gallery / "site_src" / "prompts.yaml")
    (job,) = make_plan(prompts, GraphFolder(gallery / "graphs"), only=["dated"])
    assert isinstance(job, Job) and job.state == "done"
    opened = run(bench.open(OfGraph(slug="dated"))).asked
    assert opened.chat_date == dated.chat_date
    assert run(bench.read(opened))["tokens"] == found["tokens"]
