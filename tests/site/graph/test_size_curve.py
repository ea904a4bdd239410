"""Faithfulness over circuit size on the page: the file's own numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.documents.evidence import Evidence, Versions, load_evidence
from tracer.documents.size_curve import SHARES, SizeCurve
from tracer.site.build import build
from tracer.site.graph.size_curve import show_size_curve


def curve(**fields: Any) -> SizeCurve:
    points = [
        {
            "share": share,
            "parts": max(1, int(share * 92_161)),
            "supporters": 1 + 0.1 * at if at < 9 else 1.0,
            "strongest": 0.1 * (at + 1),
            "controls_supporters": [0.01 * at, 0.02 * at] if at < 9 else [1.0, 1.0],
            "controls_strongest": [-0.03, 0.05] if at < 9 else [1.0, 1.0],
        }
        for at, share in enumerate(SHARES)
    ]
    whole = {
        "prompt": "The capital of <b>Spain</b> is",
        "answer": " Paris",
        "other": " Madrid",
        "other_id": 4,
        "lead": 7.36,
        "lead_there": -8.13,
        "parts": 92_161,
        "words": 1,
        "seed": 7,
        "points": points,
        "cpr": 2.014,
        "cmd": 0.0171,
        "controls_cpr": [0.6, 0.7],
        "controls_cmd": [0.24, 0.26],
    }
    return SizeCurve.model_validate(whole | fields)


def evidence(found: SizeCurve | None) -> Evidence:
    versions = Versions(tracer="1", torch="2", transformers="5", precision="float32")
    return Evidence(graph_id="0" * 64, versions=versions, curve=found)


def page(gallery: GalleryFolder, found: SizeCurve | None) -> str:
    evidence(found).save(gallery.root / "graphs/france-paris/1.evidence.json")
    build(gallery.root, gallery.root / "public")
    text = (gallery.root / "public/graphs/france-paris/index.html").read_text()
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_page_says_what_the_file_says(gallery: GalleryFolder) -> None:
    text = page(gallery, curve())
    assert "92,160 neurons, each at one word, and one word differ from the run of" in text
    assert "“The capital of &lt;b&gt;Spain&lt;/b&gt; is”" in text
    assert "(CPR) is 2.01." in text and "(CMD) is 0.017, and best would be 0." in text
    assert "from the same layer and word, they are 0.65 and 0.250." in text
    assert "not beside those" in text and "transcoders leave unexplained" not in text
    rows = re.findall(r'<tr><th scope="row">([\d.]+ %)</th>(.*?)</tr>', text)
    cells = {size: re.findall("<td>(.*?)</td>", row) for size, row in rows}
    assert cells["0.1 %"] == ["92", "100 %", "10 %", "0 %, 1 %"]
    assert cells["50 %"] == ["46,080", "180 %", "90 %", "12 %, 1 %"]
    assert cells["100 %"] == ["92,161", "100 %", "100 %", "100 %, 100 %"]
    titles = re.findall(r"<title>(supporters|either way), ([\d.]+): ([\d ]+%)</title>", text)
    assert len(titles) == 20 and ("supporters", "50", "180 %") in titles


def test_of_transcoders_it_says_what_stays() -> None:
    graph = make_graph()
    info = graph.metadata.tracer
    assert info is not None
    features = info.features.model_copy(update={"kind": "transcoders"})
    info = info.model_copy(update={"features": features})
    metadata = graph.metadata.model_copy(update={"tracer": info})
    graph = graph.model_copy(update={"metadata": metadata})
    said = " ".join(show_size_curve(curve(words=2), graph).sentences)
    assert "92,159 features, each at one word, and 2 words differ" in said
    assert "What the transcoders leave unexplained stays as it was there, too." in said


def test_without_a_curve_or_controls_nothing_is_said_of_them(gallery: GalleryFolder) -> None:
    assert 'id="size-curve"' not in page(gallery, None)
    bare = [
        {key: value for key, value in one.items() if not key.startswith("controls")}
        for one in curve().model_dump()["points"]
    ]
    text = page(gallery, curve(points=bare, controls_cpr=[], controls_cmd=[]))
    assert 'id="size-curve"' in text and "in place of each" not in text
    assert 'id="size-curve"' not in page(gallery, curve(points=[]))


def test_it_is_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "1.evidence.json"
    evidence(curve()).save(file)
    found = load_evidence(file).curve
    assert found is not None and found.points[3].strongest == pytest.approx(0.4)
    assert found.model_copy(update={"points": ()}) == curve(points=[])
    assert len(file.read_text().splitlines()) > 10  # a point a line
    fields = json.loads(file.read_text())
    del fields["curve"]
    file.write_text(json.dumps(fields))
    assert load_evidence(file).curve is None
