"""What one takes away from a graph's page: links, frames, citations, pictures, tables."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.builders import make_graph
from tests.galleries import make_gallery
from tracer.documents.graph import load_graph
from tracer.site.build import build

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """One graph in two revisions, with a label that a spreadsheet would run."""
    gallery = make_gallery(tmp_path / "gallery")
    graph = make_graph()
    nodes = tuple(
        one.model_copy(update={"activation": -2.0}) if one.node_id == "1_3_4" else one
        for one in graph.nodes
    )
    newer = graph.model_copy(update={"nodes": nodes})
    newer.save(gallery.root / "graphs" / "france-paris" / "2.json")
    labels = 'labels: {"1_3": {text: "=cmd|calc,\\"x\\""}}'
    gallery.write("site_src/annotations/france-paris.yaml", labels)
    gallery.write(
        "site_src/write-ups/france-paris.md",
        "---\ntitle: 50 % of {Paris}\nauthors: [Ann Bo, Cy]\ndate: 2026-02-01\n---\nText.\n",
    )
    build(gallery.root, tmp_path / "host" / "sub")
    return tmp_path / "host" / "sub"


@pytest.fixture
def site(built: Path, serve_folder: Callable[[Path], str]) -> str:
    return serve_folder(built.parent) + "sub/"


def open_share(page: Page) -> None:
    page.get_by_role("button", name="Share…").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def saved(page: Page, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_text(button, exact=True).click()
    return Path(download.value.path()).read_text("utf-8")


def test_the_link_holds_the_view_and_its_revision(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/?clickedId=1_9_5&weight=0.1")
    open_share(page)
    link = page.get_by_label("Link to this view").input_value()
    assert link.endswith("france-paris/?clickedId=1_9_5&weight=0.1&revision=2#viewer")
    cited = page.get_by_label("Cite it").input_value()
    assert f"url = {{{link}}}," in cited
    assert r"title = {{50 \% of \{Paris\} (attribution graph, revision 2)}}" in cited
    assert "author = {{Ann Bo} and {Cy}}" in cited
    assert "year = {2026}" in cited
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Share…")).to_be_focused()


def test_a_link_to_an_older_revision_leads_to_where_it_is_kept(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/?clickedId=1_9_5&revision=1#viewer")
    expect(page).to_have_url(re.compile(r"/france-paris/1/\?(?=.*clickedId=1_9_5).*#viewer$"))
    expect(page.locator("#viewer .node-name")).to_have_text("Neuron 9")
    expect(page.locator(".notice")).to_contain_text("This is revision 1.")
    page.goto(f"{site}graphs/france-paris/?revision=../../x")
    expect(page.locator("#viewer .node-name")).to_have_text("Where to begin")


def test_a_frame_elsewhere_shows_the_bare_viewer(
    page: Page, site: str, tmp_path: Path, serve_folder: Callable[[Path], str]
) -> None:
    page.goto(f"{site}graphs/france-paris/?clickedId=1_9_5")
    open_share(page)
    frame = page.get_by_label("Embed it").input_value()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "index.html").write_text(
        f'<!doctype html><html lang="en"><link rel="icon" href="data:,"><p>Before</p>{frame}'
    )
    page.set_viewport_size({"width": 700, "height": 900})
    page.goto(serve_folder(tmp_path / "elsewhere"))
    inside = page.frame_locator("iframe")
    expect(inside.locator("#viewer .node-name")).to_have_text("Neuron 9")
    expect(inside.locator(".site-head")).to_be_hidden()
    expect(inside.locator("h1")).to_have_text("50 % of {Paris}")
    expect(inside.locator("#circuit")).to_be_hidden()
    width = inside.locator("html").evaluate("html => html.scrollWidth - html.clientWidth")
    assert width == 0
    source = inside.locator(".embed-source a")
    # The viewer may rewrite the address before or after the line is written.
    either = r"\?(clickedId=1_9_5&revision=2|revision=2&clickedId=1_9_5)"
    expect(source).to_have_attribute("href", re.compile(f"{either}#viewer$"))
    inside.locator("#viewer .inputs button").first.click()
    expect(inside.locator("#viewer .node-name")).to_have_text("“\u00a0is”")


@pytest.fixture
def own_site(own_gallery: Path, serve_folder: Callable[[Path], str]) -> str:
    return serve_folder(own_gallery)


@pytest.mark.parametrize("width", [760, 390])
def test_a_frame_shows_the_graph_down_to_its_words(page: Page, own_site: str, width: int) -> None:
    page.goto(f"{own_site}graphs/john-and-mary/")
    open_share(page)
    frame = page.get_by_label("Embed it").input_value()
    page.set_viewport_size({"width": width, "height": 1200})
    page.evaluate("(frame) => { document.body.innerHTML = frame; }", frame)
    stage = page.frame_locator("iframe").locator("#viewer-stage:has(.graph-tokens text)")
    end = stage.evaluate("(one) => one.getBoundingClientRect().bottom - innerHeight")
    assert -150 < end < 0


def test_the_command_that_traces_again_keeps_lines_and_indents(
    page: Page, tmp_path: Path, serve_folder: Callable[[Path], str]
) -> None:
    gallery = make_gallery(tmp_path / "gallery")
    graph = make_graph(prompt="class Dog:\n    def __init__(self):")
    graph.save(gallery.root / "graphs" / "france-paris" / "2.json")
    build(gallery.root, tmp_path / "host")
    page.goto(f"{serve_folder(tmp_path / 'host')}graphs/france-paris/")
    command = page.locator("#facts code", has_text="tracer trace")
    selected = command.evaluate(
        "(one) => { getSelection().selectAllChildren(one); return getSelection().toString(); }"
    )
    assert shlex.split(selected)[2] == graph.metadata.prompt


def test_full_screen_shows_the_graph_down_to_its_words(page: Page, own_site: str) -> None:
    page.goto(f"{own_site}graphs/john-and-mary/")
    page.get_by_role("button", name="Full screen").click()
    expect(page.locator(".viewer:fullscreen")).to_be_visible()
    expect(page.locator("#viewer-stage")).to_be_in_viewport(ratio=0.99)


def test_tables_hold_the_graphs_own_numbers(page: Page, site: str, built: Path) -> None:
    graph = load_graph(built / "graphs" / "france-paris" / "2.json")
    page.goto(f"{site}graphs/france-paris/?pruningThreshold=0.3&pinnedIds=1_9_5")
    open_share(page)
    links = list(csv.DictReader(io.StringIO(saved(page, "Links, CSV"))))
    found = {(row["source"], row["target"]): float(row["weight"]) for row in links}
    assert found == {(link.source, link.target): link.weight for link in graph.links}
    nodes = {r["node_id"]: r for r in csv.DictReader(io.StringIO(saved(page, "Nodes, CSV")))}
    assert list(nodes) == graph.node_ids
    assert nodes["1_3_4"]["label"] == '\'=cmd|calc,"x"'
    assert nodes["1_3_4"]["activation"] == "-2"
    assert (nodes["1_3_4"]["shown"], nodes["1_9_5"]["shown"]) == ("", "yes")
    assert (nodes["1_9_5"]["pinned"], nodes["1_3_4"]["pinned"]) == ("yes", "")
    assert nodes["3_42_5"]["probability"] == "0.81"
    assert saved(page, "Whole graph, JSON") == graph.to_json()


def test_pictures_stand_on_their_own(page: Page, site: str, tmp_path: Path) -> None:
    page.goto(f"{site}graphs/france-paris/?clickedId=1_9_5")
    open_share(page)
    circuit = saved(page, "Circuit, SVG")
    links = saved(page, "Link graph, SVG")
    for text in (circuit, links):
        root = ET.fromstring(text)
        assert root.tag == f"{SVG}svg"
        assert not re.search(r"[\s](class|style|href|onload)=", text)
    paths = ET.fromstring(links).findall(f"./{SVG}g/{SVG}path")
    drawn = [one for one in paths if one.get("stroke-width")]
    assert len(drawn) == 3  # two inputs and one output
    assert len({one.get("stroke") for one in drawn}) == 1
    words = " ".join(one.text or "" for one in ET.fromstring(links).iter(f"{SVG}text"))
    assert "neuron 9" in words
    assert "Paris" in words
    # The same colours as on the page, with no style sheet beside them.
    answer = page.locator("#circuit .circuit.wide rect.box.answer")
    fill = answer.evaluate("box => getComputedStyle(box).fill")
    assert fill in {one.get("fill") for one in ET.fromstring(circuit).iter(f"{SVG}rect")}


def test_everything_is_one_file(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/")
    open_share(page)
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_text("Everything, ZIP", exact=True).click()
    with zipfile.ZipFile(download.value.path()) as found:
        assert found.testzip() is None
        names = set(found.namelist())
        graph = found.read("france-paris-2.json")
        cited = found.read("france-paris.bib").decode()
    made = ("circuit.svg", "links.svg", "nodes.csv", "links.csv")
    assert names >= {f"france-paris-{one}" for one in made}
    assert json.loads(graph)["metadata"]["slug"] == "france-paris" and "Ann Bo" in cited
