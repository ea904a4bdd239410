"""`tracer verify` and `tracer steer` on a small gallery of their own."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.tiny_models import PROMPT, save_tiny_model
from tracer.attribution.trace import trace
from tracer.batch.steering import steer_graph
from tracer.batch.verified import Checked, line, table
from tracer.batch.verify import verify
from tracer.documents.evidence import load_evidence
from tracer.documents.graph import Graph, load_graph
from tracer.errors import Problems, TracerError
from tracer.model.load import load_model
from tracer.site.check import check


def supporters(graph: Graph, most: int = 8) -> list[str]:
    found = [one for one in graph.nodes if one.kind == "feature"]
    return [one.node_id for one in sorted(found, key=lambda one: -(one.effect or 0))[:most]]


def annotate(root: Path, graph: Graph, *claims: str) -> Path:
    nodes = json.dumps(supporters(graph))
    file = root / "site_src" / "annotations" / "tiny.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"groups:\n  strong: {{name: strong, nodes: {nodes}}}", "claims:", *claims]
    file.write_text("\n".join(lines) + "\n")
    return file


GOOD = (
    '  - {id: needed, ablate: strong, expect: {token: " w9", versus: " w2", lead_falls_by: 0.05}}'
)
BAD = GOOD.replace("needed", "much-needed").replace("0.05", "50")


def said(
    root: Path, model: str, *slugs: str, force: bool = False, curve: bool = False
) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=160)
    how: dict[str, Any] = {"device": "cpu", "model": model, "console": console}
    status = verify(root, slugs, force=force, curve=curve, **how)
    return status, console.file.getvalue()  # type: ignore[attr-defined]


def test_evidence_is_written_once_and_compared_when_forced(
    root: Path, traced: Graph, model: str
) -> None:
    annotate(root, traced, GOOD)
    assert said(root, model)[0] == 0
    file = root / "graphs" / "tiny" / "1.evidence.json"
    evidence, written = load_evidence(file), file.read_bytes()
    (claim,) = evidence.claims
    assert (claim.id, claim.verdict) == ("needed", "holds")
    info = traced.metadata.tracer
    assert info is not None and evidence.graph_id == info.graph_id
    assert evidence.faithfulness is not None
    assert set(evidence.faithfulness.circuit_nodes) == set(supporters(traced))
    status, text = said(root, model, "tiny")
    assert status == 0 and text.count("up to date") == 3
    status, text = said(root, model, force=True)
    assert status == 0 and text.count("the same") == 3
    assert file.read_bytes() == written


def test_evidence_of_another_machine_is_kept(root: Path, traced: Graph, model: str) -> None:
    annotate(root, traced, GOOD)
    said(root, model)
    file = root / "graphs" / "tiny" / "1.evidence.json"
    fields = json.loads(file.read_text())
    fields["versions"] |= {"tracer": "0.0.1", "torch": "2.6.0", "transformers": "5.0.0"}
    fields["faithfulness"]["value"] *= 1 + 5e-4
    # A near tie was drawn the other way round.
    fields["faithfulness"]["necessity"]["control_values"][3] += 0.1
    fields["claims"][0]["measures"][1]["controls"][5] += 0.1
    file.write_text(json.dumps(fields))
    written = file.read_bytes()
    status, text = said(root, model, force=True)
    assert status == 0 and text.count("the same") == 3
    assert file.read_bytes() == written
    fields["claims"][0]["measures"][1]["after"] += 0.01
    file.write_text(json.dumps(fields))
    text = said(root, model, force=True)[1]
    assert (text.count("the same"), text.count("measured")) == (2, 1)
    assert load_evidence(file).versions.tracer != "0.0.1"


def test_a_claim_that_should_hold_and_does_not_ends_with_status_1(
    root: Path, traced: Graph, model: str
) -> None:
    annotate(root, traced, GOOD, BAD)
    status, text = said(root, model)
    assert status == 1
    assert "the claim `much-needed` does not hold; say `holds: false` and why" in text
    annotate(root, traced, GOOD, BAD.replace("}}", "}, holds: false}"))
    status, text = said(root, model)  # what the author thinks of it needs no new run
    assert status == 0 and text.count("up to date") == 4 and "fails, as said" in text


def test_a_renamed_claim_is_run_under_its_new_name(root: Path, traced: Graph, model: str) -> None:
    """Two claims may have one content, and each keeps its evidence."""
    annotate(root, traced, GOOD)
    said(root, model)
    annotate(root, traced, GOOD.replace("needed", "wanted"), GOOD.replace("needed", "again"))
    assert said(root, model)[0] == 0
    evidence = load_evidence(root / "graphs" / "tiny" / "1.evidence.json")
    assert [one.id for one in evidence.claims] == ["wanted", "again"]
    assert said(root, model)[1].count("up to date") == 4


def test_an_interrupted_run_goes_on_where_it_stopped(
    root: Path, traced: Graph, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    annotate(root, traced, GOOD, BAD)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tracer.batch.verify.check_claim", interrupt)
        status, text = said(root, model)
    assert status == 130 and "go on where it stopped" in text
    assert load_evidence(root / "graphs" / "tiny" / "1.evidence.json").claims == ()
    assert said(root, model)[1].count("up to date") == 2


def test_check_says_what_has_no_evidence_or_older_evidence(
    root: Path, traced: Graph, model: str
) -> None:
    def told() -> list[str]:
        return [str(one.problem) for one in check(root) if "tracer verify" in str(one.problem)]

    file = annotate(root, traced, GOOD)
    assert [one.partition("; ")[0] for one in told()] == [
        f"{file}:4:5: the claim `needed` has not been tested"
    ]
    assert said(root, model)[0] == 0
    assert told() == []
    annotate(root, traced, GOOD.replace("0.05", "0.06"))
    assert "`needed` has changed since it was tested" in told()[0]
    fields = json.loads(traced.to_json())
    fields["metadata"]["tracer"]["graph_id"] = "1" * 64
    Graph.model_validate(fields).save(root / "graphs" / "tiny" / "1.json")
    assert any("evidence is of another graph" in one for one in told())


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("  - {id: a, ablate: nothing, expect: {token: x, p_below: 0.1}}", "no group `nothing`"),
        ("  - {id: a, ablate: 0_1_99, expect: {token: x, p_below: 0.1}}", "no feature of this"),
        (
            "  - {id: a, swap: {group: strong, with: {graph: none, group: b}}, "
            "expect: {token: x, p_below: 0.1}}",
            "there is no graph `none`",
        ),
        ("  - {id: a, ablate: strong, expect: {token: x}}", "give one bound (found none)"),
        ("  - {id: a, expect: {token: x, p_below: 0.1}}", "do one thing"),
        ("  - {id: a, set: {strong: much}, expect: {token: x, p_below: 0.1}}", "valid number"),
    ],
)
def test_mistakes_in_claims_have_their_place(
    root: Path, traced: Graph, model: str, claim: str, message: str
) -> None:
    file = annotate(root, traced, claim)
    with pytest.raises(TracerError) as caught:
        said(root, model)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{file}:4:")
    told = [str(one.problem) for one in check(root) if one.level == "error"]
    assert len(told) == 1 and message in told[0] and told[0].startswith(f"{file}:4:")


def test_other_weights_and_other_features_are_refused(
    root: Path, traced: Graph, model: str, tmp_path: Path
) -> None:
    from tests.features.dictionaries import write_plt

    other = str(save_tiny_model(tmp_path / "other", seed=5))
    with pytest.raises(TracerError, match="made with other weights"):
        steer_graph(root, "tiny", done=[("ablate", supporters(traced)[0])], model=other)
    features = str(write_plt(tmp_path / "plt"))
    with pytest.raises(TracerError, match="are others"):
        steer_graph(
            root, "tiny", done=[("ablate", supporters(traced)[0])], model=model, features=features
        )


def test_steer_prints_what_was_set_and_both_sides(root: Path, traced: Graph, model: str) -> None:
    annotate(root, traced, GOOD)
    console = Console(file=io.StringIO(), width=120)
    node = supporters(traced)[0]
    steer_graph(
        root,
        "tiny",
        done=[("set", "group:strong=-2x"), ("set", f"{node}=0.5")],
        watch=[node],
        generate=3,
        model=model,
        console=console,
    )
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.count(node) == 3  # scaled, set, watched
    assert "next token" in text and "█" in text
    assert f"before: {PROMPT} " in text and f"after: {PROMPT} " in text


@pytest.mark.parametrize(
    ("done", "message"),
    [
        (("set", "0_1_99=1"), "no feature of this graph matches `0_1_99`"),
        (("set", "group:weak=1"), "no group `weak`; did you mean"),
        (("set", "group:strong=loud"), "`loud` is not a number"),
        (("set", "group:strong"), "has no `=`"),
        (("scale", "group:strong=inf"), "inf is not a finite number"),
        (("swap", "strong=none/theirs"), "no graph `none`"),
    ],
)
def test_what_steer_refuses(
    root: Path, traced: Graph, model: str, done: tuple[str, str], message: str
) -> None:
    annotate(root, traced, GOOD.replace("strong,", "strong,"))
    with pytest.raises(TracerError) as caught:
        steer_graph(root, "tiny", done=[done], model=model)
    assert message in str(caught.value) or "groups of this graph" in str(caught.value)


def test_unknown_graphs_and_revisions(root: Path, model: str) -> None:
    with pytest.raises(TracerError, match="no graph `tinny`; did you mean `tiny`"):
        verify(root, ["tinny"], model=model)
    with pytest.raises(TracerError, match="no revision 3"):
        steer_graph(root, "tiny", done=[], revision=3)
    assert not isinstance(load_graph(root / "graphs" / "tiny" / "1.json"), Problems)


@pytest.mark.parametrize("width", [60, 80])
def test_narrow_terminals_show_every_number(width: int) -> None:
    slug, claim = "a-graph-with-quite-a-long-slug", "a-language-is-needed-for-the-answer"
    cells = (claim, "fails, as said", "lead 5.236", "5.431", "20 of 20")
    console = Console(file=io.StringIO(), width=width)
    console.print(table([Checked(slug, claim, "up to date", cells)]))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "lead 5.236 5.431 20 of 20" in said
    assert "…" not in said and max(map(len, said.splitlines())) <= width
    assert slug in re.sub(r"\s.*\n", "", said)


def test_lines_for_logs_have_no_colours_in_words() -> None:
    cells = ("one", "[green]holds", "lead 5.236", "5.431", "20 of 20")
    assert line(Checked("a", "one", "measured", cells)) == "a, one: holds"


OTHER = PROMPT.replace(" w5", " w9")


def list_prompts(root: Path, more: str) -> Path:
    file = root / "site_src" / "prompts.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'graphs:\n  - {{slug: tiny, prompt: "{PROMPT}", target: " w9"{more}}}\n')
    return file


def counterfactual(prompt: str = OTHER, target: str = "{id: 4}") -> str:
    return f', counterfactual: {{prompt: "{prompt}", target: {target}}}'


def loser(model: str) -> str:
    """The token that gains most on `w9` in the other prompt, by its id."""
    import torch

    from tracer.model.load import load_model

    loaded = load_model(model, device="cpu")
    ids = [loaded.tokenizer.encode_prompt(one) for one in (PROMPT, OTHER)]
    with torch.no_grad():
        here, there = loaded.causal_lm(torch.tensor(ids)).logits[:, -1]
    return f"{{id: {int((there - here).argmax())}}}"


EXCHANGE = (
    "  - {id: exchanged, exchange: {group: strong, with: counterfactual}, "
    'expect: {token: " w9", p_falls_by: 0.0001}, holds: false}'
)


def test_values_are_exchanged_with_the_counterfactual(
    root: Path, traced: Graph, model: str
) -> None:
    other = loser(model)
    list_prompts(root, counterfactual(target=other))
    annotate(root, traced, EXCHANGE)
    assert any("have not been exchanged" in str(one.problem) for one in check(root))
    status, text = said(root, model)
    assert status == 0 and "exchange, " in text and "enough " in text
    file = root / "graphs" / "tiny" / "1.evidence.json"
    evidence, written = load_evidence(file), file.read_bytes()
    found = evidence.exchange
    assert found is not None and found.prompt == OTHER and found.changed == (3,)
    assert set(found.circuit_nodes) == set(supporters(traced)) and found.circuit == "groups"
    assert found.circuit_exchanged is not None and found.circuit_exchanged.features <= 8
    (claim,) = evidence.claims
    assert {one.node for one in claim.changes} == set(supporters(traced))
    assert any(one.before != one.after for one in claim.changes)
    told = [str(one.problem) for one in check(root)]
    assert not any("have not been exchanged" in one or "tested" in one for one in told)
    status, text = said(root, model)
    assert status == 0 and text.count("up to date") == 4
    status, text = said(root, model, force=True)
    assert status == 0 and text.count("the same") == 4 and file.read_bytes() == written
    # Against another prompt nothing has been measured, and the claim says something else.
    list_prompts(root, counterfactual(PROMPT.replace(" w5", " w11"), other))
    told = [str(one.problem) for one in check(root)]
    assert any("have not been exchanged" in one for one in told)
    assert any("`exchanged` has changed since it was tested" in one for one in told)


def test_the_curve_over_sizes_is_measured_where_it_is_asked_for(
    root: Path, traced: Graph, model: str
) -> None:
    other = loser(model)
    list_prompts(root, counterfactual(target=other))
    status, text = said(root, model)
    file = root / "graphs" / "tiny" / "1.evidence.json"
    assert status == 0 and "CPR" not in text and load_evidence(file).curve is None
    status, text = said(root, model, curve=True)
    found = load_evidence(file).curve
    assert status == 0 and found is not None and found.prompt == OTHER
    assert f"CPR {found.cpr:.2f}, CMD {found.cmd:.3f}" in text
    assert len(found.points) == 10 and found.points[-1].supporters == pytest.approx(1, abs=1e-3)
    written = file.read_bytes()
    assert said(root, model, curve=True)[1].count("up to date") == 3
    assert said(root, model, curve=True, force=True)[1].count("the same") == 3
    assert file.read_bytes() == written
    assert said(root, model)[1].count("up to date") == 2 and file.read_bytes() == written
    # What was measured against another prompt does not stay beside what is measured now.
    list_prompts(root, counterfactual(PROMPT.replace(" w5", " w11"), other))
    said(root, model)
    assert load_evidence(file).curve is None


def test_a_curve_needs_a_counterfactual(root: Path, traced: Graph, model: str) -> None:
    file = list_prompts(root, "")
    with pytest.raises(TracerError, match="`tiny` has no counterfactual, so it has no curve") as e:
        said(root, model, "tiny", curve=True)
    assert str(e.value).startswith(f"{file}:2:") and "counterfactual: {prompt" in str(e.value)
    assert said(root, model, curve=True)[0] == 0  # of all graphs, those that have one


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (counterfactual(f"{PROMPT} w4"), "prompt is 9 tokens long, the graph's 8"),
        (counterfactual(f" {PROMPT}"[1:] + ""), "is the entry's own"),
        (counterfactual(target='" w9 w2"'), "is 2 tokens, not one"),
    ],
)
def test_a_counterfactual_that_does_not_fit_has_its_place(
    root: Path, traced: Graph, model: str, more: str, message: str
) -> None:
    file = list_prompts(root, more)
    try:
        status, text = said(root, model)
    except TracerError as error:
        status, text = 1, str(error)
    assert status == 1 and message in text
    line, column = re.search(rf"{re.escape(str(file))}:(\d+):(\d+)", text).groups()  # type: ignore[union-attr]
    written = file.read_text().splitlines()[int(line) - 1]
    assert written[int(column) - 1 :].startswith(('"', "{prompt"))


def test_an_exchange_without_a_counterfactual_says_so(
    root: Path, traced: Graph, model: str
) -> None:
    list_prompts(root, "")
    file = annotate(root, traced, EXCHANGE)
    with pytest.raises(TracerError) as caught:
        said(root, model)
    what = "the prompt list names no counterfactual for `tiny`"
    assert str(caught.value).startswith(f"{file}:4:") and what in str(caught.value)
    told = [str(one.problem) for one in check(root) if one.level == "error"]
    assert len(told) == 1 and what in told[0]
    # What a list that cannot be read says of counterfactuals, nobody knows.
    list_prompts(root, "").write_text("graphs: [")
    told = [str(one.problem) for one in check(root) if one.level == "error"]
    assert len(told) == 1 and "prompts.yaml" in told[0] and what not in told[0]


def test_a_counterfactual_is_no_part_of_the_graph(root: Path, model: str) -> None:
    from tracer.batch.plan import Job, Refused, make_plan
    from tracer.documents.graph_folder import GraphFolder
    from tracer.documents.prompts import load_prompts

    def planned(more: str) -> Job | Refused:
        file = list_prompts(root, f"{more}, model: {model}")
        (job,) = make_plan(load_prompts(file), GraphFolder(root / "graphs"))
        return job

    without, beside = planned(""), planned(counterfactual())
    assert isinstance(without, Job) and isinstance(beside, Job)
    assert without.graph_id == beside.graph_id
    refused = planned(counterfactual(f"{PROMPT} w4"))
    assert isinstance(refused, Refused) and "9 tokens long" in str(refused.error)
    assert "prompts.yaml:2:" in str(refused.error)


def test_groups_are_silenced_once_and_told(root: Path, traced: Graph, model: str) -> None:
    named: dict[str, Any] = {"target": " w9", "contrast": [" w2"]}
    found = trace(PROMPT, model=load_model(model, device="cpu"), **named).publish(slug="tiny")
    found.parts.save(root / "graphs" / "tiny" / "1.json")
    file = annotate(root, traced, GOOD)
    status, text = said(root, model)
    assert status == 0 and re.search(r"groups, 1 silenced +[01] confirmed", text)
    evidence = root / "graphs" / "tiny" / "1.evidence.json"
    groups = load_evidence(evidence).groups
    assert groups is not None
    (group,) = groups.groups
    assert set(group.nodes) == set(supporters(traced)) and group.confirmed is not None
    assert said(root, model)[1].count("up to date") == 3
    assert said(root, model, force=True)[1].count("the same") == 3
    other = json.dumps(supporters(traced)[:3])
    file.write_text(f"groups:\n  strong: {{name: strong, nodes: {other}}}\n")
    assert said(root, model)[0] == 0
    again = load_evidence(evidence).groups
    assert again is not None and set(again.groups[0].nodes) == set(supporters(traced)[:3])
