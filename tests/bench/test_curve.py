"""The hundred sentences, and what README says of them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from bench.curve import SETS
from bench.curve_plot import LINES, curve_plot
from bench.tables import curve
from tracer.documents.prompts import PromptEntry, load_prompts
from tracer.documents.size_curve import SHARES, area_from_one, area_under
from tracer.interventions.counterfactual import Aligned
from tracer.model.load import load_model

TEMPLATES = Path(__file__).parents[2] / "bench" / "templates"


def entries(name: str) -> list[PromptEntry]:
    return list(load_prompts(TEMPLATES / f"{name}.yaml").graphs)


@pytest.mark.parametrize("name", SETS)
def test_there_are_fifty_and_no_two_alike(name: str) -> None:
    found = entries(name)
    assert len({one.prompt for one in found}) == len(found) == curve.SENTENCES
    assert len({one.counterfactual.prompt for one in found if one.counterfactual}) == len(found)
    assert all(one.slug.startswith(name) for one in found)  # by which README knows them


def test_what_is_answered_takes_turns() -> None:
    """So that no answer that is always the same gets half of them right by leaning one way."""
    plural = [one.target in (" are", " were", " have") for one in entries("agreement")]
    assert sum(plural) == 25
    first = [
        str(one.prompt).index(str(one.target).strip()) < str(one.prompt).index(other.strip())
        for one in entries("objects")
        if one.counterfactual and isinstance(other := one.counterfactual.target, str)
    ]
    assert sum(first) == 25 and len(first) == 50


@pytest.mark.model
@pytest.mark.parametrize("name", SETS)
def test_each_stands_beside_its_counterfactual(name: str) -> None:
    """As many tokens, answers of one token, and one word changed."""
    tokenizer = load_model(device="cpu").tokenizer
    for entry in entries(name):
        assert entry.prompt and entry.target and entry.counterfactual
        ids = tokenizer.encode_prompt(entry.prompt)
        target = tokenizer.single_token(entry.target)
        aligned = Aligned.of(tokenizer, ids, entry.counterfactual, target_id=target)
        assert len(aligned.changed) == 1, entry.slug


def sentence(at: int, **fields: Any) -> dict[str, Any]:
    """A made-up one: supporters bring half of the lead, the strongest all of it."""
    value = 0.5 + 0.01 * at
    lines = {kind: [value] * 10 for kind in LINES} | {"strongest": [1.0] * 10}
    found: dict[str, Any] = {
        "tokens": 6,
        "likeliest": False,
        "lead": 1.0,
        "lead_there": -1.0,
        "parts": 900 + at,
    }
    found |= {"cpr": area_under(SHARES, lines["supporters"]), "cmd": 0.0, **lines}
    controls = area_from_one(SHARES, lines["controls_strongest"])
    return found | {"controls_cpr": 0.25, "controls_cmd": controls} | fields


def measured(count: int = 50) -> dict[str, dict[str, Any]]:
    found = {f"{name}-{at:02}": sentence(at) for name in SETS for at in range(count)}
    found["agreement-00"]["lead"] = -0.5  # not right, and counted all the same
    found["agreement-01"] = {"tokens": 6, "likeliest": False, "error": "no move"}
    return found


def table_of(parts: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    head = {"machine": "here", "date": "2026-11-29", "commit": "abc", "parts": parts}
    (folder / "bench").mkdir(exist_ok=True)
    (folder / "bench" / "curve.json").write_text(json.dumps(head))
    monkeypatch.setattr(curve, "ROOT", folder)
    return curve.curve_table()


def test_the_table_keeps_all_and_tells_who_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curve, "ROOT", tmp_path)
    assert curve.curve_table() == "Not run."
    table = table_of(measured(), tmp_path, monkeypatch)
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
    assert rows[2][:3] == ["agreement", "48 of 50", "CPR"]
    assert rows[4][:3] == ["indirect objects", "50 of 50", "CPR"]
    assert rows[4][3:5] == ["0.74", "0.74"]  # the median of .5 to .99, times .999
    assert rows[4][5] == "0.74 (0.70 to 0.78)" and rows[4][6] == "0.25 (0.25 to 0.25)"
    assert (rows[5][-1] == "0.000" and rows[3][2] == rows[5][0] == "CMD") or rows[5][-1] == "0.000"
    assert "1 did not move the lead enough to have a curve" in table
    assert "900 to 949 parts that differ" in table
    few = table_of(measured(20), tmp_path, monkeypatch)
    assert few == "Not run to its end: 40 of 100 sentences are measured."


def test_pooled_is_the_area_of_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence with three times the move counts three times."""
    large = sentence(0, lead=3.0, lead_there=-3.0, supporters=[1.0] * 10)
    small = sentence(0, lead=1.0, lead_there=-1.0, supporters=[0.0] * 10)
    assert curve._pooled([large, small], "cpr", "supporters") == pytest.approx(0.75 * 0.999)
    assert curve._pooled([large, small], "cmd", "supporters") == pytest.approx(0.25 * 0.999)


def test_what_is_committed_is_of_these_sentences_and_drawn() -> None:
    folder = TEMPLATES.parent
    parts = json.loads((folder / "curve.json").read_text())["parts"]
    assert list(parts) == [one.slug for name in SETS for one in entries(name)]
    assert (folder / "curve.svg").read_text() == curve_plot(parts)
    for one in parts.values():
        assert one["cpr"] == pytest.approx(area_under(SHARES, one["supporters"]), abs=2e-4)
        assert one["cmd"] == pytest.approx(area_from_one(SHARES, one["strongest"]), abs=2e-4)
        assert one["supporters"][-1] == one["strongest"][-1] == pytest.approx(1, abs=1e-3)


def test_the_picture_is_drawn_to_scale() -> None:
    drawn = ElementTree.fromstring(curve_plot(measured()))
    space = "{http://www.w3.org/2000/svg}"
    title = drawn.find(f"{space}title")
    assert title is not None and title.text
    assert "indirect objects: supporters 0.74, the strongest either way 1.00" in title.text
    lines = {
        one.get("class"): one.get("d", "")
        for one in drawn.iter(f"{space}path")
        if (one.get("class") or "").startswith("line") and "L" in one.get("d", "")
    }
    whole = [one.get("d", "") for one in drawn.iter(f"{space}path") if one.get("class") == "whole"]
    axis = [one.get("d", "") for one in drawn.iter(f"{space}path") if one.get("class") == "axis"]
    one, zero = (float(some[0].split()[1].split("h")[0]) for some in (whole, axis))
    for kind, value in (("supporters", 0.745), ("strongest", 1.0)):
        height = float(lines[f"line {kind}"].split()[1].split("L")[0])
        assert (zero - height) / (zero - one) == pytest.approx(value, abs=0.01)
    assert len(lines) == 4
