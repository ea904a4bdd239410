"""Two graphs side by side, curated and by query, from static files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.builders import make_graph
from tests.galleries import GalleryFolder, make_gallery
from tests.site.graph.test_alignment import moved
from tracer.errors import Problems
from tracer.site.build import build

TEXT = (
    "---\ntitle: Paris twice\n---\nTwo graphs of [one question](../../../graphs/france-paris/).\n"
)


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    """`france-paris` and `moved`, which share three features; `tuned`, of another checkpoint; and
    `other`, of another model."""
    gallery = make_gallery(tmp_path / "gallery")
    moved(make_graph(), "tiny.neurons").save(gallery.root / "graphs" / "moved" / "1.json")
    moved(make_graph(), "tuned").save(gallery.root / "graphs" / "tuned" / "1.json")
    moved(make_graph(), "other", d_model=7).save(gallery.root / "graphs" / "other" / "1.json")
    for slug in ("france-paris", "other"):
        labels = '{labels: {"1_3": {text: "<b>France</b>"}}}'
        gallery.write(f"site_src/annotations/{slug}.yaml", labels)
    gallery.write("site_src/comparisons/france-paris--moved.md", TEXT)
    return gallery


@pytest.fixture
def site(gallery: GalleryFolder, tmp_path: Path, serve_folder: Callable[[Path], str]) -> str:
    build(gallery.root, tmp_path / "host" / "sub")
    return serve_folder(tmp_path / "host") + "sub/"


def rows(page: Page, name: str) -> list[str]:
    return page.get_by_role("list", name=name).locator(".name").all_inner_texts()


def test_two_graphs_by_query_are_aligned_and_a_row_lights_up_both(page: Page, site: str) -> None:
    page.goto(f"{site}compare/?a=france-paris&b=moved")
    expect(page.locator(".compared .aligned-by")).to_contain_text("aligned feature by feature")
    shared = rows(page, "In both, largest change first")
    assert set(shared) == {"<b>France</b>", "neuron 7 of layer 0", "neuron 9 of layer 1"}
    assert rows(page, "Only on the left") == ["neuron 11 of layer 1"]
    page.get_by_role("button", name="neuron 7 of layer 0").click()
    chosen = page.locator(".compared .graph-labels .chosen")
    expect(chosen).to_have_text(["neuron 7", "neuron 7"])
    expect(page.locator(".compare-status")).to_contain_text("neuron 7 of layer 0: influence left")
    expect(page).to_have_url(re.compile("row=0_7$"))
    page.reload()
    expect(chosen).to_have_count(2)
    page.go_back()
    expect(page.locator(".compared .graph-labels .chosen")).to_have_count(0)


def test_a_node_chosen_on_one_side_is_shown_on_the_other(page: Page, site: str) -> None:
    page.goto(f"{site}compare/?a=france-paris&b=moved")
    stage = page.get_by_role("application", name="Link graph on the left")
    stage.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".compared .graph-labels .chosen")).to_have_text(
        ["<b>France</b>", "neuron 3"]
    )
    expect(page.locator(".compare-status")).to_contain_text("<b>France</b>: influence left 42.1 %")


def test_across_sources_names_are_aligned_and_the_page_says_so(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/")
    page.get_by_role("link", name="Compare with another graph").click()
    expect(page.locator(".compare-status")).to_have_text("Choose two graphs.")
    expect(page.get_by_label("Left")).to_have_value("france-paris")
    page.get_by_label("Right").select_option("other")
    expect(page).to_have_url(re.compile(r"\?a=france-paris&b=other$"))
    expect(page.locator(".compared .aligned-by")).to_contain_text("different features")
    expect(page.locator(".compared .aligned-by")).to_contain_text("tiny.neurons and other")
    assert rows(page, "In both, largest change first") == ["<b>France</b>"]
    page.locator("#side-b").select_option("tuned")
    expect(page.locator(".compared .aligned-by")).to_contain_text("models of one architecture")
    expect(page.get_by_role("list", name="In both").locator(".name")).to_have_count(3)


def test_an_unknown_graph_is_said_to_be_unknown(page: Page, site: str) -> None:
    page.goto(f"{site}compare/?a=<img src=x onerror=alert(1)>&b=moved")
    expect(page.locator(".compare-status")).to_contain_text("has no graph “<img src=x")
    assert page.locator("#compare img").count() == 0


def test_a_curated_comparison_is_complete_without_scripts_and_agrees_with_the_script(
    browser: Browser, page: Page, site: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{site}compare/france-paris/moved/")
    expect(plain.locator("h1")).to_have_text("Paris twice")
    expect(plain.locator(".aligned-by")).to_contain_text("aligned feature by feature")
    tables = [
        [re.sub(r"\s+", " ", row) for row in table.locator("tbody tr").all_inner_texts()]
        for table in plain.locator("table").all()
    ]
    assert len(tables) == 2  # nothing is only on the right
    plain.goto(f"{site}compare/")
    expect(plain.get_by_role("link", name="Paris twice")).to_be_visible()
    context.close()
    page.goto(f"{site}compare/france-paris/moved/")
    page.get_by_role("link", name="Explore the two graphs side by side").click()
    for name, table in zip(
        ["In both, largest change first", "Only on the left"], tables, strict=True
    ):
        items = page.get_by_role("list", name=name).locator("button")
        expect(items).to_have_count(len(table))
        spoken = [re.sub(r"\s*left (.*), right ", r" \1 ", one) for one in items.all_inner_texts()]
        assert [re.sub(r"\s+", " ", one) for one in spoken] == table


def test_a_broken_data_file_is_said_to_be_broken(page: Page, site: str, tmp_path: Path) -> None:
    (data,) = (tmp_path / "host" / "sub" / "graphs" / "moved").glob("data.*.json")
    data.write_text(json.dumps({"format": 99}))
    page.goto(f"{site}compare/?a=france-paris&b=moved")
    expect(page.locator(".compare-status")).to_contain_text("not a graph this page can read")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("france-paris--mvoed.md", "there is no graph `mvoed`"),
        ("france-paris.md", "does not say which two graphs"),
        ("moved--moved.md", "compared with itself"),
    ],
)
def test_a_comparison_of_what_is_not_there_is_an_error(
    gallery: GalleryFolder, tmp_path: Path, name: str, says: str
) -> None:
    gallery.write(f"site_src/comparisons/{name}", "text")
    with pytest.raises(Problems, match=re.escape(says)):
        build(gallery.root, tmp_path / "out")


def test_of_many_graphs_parts_of_a_list_are_fetched(
    gallery: GalleryFolder,
    tmp_path: Path,
    serve_folder: Callable[[Path], str],
    page: Page,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tracer.site.pages.choices.IN_THE_PAGE", 2)
    monkeypatch.setattr("tracer.site.pages.choices.IN_A_FILE", 2)
    build(gallery.root, tmp_path / "host" / "many", processes=1)
    site = serve_folder(tmp_path / "host") + "many/"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}compare/?a=tuned")
    left, right = page.locator("#side-a"), page.locator("#side-b")
    expect(left).to_have_value("tuned")
    html = (tmp_path / "host" / "many" / "compare" / "index.html").read_text(encoding="utf-8")
    assert "<option dir" not in html
    page.fill("#find-b", "fr")
    expect(right.locator("option")).to_have_text(["Choose a graph", re.compile("france-paris")])
    right.select_option("france-paris")
    expect(page.locator(".compared .aligned-by")).to_contain_text("models of one architecture")
    page.goto(f"{site}compare/?a=nobody&b=moved")
    expect(page.locator(".compare-status")).to_contain_text("has no graph “nobody”")
    assert {url.rpartition("/")[2] for url in asked if "/graphs/" in url and "compare" in url} == {
        "0.json",
        "1.json",
    }
