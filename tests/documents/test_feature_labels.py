from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder, make_gallery
from tracer.documents.annotations import Annotations
from tracer.documents.exchange.export import export
from tracer.documents.feature_labels import FeatureLabels, load_feature_labels
from tracer.errors import Problems
from tracer.site.build import build

FILE = "site_src/labels/tiny.neurons.yaml"


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    found = make_gallery(tmp_path / "gallery")
    found.write(
        FILE,
        'labels:\n  "1_3": {text: capitals, by: Ann, confidence: high, note: "*so*"}\n'
        '  "0_7": {text: France, by: Ann}\n  "9_9": {text: in no graph here}\n',
    )
    return found


def page(gallery: GalleryFolder) -> str:
    build(gallery.root, gallery.root / "public")
    return (gallery.root / "public" / "graphs" / "france-paris" / "index.html").read_text()


def names(html: str) -> list[str]:
    section = html[html.index('id="names"') :]
    found = re.findall(r"<dt>(.*?)</dt>", section[: section.index("</dl>")])
    return [re.sub(r"<[^>]+>", "", one) for one in found]


def test_labels_of_a_source_are_shown_with_authorship_on_its_graphs(gallery: GalleryFolder) -> None:
    html = page(gallery)
    assert names(html) == [
        "capitals 1_3, named by Ann (confidence: high), for all graphs of these features",
        "France 0_7, named by Ann, for all graphs of these features",
    ]
    assert "<em>so</em>" in html


def test_a_graphs_own_label_wins_and_keeps_its_author(gallery: GalleryFolder) -> None:
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        'labels:\n  "1_3": {text: a capital city, by: Bo}\n',
    )
    assert names(page(gallery)) == [
        "a capital city 1_3, named by Bo",
        "France 0_7, named by Ann, for all graphs of these features",
    ]


def test_a_label_of_one_position_wins_there_only() -> None:
    own = Annotations.model_validate({"labels": {"1_3_4": {"text": "here"}}})
    shared = FeatureLabels.model_validate({"labels": {"1_3": {"text": "everywhere"}}})
    both = shared.added_to(own, make_graph())
    labels = [both.label_of(one) for one in ("1_3_4", "1_3_5")]
    assert [one and one.text for one in labels] == ["here", "everywhere"]


def test_the_viewer_gets_them(gallery: GalleryFolder) -> None:
    page(gallery)
    (data,) = (gallery.root / "public" / "graphs" / "france-paris").glob("data.*.json")
    assert "capitals" in data.read_text()


def test_another_sources_graphs_have_none_of_them(gallery: GalleryFolder) -> None:
    (gallery.root / FILE).rename(gallery.root / "site_src/labels/other.neurons.yaml")
    assert 'id="names"' not in page(gallery)


def test_exports_hold_them(gallery: GalleryFolder) -> None:
    upload = json.loads(export(gallery.root, "france-paris", "neuronpedia"))
    assert "capitals" in {node["clerp"] for node in upload["nodes"]}
    tables = zipfile.ZipFile(io.BytesIO(export(gallery.root, "france-paris", "csv")))
    rows = list(csv.reader(io.StringIO(tables.read("nodes.csv").decode())))
    assert any("capitals" in row for row in rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('labels: {"1_3_4": {text: x}}', "yaml:1:10: `labels.1_3_4`"),
        ("labels: {x: {text: x}}", "yaml:1:10: `labels.x`: name a feature as"),
        ('labels: {"1_3": {txt: x}}', "yaml:1:18: unknown key `txt`; did you mean `text`?"),
        ("groups: {}", "yaml:1:1: unknown key `groups`; known keys: labels"),
    ],
)
def test_a_mistake_is_told_with_its_place(gallery: GalleryFolder, text: str, message: str) -> None:
    with pytest.raises(Problems, match=re.escape(message)):
        load_feature_labels(gallery.write(FILE, text))


def test_a_mistake_is_told_once_however_many_graphs_there_are(gallery: GalleryFolder) -> None:
    make_graph().save(gallery.root / "graphs" / "other" / "1.json")
    gallery.write(FILE, "labels: 3\n")
    with pytest.raises(Problems) as caught:
        build(gallery.root, gallery.root / "public")
    assert len(caught.value.problems) == 1


def test_a_note_for_all_graphs_cannot_link_into_one(gallery: GalleryFolder) -> None:
    gallery.write(FILE, 'labels:\n  "1_3": {text: x, note: "[y](node:1_3_4)"}\n')
    with pytest.raises(Problems, match=r"neurons\.yaml:2:26: `node:1_3_4` needs a graph"):
        page(gallery)
