"""Enough and needed on the page: the file's own numbers, in words, curves and a table."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.documents.evidence import Evidence, Exchange, Versions, load_evidence
from tracer.documents.prompts import Counterfactual
from tracer.site.build import build
from tracer.site.graph.exchange import show_exchange


def point(features: int, enough: float, needed: float, **more: Any) -> dict[str, Any]:
    found = {"features": features, "enough": enough, "needed": needed}
    return {**found, "turns_there": enough > 0.5, "turns_here": needed > 0.5, **more}


CONTROLS = {"controls_enough": [0.1, -0.02, 0.04], "controls_needed": [0.0, 0.03, -0.06]}


def exchange(**fields: Any) -> Exchange:
    whole = {
        "prompt": "The capital of <b>Spain</b> is",
        "answer": " Paris",
        "other": " Madrid",
        "other_id": 4,
        "changed": [4],
        "lead": 7.36,
        "lead_there": -8.13,
        "seed": 7,
        "curve": [point(10, 0.35, 0.34, **CONTROLS), point(200, 1.21, 0.78, **CONTROLS)],
        "early_layers": 3,
        "late_layers": 1,
        "middle": [point(10, 0.31, 0.32), point(150, 0.64, -0.05)],
        "circuit": "groups",
        "circuit_nodes": ["0_7_4", "1_3_4"],
        "circuit_exchanged": point(1, 0.12, 0.03, **CONTROLS),
    }
    return Exchange.model_validate(whole | fields)


def evidence(found: Exchange | None) -> Evidence:
    versions = Versions(tracer="1", torch="2", transformers="5", precision="float32")
    return Evidence(graph_id="0" * 64, versions=versions, exchange=found)


def page(gallery: GalleryFolder, found: Exchange | None) -> str:
    evidence(found).save(gallery.root / "graphs/france-paris/1.evidence.json")
    build(gallery.root, gallery.root / "public")
    text = (gallery.root / "public/graphs/france-paris/index.html").read_text()
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_page_says_what_the_file_says(gallery: GalleryFolder) -> None:
    text = page(gallery, exchange())
    word = make_graph().metadata.prompt_tokens[4].strip()
    assert (
        f"“The capital of &lt;b&gt;Spain&lt;/b&gt; is”, is as long and differs at “{word}”" in text
    )
    assert "“Paris” is 7.36 logits ahead of “Madrid”, there 8.13 logits behind it" in text
    assert "200 neurons that support the answer most, 121 % of the move comes back, and the" in text
    assert "78 % is lost, and the answer turns" in text
    assert "Counted as a miss like too little, that is 79 % and 78 %." in text
    assert "3 draws" in text and "4 % (−2 % to 10 %) and −1 % (−6 % to 3 %)" in text
    assert "first 3 layers at the changed words and the last layer at the last word" in text
    assert "the 150 strongest give 64 % and −5 %" in text
    assert "Of the 2 neurons in the groups that people named, 1 differs between" in text
    rows = re.findall(r'<tr><th scope="row">(\d+)</th>(.*?)</tr>', text)
    cells = {count: re.findall("<td>(.*?)</td>", row) for count, row in rows}
    assert cells["10"] == ["35 %", "34 %", "4 %, −1 %", "31 %", "32 %"]
    assert cells["150"] == ["–", "–", "–", "64 %", "−5 %"]
    assert cells["200"] == ["121 %", "78 %", "4 %, −1 %", "–", "–"]
    titles = re.findall(r"<title>(enough[^<]*|needed[^<]*)</title>", text)
    assert titles == [
        *("enough, middle only, 10: 31 %", "enough, middle only, 150: 64 %"),
        *("enough, 10: 35 %", "enough, 200: 121 %", "needed, 10: 34 %", "needed, 200: 78 %"),
    ]


def test_the_curves_are_drawn_to_one_scale() -> None:
    drawn = str(show_exchange(exchange(), make_graph()).curves)
    heights = {
        title: float(height)
        for height, title in re.findall(r'cy="([\d.]+)" r="3"><title>([^:]+):', drawn)
    }
    whole = float(re.findall(r'class="agreement" d="M40 ([\d.]+)H', drawn)[0])
    zero = float(re.findall(r'class="axis" d="M40 ([\d.]+)H', drawn)[0])
    for title, share in (("enough, 200", 1.21), ("needed, 10", 0.34)):
        assert (zero - heights[title]) / (zero - whole) == pytest.approx(share, abs=0.005)


def test_what_was_not_measured_is_not_spoken_of(gallery: GalleryFolder) -> None:
    assert 'id="exchange"' not in page(gallery, None)
    bare = {"features": 10, "enough": 0.4, "needed": 0.3, "turns_there": False, "turns_here": False}
    text = page(gallery, exchange(curve=[bare], middle=[], circuit_exchanged=None))
    assert 'id="exchange"' in text and "draws" not in text and "copying" not in text
    assert "comes back. Needed?" in text and "overshoots" not in text and "people named" not in text
    text = page(gallery, exchange(curve=[], middle=[], circuit_exchanged=None))
    assert "No neuron supports the answer here more than there." in text and "curves as" not in text


def test_evidence_is_written_and_read_with_its_exchange_or_without(tmp_path: Path) -> None:
    file = tmp_path / "1.evidence.json"
    evidence(exchange()).save(file)
    assert load_evidence(file).exchange == exchange()
    assert all(len(line) < 700 for line in file.read_text().splitlines())
    fields = json.loads(file.read_text())
    del fields["exchange"]
    file.write_text(json.dumps(fields))
    assert load_evidence(file).exchange is None


CHAT = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Why <i>me</i>?"}]


def test_a_chat_is_told_by_what_was_said_last(gallery: GalleryFolder) -> None:
    text = page(gallery, exchange(prompt="<|start|>Be kind.<|end|>", chat=CHAT))
    assert "A second chat, which ends “Why &lt;i&gt;me&lt;/i&gt;?”, is as long and" in text
    assert "|end|" not in text


def test_evidence_names_turns_and_day_of_a_chat_alone(tmp_path: Path) -> None:
    file = tmp_path / "1.evidence.json"
    found = exchange(chat=CHAT, chat_date="2026-01-31")
    evidence(found).save(file)
    assert load_evidence(file).exchange == found
    said = json.loads(file.read_text(encoding="utf-8"))["exchange"]
    assert (said["chat"], said["chat_date"]) == (CHAT, "2026-01-31")
    evidence(exchange()).save(file)
    assert "chat" not in file.read_text(encoding="utf-8")


def test_what_was_measured_is_of_those_turns_on_that_day() -> None:
    found = exchange(chat=CHAT, chat_date="2026-01-31")
    meant = Counterfactual.model_validate(
        {"chat": CHAT, "chat_date": "2026-01-31", "target": " Madrid"}
    )
    assert found.is_of(meant)
    assert not found.is_of(meant.model_copy(update={"chat_date": None}))
    assert not found.is_of(meant.model_copy(update={"chat": meant.chat and meant.chat[1:]}))
    assert not found.is_of(Counterfactual(prompt=found.prompt, target=" Madrid"))
    assert not exchange().is_of(meant)
