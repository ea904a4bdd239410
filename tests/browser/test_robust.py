"""Hostile words, odd graphs and damaged addresses, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.foreign_graphs import foreign_graph, foreign_node
from tests.galleries import GalleryFolder, make_gallery
from tracer.documents.graph import Graph
from tracer.site.build import build

HOSTILE = """"><img src=x onerror="document.title='owned'"><svg onload="document.title='owned'">"""

AS_FORWARD_DOES = """(address) => {
  history.pushState(null, "", address);
  dispatchEvent(new PopStateEvent("popstate"));
}"""


@pytest.fixture
def publish(tmp_path: Path, serve_folder: Callable[[Path], str]) -> Callable[[GalleryFolder], str]:
    def made(gallery: GalleryFolder) -> str:
        build(gallery.root, tmp_path / "out")
        return serve_folder(tmp_path / "out")

    return made


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    return make_gallery(tmp_path / "gallery")


def unharmed(page: Page) -> None:
    page.wait_for_timeout(100)
    assert "owned" not in page.title()
    assert page.locator("img[src='x'], svg[onload]").count() == 0


def test_hostile_yaml_is_text_everywhere(
    page: Page, gallery: GalleryFolder, publish: Callable[[GalleryFolder], str]
) -> None:
    word = json.dumps(HOSTILE)
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        f"labels:\n  '1_3': {{text: {word}, by: {word}, note: {word}}}\n"
        f"groups:\n  bad: {{name: {word}, nodes: ['1_3_4'], by: {word}, note: {word}}}\n",
    )
    address = publish(gallery)
    page.goto(f"{address}graphs/france-paris/")
    row = page.locator("#viewer .details [data-node='1_3_4']")
    row.hover()
    expect(page.locator("#viewer .graph-tooltip strong")).to_have_text(HOSTILE)
    row.click()
    expect(page.locator("#viewer .node-name")).to_have_text(HOSTILE)
    page.get_by_role("button", name="Share…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    unharmed(page)
    page.goto(f"{address}compare/?a=france-paris&b=france-paris&row=1_3")
    expect(page.locator(".compare-status")).to_contain_text(HOSTILE)
    unharmed(page)


@pytest.mark.parametrize(
    "query",
    [
        "clickedId={h}&pinnedIds={h},1_3_4&q={h}&kinds={h}&weight={h}&sign={h}",
        "pruningThreshold=NaN&weight=1e999&sign=__proto__&clickedId=constructor",
        "supernodes={h}&clerps={h}&pruningThreshold=-3&weight=-1&revision={h}",
        "q=" + "x" * 5000 + "&pinnedIds=" + "9_9_9," * 1000,
        "q=%E0%A4%A&clickedId=%",
    ],
)
def test_any_address_opens(
    page: Page, gallery: GalleryFolder, publish: Callable[[GalleryFolder], str], query: str
) -> None:
    page.goto(f"{publish(gallery)}graphs/france-paris/?{query.format(h=quote(HOSTILE))}")
    expect(page.locator("#viewer .hidden-count")).to_contain_text("13 nodes")
    page.locator("#viewer .graph-stage").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#viewer .node-name")).to_have_text("“\u00a0Paris” 81 %")
    unharmed(page)


def crm() -> dict[str, Any]:
    """Replacement of attention, too: other types and ids, and fields nobody else writes."""
    fields = foreign_graph()
    fields["nodes"] += [
        foreign_node("2_77_4", "lorsa", node_id="2_lor_77_4", layer=2),
        foreign_node("2_1_4", "lorsa error", node_id="2_lorsa_error_4", layer="2"),
        foreign_node("3_5_4", "bias", node_id="3_bias_4", influence=None, activation=None),
    ]
    fields["links"].append({"source": "2_lor_77_4", "target": "3_10_4", "weight": 0.5})
    fields["qk_tracing_results"] = {"2_lor_77_4": []}
    fields["qk_only_nodes"] = []
    return fields


def nulls() -> dict[str, Any]:
    fields = foreign_graph()
    fields["qParams"] = {"linkType": None, "pinnedIds": None, "supernodes": None, "clickedId": None}
    for node in fields["nodes"]:
        node |= {"influence": None, "activation": None, "clerp": None, "feature": None}
        del node["token_prob"]
    return fields


def saved_as_text() -> dict[str, Any]:
    fields = foreign_graph()
    fields["qParams"] = {"pinnedIds": "['3_10_4']", "supernodes": "[['a', '3_10_4']]"}
    for node in fields["nodes"]:
        if node["feature_type"] == "logit":
            node["clerp"] = "in"
    return fields


def bare() -> dict[str, Any]:
    fields = foreign_graph()
    fields.pop("qParams", None)
    fields["links"] = []
    return fields


@pytest.mark.parametrize("make", [crm, nulls, saved_as_text, bare])
def test_odd_graphs_open_and_each_of_their_nodes_can_be_looked_at(
    page: Page,
    gallery: GalleryFolder,
    publish: Callable[[GalleryFolder], str],
    make: Callable[[], dict[str, Any]],
) -> None:
    graph = Graph.model_validate(make())
    graph.save(gallery.root / "graphs" / "odd" / "1.json")
    address = publish(gallery)
    page.goto(f"{address}graphs/odd/")
    expect(page.locator("#viewer .hidden-count")).to_have_text(
        f"All {len(graph.nodes)} nodes shown"
    )
    for node in graph.nodes:
        page.evaluate(AS_FORWARD_DOES, f"?clickedId={quote(node.node_id)}")
        expect(page.locator("#viewer .figures dd").last).to_have_text(node.node_id)


def test_a_feature_at_many_positions_is_there_at_each(
    page: Page, gallery: GalleryFolder, publish: Callable[[GalleryFolder], str]
) -> None:
    fields = foreign_graph()
    same = [foreign_node(f"5_123_{position}") for position in range(5)]
    fields["nodes"] = [*same, *(n for n in fields["nodes"] if not n["node_id"].startswith("5_123"))]
    Graph.model_validate(fields).save(gallery.root / "graphs" / "many" / "1.json")
    page.goto(f"{publish(gallery)}graphs/many/?q=id:5_123")
    expect(page.locator("#viewer .found")).to_have_text("5 nodes found")


def test_where_the_panels_do_not_load_the_graph_is_there_and_says_so(
    browser: Browser, gallery: GalleryFolder, publish: Callable[[GalleryFolder], str]
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.route("**/panels/parts.js", lambda route: route.abort())
    page.goto(publish(gallery) + "graphs/france-paris/")
    expect(page.locator("#viewer .viewer-side")).to_contain_text("could not be loaded. Reload")
    expect(page.locator("#viewer .hidden-count")).to_have_text("All 13 nodes shown")
    expect(page.locator("#circuit svg.circuit:visible")).to_have_count(1)
    page.locator("#viewer .graph-stage").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#viewer .announcement")).to_contain_text("Paris")
    page.get_by_role("button", name="Edit names and groups").click()
    expect(page.locator("#viewer .edit-bar")).to_contain_text("cannot be edited here")
    context.close()
