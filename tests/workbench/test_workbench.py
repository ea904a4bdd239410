"""From a prompt to a graph, a poke, a claim, and files in the gallery."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import torch

import tracer
from tests.tiny_models import PROMPT
from tests.workbench.loops import run
from tracer.batch.plan import Job, make_plan
from tracer.documents.annotations import load_annotations
from tracer.documents.claims import Claim
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import load_prompts
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.workbench.app import ANSWERS
from tracer.workbench.asked import (
    Asked,
    Head,
    Keeping,
    Named,
    OfGraph,
    OfSession,
    Poke,
    Poking,
    Work,
)
from tracer.workbench.claiming import propose
from tracer.workbench.desk import Session
from tracer.workbench.workbench import Workbench

OTHER = PROMPT.replace("w41", "w40")


def strongest(graph: Graph) -> str:
    nodes = [one for one in graph.nodes if one.kind == "feature" and one.ctx_idx > 0]
    return max(nodes, key=lambda one: one.effect or 0.0).node_id


def poke(kind: Any, *nodes: str, value: float = 0.0, **more: Any) -> Poke:
    return Poke(kind=kind, name="it", nodes=nodes, value=value, **more)


def page_of(bench: Workbench, session: Session) -> bytes:
    page = bench.desk.page(f"graphs/{session.id}/index.html")
    assert page is not None
    return page


def test_whatever_the_page_may_ask_is_there() -> None:
    assert all(callable(getattr(Workbench, name, None)) for name in ANSWERS)


def test_typing_shows_tokens_words_and_the_counterfactual(bench: Workbench, asked: Asked) -> None:
    given = asked.model_copy(update={"counterfactual": OTHER})
    found = run(bench.read(given))
    assert [one["text"] for one in found["tokens"]][:2] == ["<s>", " w3"]
    assert len(found["words"]) == 12
    assert found["words"][0]["probability"] >= found["words"][1]["probability"]
    assert found["other"]["differ"] == [4] and not found["other"]["told"]
    short = asked.model_copy(update={"counterfactual": " w1"})
    assert "2 tokens, the prompt has 8" in run(bench.read(short))["other"]["told"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"prompt": ""}, "the prompt is empty"),
        ({"prompt": " w1" * 100}, "tokens long, more than the 64"),
        ({"model": "no-such-model"}, "there is no model `no-such-model` here"),
        ({"model": "org/name"}, "agree below that it is fetched"),
        ({"model": "/etc"}, "folders go on the gallery's list"),
        ({"model": "../../x"}, "folders go on the gallery's list"),
        ({"features": "hf:org/repo"}, "is not on this gallery's list"),
        ({"target": "w9 w9"}, "not one"),
    ],
)
def test_what_cannot_be_had_is_one_line(
    bench: Workbench, asked: Asked, change: dict[str, Any], told: str
) -> None:
    given = asked.model_copy(update=change)
    with pytest.raises(TracerError) as caught:
        run(bench.trace(given) if {"features", "target"} & set(change) else bench.read(given))
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_not_even_the_default_model_is_fetched_unasked(
    bench: Workbench, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracer.workbench.bench.cached_models", list)
    default = asked.model_copy(update={"model": Asked().model})
    with pytest.raises(TracerError, match="agree below that it is fetched"):
        run(bench.read(default))
    assert default.model in bench.state()["fetched"]
    assert str(asked.model) not in bench.state()["fetched"]  # a folder on the gallery's list


def test_what_the_machine_lacks_is_one_line_and_the_next_prompt_is_read(
    bench: Workbench, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB\nmore")

    def no_network(*_: Any, **__: Any) -> None:
        raise OSError("We couldn't connect to 'https://huggingface.co'\nmore")

    with monkeypatch.context() as patch:
        patch.setattr("tracer.workbench.bench.trace_ask", no_memory)
        with pytest.raises(TracerError, match="the prompt does not fit into this machine's memory"):
            run(bench.trace(asked))
    other = asked.model_copy(update={"model": "org/name", "fetch": True})
    with monkeypatch.context() as patch:
        patch.setattr("tracer.workbench.bench.load_model", no_network)
        with pytest.raises(TracerError) as caught:
            run(bench.read(other))
    assert "couldn't connect" in str(caught.value) and "\n" not in str(caught.value)
    assert run(bench.read(asked))["words"]  # the model that had to make room is read again


def test_a_session_whose_files_went_says_so(bench: Workbench, session: Session) -> None:
    file = bench.desk.folder / "graphs" / session.id / "1.json"
    text = file.read_bytes()
    try:
        file.write_bytes(text[:100])
        with pytest.raises(TracerError) as caught:
            run(bench.poke(Poking(session=session.id)))
        file.unlink()
        with pytest.raises(TracerError):
            run(bench.poke(Poking(session=session.id)))
    finally:
        file.write_bytes(text)
    assert "\n" not in str(caught.value)
    assert run(bench.poke(Poking(session=session.id)))["change"] == 0.0


def test_a_trace_opens_the_page_that_the_gallery_would_have(
    bench: Workbench, session: Session, heard: list[dict[str, Any]], tmp_path: Path
) -> None:
    page = bench.desk.page(f"graphs/{session.id}/index.html")
    assert page is not None and b'id="viewer"' in page and b"data-layout" in page
    phases = [one["phase"] for one in heard if one["kind"] == "progress"]
    assert phases[0] == "forward pass" and "pruning" in phases
    # What silencing found came behind it.
    assert heard.count({"kind": "tried", "session": session.id}) == 2
    graph = bench.desk.graph(session.id)
    info, heads = graph.metadata.tracer, graph.parts.heads
    assert info is not None and info.account is not None and info.account.trial is not None
    assert heads is not None and heads.looks and b'id="heads"' in page_of(bench, session)
    name = page.split(b'data-graph="')[1].split(b'"')[0].decode()
    data = bench.desk.page(f"graphs/{session.id}/{name}")
    assert data is not None and json.loads(data)["format"] == 2


def test_a_poke_is_what_steering_does_and_the_account_predicts_it(
    bench: Workbench, session: Session, asked: Asked, tiny: Path
) -> None:
    graph = bench.desk.graph(session.id)
    node = strongest(graph)
    found = run(bench.poke(Poking(session=session.id, pokes=(poke("ablate", node),))))
    then = tracer.steer(
        tracer.load_model(str(tiny), device="cpu"), "neurons", PROMPT, tracer.Ablate(node)
    )
    assert found["target"]["after"] == pytest.approx(then.probability(" w9")[1], rel=1e-4)
    assert found["change"] == pytest.approx(then.logit_change(" w9", " w2"), rel=1e-3, abs=1e-4)
    effect = next(one.effect for one in graph.nodes if one.node_id == node)
    assert effect is not None
    assert found["predicted"] == pytest.approx(-effect, rel=1e-3)
    half = poke("scale", node, value=0.5)
    predicted = run(bench.poke(Poking(session=session.id, pokes=(half,))))["predicted"]
    assert predicted == pytest.approx(-effect / 2, rel=1e-3)


def test_what_is_switched_off_does_nothing_and_the_later_poke_wins(
    bench: Workbench, session: Session
) -> None:
    node = strongest(bench.desk.graph(session.id))

    def change(*pokes: Poke) -> float:
        found = run(bench.poke(Poking(session=session.id, pokes=pokes)))
        return float(found["change"])

    assert change() == change(poke("ablate", node, on=False)) == 0.0
    whole = poke("scale", node, value=1.0)
    assert change(poke("ablate", node), whole) == pytest.approx(0.0, abs=1e-5)
    assert change(poke("set", node, value=3.0)) != 0.0
    head = Poke(kind="head", name="a head", heads=(Head(layer=1, head=2, key=3),))
    assert change(head) != 0.0
    assert change(head, poke("ablate", node)) not in (change(head), change(poke("ablate", node)))


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (poke("ablate", "9_1_1"), "the model's layers are 0 to 2"),
        (poke("ablate", "1_1_60"), "positions are 1 to 7"),
        (
            Poke(kind="head", name="x", heads=(Head(layer=1, head=9, key=3),)),
            "there is no head 1.9",
        ),
        (poke("exchange", "1_1_1"), "there is no counterfactual"),
    ],
)
def test_a_poke_at_nothing_is_told(
    bench: Workbench, session: Session, what: Poke, told: str
) -> None:
    with pytest.raises(TracerError, match=told):
        run(bench.poke(Poking(session=session.id, pokes=(what,))))


def test_controls_are_told_one_by_one_and_the_continuation_beside(
    bench: Workbench, session: Session, heard: list[dict[str, Any]]
) -> None:
    node = strongest(bench.desk.graph(session.id))
    asked = Poking(session=session.id, pokes=(poke("ablate", node),), draws=11, tokens=4)
    heard.clear()
    found = run(bench.control(asked))
    assert len(found["changes"]) == len(found["chances"]) == 11
    assert [one["done"] for one in heard if one["kind"] == "controls"] == [11]
    said = run(bench.say(asked))
    assert said["before"] and set(said) == {"before", "after"}
    told = [one["text"] for one in heard if one["kind"] == "said" and one["side"] == "after"]
    assert len(told) == 4 and told[-1] == said["after"]


def test_values_are_exchanged_with_the_counterfactual(bench: Workbench, asked: Asked) -> None:
    given = asked.model_copy(update={"counterfactual": OTHER})
    session = run(bench.trace(given))
    node = strongest(bench.desk.graph(session.id))
    found = run(bench.poke(Poking(session=session.id, pokes=(poke("exchange", node),))))
    assert found["set"] == 1


def test_a_session_is_a_file_listed_resumed_and_deleted(
    bench: Workbench, session: Session, gallery: Path, asked: Asked
) -> None:
    graph = bench.desk.graph(session.id)
    node = strongest(graph)
    groups = {"it": Named(name="It", nodes=(node,))}
    run(bench.work(Work(session=session.id, pokes=(poke("ablate", node),), groups=groups)))
    again = Workbench(gallery, lambda *_, **__: None)  # the server was started anew
    assert session.id in [one["id"] for one in again.state()["sessions"]]
    found = run(again.resume(OfSession(session=session.id)))
    assert found.groups == groups and found.pokes[0].nodes == (node,)
    page = again.desk.page(f"graphs/{session.id}/index.html")
    assert page is not None and b"It" in page
    left = run(again.delete(OfSession(session=session.id)))["sessions"]
    assert session.id not in [one["id"] for one in left]
    with pytest.raises(TracerError, match="this session is not there"):
        run(again.resume(OfSession(session=session.id)))
    assert bench.desk.begin(asked, graph).id == session.id  # for the other tests


def test_what_is_kept_is_what_the_commands_would_have_made(
    bench: Workbench, session: Session, gallery: Path
) -> None:
    node = strongest(bench.desk.graph(session.id))
    work = Work(session=session.id, groups={"it": Named(name="It", nodes=(node,))})
    run(bench.work(work))
    found = run(bench.keep(Keeping(session=session.id, slug="kept", by="me")))
    assert set(found["files"]) >= {
        "site_src/prompts.yaml",
        "site_src/annotations/kept.yaml",
        "site_src/write-ups/kept.md",
        "graphs/kept/1.json",
        "graphs/kept/1.flows.bin",
    }
    prompts = load_prompts(gallery / "site_src" / "prompts.yaml")
    (job,) = make_plan(prompts, GraphFolder(gallery / "graphs"), only=["kept"])
    assert isinstance(job, Job) and job.state == "done"  # `build-graphs` has nothing to do
    annotations, _ = load_annotations(gallery / "site_src" / "annotations" / "kept.yaml")
    assert annotations.groups["it"].nodes == (node,) and annotations.groups["it"].by == "me"
    with pytest.raises(TracerError, match="there is nothing new to keep"):
        run(bench.keep(Keeping(session=session.id, slug="kept")))
    (gallery / "graphs" / "other").mkdir()
    with pytest.raises(TracerError, match="something of that name already"):
        run(bench.keep(Keeping(session=session.id, slug="other")))


def test_what_is_said_later_joins_what_people_wrote(
    bench: Workbench, session: Session, gallery: Path
) -> None:
    run(bench.keep(Keeping(session=session.id, slug="later")))
    file = gallery / "site_src" / "annotations" / "later.yaml"
    text = file.read_text(encoding="utf-8") + "# mine\n"
    file.write_text(text, encoding="utf-8")
    opened = run(bench.open(OfGraph(slug="later")))
    graph = bench.desk.graph(session.id)
    node = strongest(graph)
    expect = {"token": " w9", "p_falls_by": 0.1}
    claim = Claim.model_validate({"id": "a-claim", "ablate": node, "expect": expect})
    done = Work(session=opened.id, labels={node: "loud"}, groups=opened.groups, claims=(claim,))
    run(bench.work(done))
    found = run(bench.keep(Keeping(session=opened.id, slug="later", by="me")))
    assert found["files"] == ["site_src/annotations/later.yaml"]
    after = file.read_text(encoding="utf-8")
    assert set(text.splitlines()) <= set(after.splitlines())
    said, _ = load_annotations(file)
    assert said.labels[node].text == "loud" and said.claims[0].by == "me"
    file.write_text("labels: {}\ngroups: []\n", encoding="utf-8")
    with pytest.raises(TracerError):  # changed on disk meanwhile, and not readable any more
        run(bench.keep(Keeping(session=opened.id, slug="later", by="me")))
    file.write_text(after, encoding="utf-8")


def test_two_tabs_do_not_undo_each_other(bench: Workbench, session: Session) -> None:
    seen = run(bench.resume(OfSession(session=session.id)))
    first = run(bench.work(Work(session=session.id, seen=seen.revision)))
    assert first.revision == seen.revision + 1
    with pytest.raises(TracerError, match="changed in another tab"):
        run(bench.work(Work(session=session.id, seen=seen.revision)))
    assert run(bench.work(Work(session=session.id, seen=first.revision))).pokes == ()


def test_a_page_that_goes_leaves_its_trace_to_go_on_from(
    bench: Workbench, asked: Asked, session: Session
) -> None:
    """The browser was closed: nobody waits for the answer, and the session is there."""
    given = asked.model_copy(update={"contrast": (" w3",)})

    async def go() -> None:
        before = {one.id for one in bench.desk.sessions()}
        waiting = asyncio.create_task(bench.trace(given))
        await asyncio.sleep(0)
        waiting.cancel()
        await bench.read(asked)  # behind it in the lane
        while {one.id for one in bench.desk.sessions()} == before:
            await asyncio.sleep(0.01)

    run(asyncio.wait_for(go(), 20))


def test_heads_are_knocked_out_beside_others_and_claimed(
    bench: Workbench, session: Session, heard: list[dict[str, Any]]
) -> None:
    look, *_ = run(bench.looks(OfSession(session=session.id)))
    heads = (Head(layer=look["layer"], head=look["head"], key=look["key"], query=look["query"]),)
    out = Poke(kind="head", name="a head", heads=heads)
    asked = Poking(session=session.id, pokes=(out,), draws=3)
    found = run(bench.control(asked))
    assert found["change"] != 0.0 and 0 < len(found["changes"]) <= 3
    mixed = asked.model_copy(update={"pokes": (out, poke("ablate", "1_1_1"))})
    with pytest.raises(TracerError, match="for features or for heads"):
        run(bench.control(mixed))
    info = bench.desk.graph(session.id).metadata.tracer
    assert info is not None
    values = {"chances": [0.8, 0.2, 0.7], "leads": None, "last": 7}
    again = Poke(kind="head", name="a head", heads=(Head(layer=1, head=2, key=3),) * 2)
    alone = info.question.model_copy(update={"contrast": ()})
    claim = propose((again,), alone, {}, **values)  # type: ignore[arg-type]
    assert [one.model_dump(by_alias=True, exclude_none=True) for one in claim.knocked_out] == [
        {"head": "1.2", "from": 3, "to": 7}
    ]


def test_a_committed_graph_opens_as_a_session(
    bench: Workbench, session: Session, gallery: Path
) -> None:
    run(bench.keep(Keeping(session=session.id, slug="opened")))
    found = run(bench.open(OfGraph(slug="opened")))
    assert found.id == session.id  # the same question
    assert found.asked.prompt == PROMPT and found.asked.contrast == (" w2",)
    with pytest.raises(TracerError, match="there is no graph `none`"):
        run(bench.open(OfGraph(slug="none")))


def test_a_claims_bound_lies_between_what_happened_and_the_nearest_control(
    session: Session, bench: Workbench
) -> None:
    info = bench.desk.graph(session.id).metadata.tracer
    assert info is not None
    pokes = (poke("ablate", "1_5_3", "1_6_3"),)
    claim = propose(
        pokes, info.question, {}, chances=[0.8, 0.2, 0.7], leads=[3.0, 1.0, 2.5, 3.2], last=7
    )
    assert claim.expect.lead_falls_by == pytest.approx(1.2)  # (2.0 + 0.5) / 2, never more
    assert claim.ablate == ("1_5_3", "1_6_3")
    groups = {"it": Named(name="It", nodes=("1_6_3", "1_5_3"))}
    alone = info.question.model_copy(update={"contrast": ()})
    claim = propose(pokes, alone, groups, chances=[0.8, 0.2, 0.7], leads=None, last=7)
    assert claim.ablate == "it"
    assert claim.expect.p_falls_by == pytest.approx(0.43)
    for wrong, told in (
        ([0.8, 0.7, 0.1], "beats 0 of 1 controls"),
        ([0.8, 0.8, 0.7], "so it says nothing"),
    ):
        with pytest.raises(TracerError, match=told):
            propose(pokes, alone, groups, chances=wrong, leads=None, last=7)
    mixed = (*pokes, poke("set", "1_7_3", value=1.0))
    with pytest.raises(TracerError, match="a claim does one thing"):
        propose(mixed, alone, groups, chances=[0.8, 0.2, 0.7], leads=None, last=7)


def test_the_published_site_has_no_trace_of_it(
    bench: Workbench, session: Session, gallery: Path, tmp_path: Path
) -> None:
    run(bench.keep(Keeping(session=session.id, slug="published")))
    (gallery / "site_src" / "site.yaml").write_text("search: false\n", encoding="utf-8")
    build(gallery, tmp_path / "public", drafts=True, processes=1)
    files = [one for one in (tmp_path / "public").rglob("*") if one.is_file()]
    assert files
    for file in files:
        assert "workbench" not in file.relative_to(tmp_path).as_posix()
        assert b"workbench" not in file.read_bytes().lower(), file


def test_an_open_page_gets_what_belongs_to_it_though_the_session_went_on(
    bench: Workbench, session: Session
) -> None:
    page = page_of(bench, session).decode()
    name = page.split('data-edit="')[1].split('"')[0]
    before = bench.desk.page(f"graphs/{session.id}/{name}")
    node = strongest(bench.desk.graph(session.id))
    run(bench.work(Work(session=session.id, labels={node: "another name"})))
    assert name not in page_of(bench, session).decode()
    assert before is not None and bench.desk.page(f"graphs/{session.id}/{name}") == before
