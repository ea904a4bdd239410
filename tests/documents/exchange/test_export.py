"""Graphs out: Neuronpedia's file, and tables that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import jsonschema
import pytest

from tests.everyday import everyday
from tests.galleries import GalleryFolder, make_gallery
from tests.heads_part import heads
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.exchange.csv_tables import table
from tracer.documents.exchange.export import export
from tracer.documents.exchange.import_graph import import_graph
from tracer.documents.exchange.share_link import find_graph
from tracer.documents.graph import load_graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.parts.parts import Parts, heads_file
from tracer.errors import TracerError

REPOSITORY = Path(__file__).parents[3]
SCHEMA = REPOSITORY / "tests" / "data" / "neuronpedia" / "graph.schema.json"
SLUGS = GraphFolder(REPOSITORY / "graphs").slugs()

ANNOTATIONS = """\
labels:
  "1_3":   {text: =HYPERLINK("x")}
  "0_7_4": {text: France}
groups:
  france:  {name: about France, nodes: ["0_7", "1_3_4"]}
pins: ["1_9_5", "group:france"]
"""


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    made = make_gallery(tmp_path / "gallery")
    made.write("site_src/annotations/france-paris.yaml", ANNOTATIONS)
    return made


def test_neuronpedias_file_has_what_people_say(gallery: GalleryFolder) -> None:
    data = json.loads(export(gallery.root, "france-paris", "neuronpedia"))
    names = {node["node_id"]: node["clerp"] for node in data["nodes"]}
    assert names["0_7_4"] == "France"
    assert names["1_3_4"] == '=HYPERLINK("x")'
    assert names["E_2_2"] == 'Embedding " capital"'
    assert data["qParams"]["supernodes"] == [["about France", "0_7_4", "1_3_4"]]
    assert data["qParams"]["pinnedIds"] == ["1_9_5", "0_7_4", "1_3_4"]


def test_neuronpedias_schema_accepts_it(gallery: GalleryFolder, published: Path) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.validate(json.loads(export(gallery.root, "france-paris", "neuronpedia")), schema)
    for file in sorted(published.glob("*.json")):
        slug = import_graph(find_graph(str(file)), gallery.root).slug
        jsonschema.validate(json.loads(export(gallery.root, slug, "neuronpedia")), schema)


@pytest.mark.parametrize("slug", everyday(SLUGS, ["colosseum-italian", "boy-girl"]))
def test_our_own_graphs_with_their_annotations_pass_too(slug: str) -> None:
    data = json.loads(export(REPOSITORY, slug, "neuronpedia"))
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    said = REPOSITORY / "site_src" / "annotations" / f"{slug}.yaml"
    assert bool(data["qParams"]["supernodes"]) == bool(load_annotations(said)[0].groups)


def test_out_and_in_again_keeps_groups_and_pins(gallery: GalleryFolder, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    file.write_bytes(export(gallery.root, "france-paris", "neuronpedia"))
    again = import_graph(find_graph(str(file)), tmp_path / "other").annotations
    assert isinstance(again, Annotations)
    assert again.groups["about-france"].nodes == ("0_7_4", "1_3_4")
    assert again.pins == ("1_9_5", "0_7_4", "1_3_4")
    assert again.labels["0_7"].text == "France"


def read_tables(data: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    return {name: list(csv.DictReader(io.StringIO(text))) for name, text in texts.items()}


def test_what_heads_did_has_tables_of_its_own(gallery: GalleryFolder) -> None:
    file = gallery.root / "graphs" / "france-paris" / "1.json"
    info = load_graph(file).metadata.tracer
    assert info is not None
    Parts(heads=heads(graph_id=info.graph_id)).save(file)
    found = read_tables(export(gallery.root, "france-paris", "csv"))
    assert list(found) == ["nodes.csv", "links.csv", "heads.csv", "looks.csv"]
    rows = [(one["source"], one["target"], one["head"]) for one in found["heads.csv"]]
    assert ("France", "no group", "0.1") in rows and ("the start", "the answer", "1.0") in rows
    assert {one["carried"] for one in found["heads.csv"]} == {"0.5", "0.125"}
    first, second = found["looks.csv"]
    assert (first["from"], first["from_tokens"], first["to_token"]) == ("4", " France", " is")
    assert (first["score"], second["score"]) == ("3.5", "")
    heads_file(file).write_bytes(b"broken")
    with pytest.raises(TracerError, match=r"1\.heads\.bin"):
        export(gallery.root, "france-paris", "csv")


def test_tables_hold_every_node_and_link(gallery: GalleryFolder) -> None:
    data = export(gallery.root, "france-paris", "csv")
    found = read_tables(data)
    graph = load_graph(gallery.root / "graphs" / "france-paris" / "1.json")
    assert list(found) == ["nodes.csv", "links.csv"]
    assert [row["node_id"] for row in found["nodes.csv"]] == graph.node_ids
    rows = {row["node_id"]: row for row in found["nodes.csv"]}
    assert rows["0_7_4"]["groups"] == "about France"
    assert (rows["0_7_4"]["pinned"], rows["1_11_5"]["pinned"]) == ("yes", "")
    assert (rows["1_11_5"]["effect"], rows["1_11_5"]["token"]) == ("-0.3", " is")
    assert (rows["3_42_5"]["probability"], rows["0_7_4"]["probability"]) == ("0.81", "")
    links = [(one["source"], one["target"], float(one["weight"])) for one in found["links.csv"]]
    assert sorted(links) == sorted((one.source, one.target, one.weight) for one in graph.links)
    places = [(graph.node_ids.index(target), graph.node_ids.index(s)) for s, target, _ in links]
    assert places == sorted(places)
    assert (rows["3_42_5"]["label"], rows["E_2_2"]["label"]) == (" Paris", "")
    assert export(gallery.root, "france-paris", "csv") == data, "the same bytes each time"


def test_no_cell_is_a_formula(gallery: GalleryFolder) -> None:
    rows = read_tables(export(gallery.root, "france-paris", "csv"))["nodes.csv"]
    named = next(row for row in rows if row["node_id"] == "1_3_4")
    assert named["label"] == '\'=HYPERLINK("x")'
    for start in ("=", "+", "-", "@", " =", "\t=", "\r", "\n"):
        text = table(["a"], [[f"{start}1"]])
        (cell,) = list(csv.reader(io.StringIO(text, newline="")))[1]
        assert cell == f"'{start}1"
    assert table(["a"], [[-2.5]]) == "a\r\n-2.5\r\n", "numbers stay numbers"


def test_quoting_is_rfc_4180s() -> None:
    assert table(["a", "b"], [['say "x", y', None]]) == 'a,b\r\n"say ""x"", y",\r\n'


def test_mistakes_name_what_there_is(gallery: GalleryFolder) -> None:
    with pytest.raises(TracerError, match="no graph `france-pari`; did you mean `france-paris`"):
        export(gallery.root, "france-pari", "csv")
    with pytest.raises(TracerError, match="the graph has no revision 3; there is 1"):
        export(gallery.root, "france-paris", "csv", revision=3)
    with pytest.raises(TracerError, match="known: none"):
        export(gallery.root / "site_src", "a", "csv")
    (gallery.root / "graphs" / "france-paris" / "2.json").write_text("{")
    with pytest.raises(TracerError, match="cut short"):
        export(gallery.root, "france-paris", "neuronpedia")
    assert export(gallery.root, "france-paris", "neuronpedia", revision=1)
