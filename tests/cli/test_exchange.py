"""`tracer import` and `tracer export` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from tests.cli.test_commands import tracer as run
from tests.foreign_graphs import foreign_graph
from tests.galleries import make_gallery
from tracer.cli import tracer


def test_import_says_what_it_wrote_and_what_it_left_out(tmp_path: Path) -> None:
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps(foreign_graph()))
    link = "https://viewer.example/m/graph?slug=a&pinnedIds=E_1_1&clickedId=4_12_4"
    arguments = ["import", link, "--graph", str(file), "--root", str(tmp_path), "--slug", "mine"]
    done = CliRunner().invoke(tracer, arguments)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "graphs/mine/1.json: 12 nodes, 5 links",
        "site_src/annotations/mine.yaml: 4 labels, 2 groups, 1 pin",
        "note: left out, as the graph has no such node: 9_9_9",
        "the link's view, once built: graphs/mine/?clickedId=4_12_4#viewer",
    ]
    written = tmp_path / "site_src" / "annotations" / "mine.yaml"
    header = written.read_text().splitlines()[0]  # by which editors complete and check
    schema = written.parent / header.removeprefix("# yaml-language-server: $schema=")
    assert "labels" in json.loads(schema.read_text())["properties"]
    again = CliRunner().invoke(tracer, arguments)
    assert again.output.startswith("graphs/mine/1.json is the same: nothing written\n")


def test_import_refuses_in_one_line(tmp_path: Path) -> None:
    for source, words in (
        ("absent.json", "absent.json: no such file"),
        ("http://example.org/a.json", "only https addresses are"),
    ):
        done = run("import", source, cwd=tmp_path)
        assert done.returncode == 1
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_export_writes_where_it_is_told(tmp_path: Path) -> None:
    make_gallery(tmp_path)
    for form, name in (("neuronpedia", "france-paris.neuronpedia.json"), ("csv", "out.zip")):
        out = tmp_path / name
        arguments = ["export", "france-paris", "--format", form, "--out", str(out)]
        done = CliRunner().invoke(tracer, [*arguments, "--root", str(tmp_path)])
        assert done.exit_code == 0, done.output
        assert str(out) in done.output
        assert out.stat().st_size > 500
    unknown = CliRunner().invoke(tracer, ["export", "france-paris", "--format", "xml"])
    assert unknown.exit_code == 2
    assert "'xml' is not one of 'neuronpedia', 'csv'" in unknown.output


def test_export_names_its_file_after_the_graph(tmp_path: Path) -> None:
    make_gallery(tmp_path)
    assert run("export", "france-paris", "--format", "csv", cwd=tmp_path).returncode == 0
    assert (tmp_path / "france-paris.csv.zip").exists()


def test_trace_offers_what_the_engine_takes() -> None:
    text = run("trace", "--help").stdout
    for option in ("--target", "--contrast", "--target-feature", "--position", "--model", "--out"):
        assert option in text
