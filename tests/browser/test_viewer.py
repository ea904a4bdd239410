"""The interactive graph, driven with a real mouse and keyboard under the site's own policy."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from html import escape
from itertools import combinations
from pathlib import Path
from typing import Any

import jinja2
import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.builders import make_graph
from tests.large_graph import large_graph
from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph, load_graph
from tracer.site.graph.viewer_data import encode

ROOT = Path(__file__).parents[2]
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Graph</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/styles/tokens.css">
<link rel="stylesheet" href="assets/styles/viewer.css">
<script type="module" src="assets/viewer/main.js"></script></head>
<body><main>
<p><a id="one" href="?clickedId=1_3_4#viewer" data-nodes="1_3_4">France</a>
<a id="two" href="?pinnedIds=1_9_5#viewer" data-nodes="1_9_5 0_7_4">both</a></p>
{viewer}</main></body></html>
"""

OpenViewer = Callable[..., str]


@pytest.fixture
def site(tmp_path: Path, serve_folder: Callable[[Path], str]) -> OpenViewer:
    """Writes a page with the viewer for a graph and gives its address."""
    shutil.copytree(ROOT / "assets", tmp_path / "assets")
    part = jinja2.Environment(autoescape=True).from_string(
        (ROOT / "templates" / "parts" / "viewer.html").read_text("utf-8")
    )

    def write(graph: Graph, annotations: dict[str, Any] | None = None) -> str:
        data = encode(graph, Annotations.model_validate(annotations or {}))
        (tmp_path / "graph.json").write_bytes(data)
        viewer = part.render(data_url="graph.json", assets_url="assets/")
        page = PAGE.format(policy=escape(POLICY), viewer=viewer)
        (tmp_path / "index.html").write_text(page, "utf-8")
        return serve_folder(tmp_path)

    return write


def heading(page: Page) -> Locator:
    return page.locator("#viewer .node-name")


def rows(page: Page, side: str) -> list[tuple[str | None, str]]:
    """The ids and weights that a list of connections shows."""
    buttons = page.locator(f"#viewer .{side} .node-rows button").all()
    return [(one.get_attribute("data-node"), one.locator(".value").inner_text()) for one in buttons]


def click_label(page: Page, text: str) -> None:
    """Clicks the node that the written name belongs to: 7 pixels beside it."""
    label = page.locator("#viewer .graph-labels text", has_text=text)
    box, anchor = label.bounding_box(), label.get_attribute("text-anchor")
    assert box is not None
    x = box["x"] - 7 if anchor == "start" else box["x"] + box["width"] + 7
    page.mouse.click(x, box["y"] + box["height"] / 2)


NAMED = {"labels": {"1_3": {"text": "France", "by": "ann", "confidence": "high", "note": "seen"}}}


def test_a_click_selects_the_node_and_lists_its_links(page: Page, site: OpenViewer) -> None:
    page.goto(site(make_graph(), NAMED))
    expect(heading(page)).to_have_text("Where to begin")
    click_label(page, "France")
    expect(heading(page)).to_have_text("France")
    details = page.locator("#viewer .details")
    expect(details).to_contain_text("Neuron 3 of layer 1, at token “\u00a0France” (position 4).")
    expect(details).to_contain_text(
        "Pushes the answer “\u00a0Paris” up against “\u00a0Berlin” by 0.9 logits, all paths summed."
    )
    expect(details).to_contain_text("Named by ann, with high confidence.")
    assert rows(page, "inputs") == [("0_7_4", "+0.9"), ("E_4_4", "+0.4"), ("0_-1_4", "−0.2")]
    assert rows(page, "outputs") == [("3_42_5", "+0.8")]
    expect(page.locator("#viewer .announcement")).to_contain_text("France. Neuron 3 of layer 1")


def test_what_pushes_a_negative_neuron_further_down_strengthens_it(
    page: Page, site: OpenViewer
) -> None:
    graph = make_graph()
    nodes = tuple(
        one.model_copy(update={"activation": -2.0}) if one.node_id == "1_3_4" else one
        for one in graph.nodes
    )
    page.goto(site(graph.model_copy(update={"nodes": nodes})) + "?clickedId=1_3_4")
    expect(heading(page)).to_have_text("Neuron 3")
    assert rows(page, "inputs") == [("0_7_4", "−0.9"), ("E_4_4", "−0.4"), ("0_-1_4", "+0.2")]
    assert rows(page, "outputs") == [("3_42_5", "+0.8")]


def test_a_row_selects_its_node_and_back_returns(page: Page, site: OpenViewer) -> None:
    page.goto(site(make_graph(), NAMED) + "?clickedId=1_3_4")
    page.locator("#viewer .outputs .node-rows button").click()
    expect(heading(page)).to_have_text("“\u00a0Paris” 81 %")
    expect(page).to_have_url(re.compile(r"clickedId=3_42_5$"))
    page.go_back()
    expect(heading(page)).to_have_text("France")
    page.go_forward()
    expect(heading(page)).to_have_text("“\u00a0Paris” 81 %")


def test_an_answers_box_can_be_clicked_and_an_empty_spot_clears(
    page: Page, site: OpenViewer
) -> None:
    page.goto(site(make_graph()))
    box = page.locator("#viewer .graph-answers rect").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 10, box["y"] + 10)
    expect(heading(page)).to_have_text("“\u00a0Paris” 81 %")
    page.mouse.click(box["x"] - 300, box["y"] + 10)
    expect(heading(page)).to_have_text("Where to begin")


def test_search_offers_nodes_and_enter_takes_the_first(page: Page, site: OpenViewer) -> None:
    page.goto(site(make_graph(), NAMED))
    expect(heading(page)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("layer:1 token:is")
    found = page.locator("#viewer .search-results button")
    expect(found).to_have_count(3)
    assert {one.get_attribute("data-node") for one in found.all()} == {
        "1_9_5",
        "1_11_5",
        "1_-1_5",
    }
    expect(page).to_have_url(re.compile("q=layer%3A1"))
    page.locator("#viewer-search").fill("fran layer:1")
    expect(page.locator("#viewer .found")).to_have_text("1 node found")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("France")
    page.locator("#viewer-search").fill("zebra")
    expect(page.locator("#viewer .found")).to_have_text("0 nodes found")


def test_the_slider_hides_weak_nodes_and_says_how_many(page: Page, site: OpenViewer) -> None:
    page.goto(site(make_graph()))
    hidden = page.locator("#viewer .hidden-count")
    expect(hidden).to_have_text("All 13 nodes shown")
    page.locator("#viewer-threshold").fill("0.4")
    expect(hidden).to_have_text("1 of 13 nodes hidden: outside the top 40 % of influence")
    expect(page).to_have_url(re.compile(r"pruningThreshold=0\.4$"))
    page.get_by_label("neurons not listed", exact=True).uncheck()
    expect(hidden).to_have_text(
        "3 of 13 nodes hidden: outside the top 40 % of influence; neurons not listed switched off"
    )
    page.get_by_role("button", name="Reset").click()
    expect(hidden).to_have_text("All 13 nodes shown")
    expect(page.get_by_label("neurons not listed", exact=True)).to_be_checked()


def test_the_address_restores_the_whole_view(page: Page, site: OpenViewer) -> None:
    query = "?clickedId=1_9_5&pinnedIds=0_7_4&pruningThreshold=0.3&kinds=feature,answer&q=layer:0"
    page.goto(site(make_graph()) + query)
    expect(heading(page)).to_have_text("Neuron 9")
    expect(page.locator("#viewer-threshold")).to_have_value("0.3")
    expect(page.locator("#viewer-search")).to_have_value("layer:0")
    expect(page.get_by_label("tokens")).not_to_be_checked()
    expect(page.locator("#viewer .graph-labels .chosen")).to_have_text("neuron 9")
    expect(page.locator("#viewer .hidden-count")).to_contain_text("10 of 13 nodes hidden")


def test_the_keyboard_alone_travels_along_the_strongest_lines(page: Page, site: OpenViewer) -> None:
    page.goto(site(make_graph()))
    expect(heading(page)).to_be_visible()
    page.locator("#viewer .graph-stage").focus()
    for key, name in [
        ("ArrowDown", "“\u00a0Paris” 81 %"),
        ("ArrowDown", "Neuron 3"),
        ("ArrowRight", "Neuron 9"),
        ("ArrowUp", "“\u00a0Paris” 81 %"),
        ("Escape", "Where to begin"),
    ]:
        page.keyboard.press(key)
        expect(heading(page)).to_have_text(name)


def test_pins_outlast_the_selection_until_they_are_cleared(page: Page, site: OpenViewer) -> None:
    page.goto(site(make_graph()) + "?clickedId=1_11_5")
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page).to_have_url(re.compile("pinnedIds=1_11_5"))
    expect(page.get_by_role("button", name="Unpin")).to_be_visible()
    page.locator("#viewer-threshold").fill("0.2")
    page.locator("#viewer .graph-stage").focus()
    page.keyboard.press("Escape")
    expect(heading(page)).to_have_text("1 pinned node")
    expect(page.locator("#viewer .hidden-count")).to_contain_text("2 of 13 nodes hidden")
    page.keyboard.press("Escape")
    expect(heading(page)).to_have_text("Where to begin")
    expect(page.locator("#viewer .hidden-count")).to_contain_text("3 of 13 nodes hidden")


def test_names_in_the_page_light_up_their_nodes(page: Page, site: OpenViewer) -> None:
    group = {"groups": {"both": {"name": "Both of them", "nodes": ["0_7", "1_9_5"], "by": "bo"}}}
    page.goto(site(make_graph(), group))
    expect(heading(page)).to_be_visible()
    page.locator("#one").click()
    expect(heading(page)).to_have_text("Neuron 3")
    page.locator("#two").click()
    expect(heading(page)).to_have_text("Both of them")
    expect(page.locator("#viewer .details .byline")).to_have_text("Grouped by bo.")
    members = page.locator("#viewer .details .node-rows button")
    assert [one.get_attribute("data-node") for one in members.all()] == ["0_7_4", "1_9_5"]
    assert ("E_4_4", "+1.2") in rows(page, "inputs")
    expect(page).to_have_url(re.compile("pinnedIds=0_7_4%2C1_9_5$"))
    page.go_back()
    expect(heading(page)).to_have_text("Neuron 3")


def test_hovering_names_the_node_in_place_and_changes_nothing_else(
    page: Page, site: OpenViewer
) -> None:
    page.goto(site(make_graph(), NAMED))
    label = page.locator("#viewer .graph-labels text")
    before = label.bounding_box()
    assert before is not None
    page.mouse.move(before["x"] - 7, before["y"] + before["height"] / 2)
    tip = page.locator("#viewer .graph-tooltip")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("France")
    expect(tip).to_contain_text("effect +0.9 logits · top 40 % of influence")
    assert label.bounding_box() == before
    expect(heading(page)).to_have_text("Where to begin")
    row = page.locator("#viewer .details [data-node='1_11_5']")
    row.hover()
    expect(tip).to_contain_text("neuron 11")


HOSTILE = '<img src=x onerror="document.title=`broken`"><script>document.title="broken"</script>'


def test_hostile_words_stay_words(page: Page, site: OpenViewer) -> None:
    labels = {"1_3": {"text": HOSTILE, "by": HOSTILE, "note": HOSTILE}}
    groups = {"bad": {"name": HOSTILE, "nodes": ["1_3_4"], "note": HOSTILE}}
    graph = make_graph()
    tokens = [HOSTILE, *graph.metadata.prompt_tokens[1:]]
    metadata = graph.metadata.model_copy(update={"prompt_tokens": tuple(tokens)})
    graph = graph.model_copy(update={"metadata": metadata})
    page.goto(site(graph, {"labels": labels, "groups": groups}) + "?clickedId=1_3_4&q=<img src=x>")
    expect(heading(page)).to_have_text(HOSTILE)
    page.locator("#viewer .details .group").click()
    expect(heading(page)).to_have_text(HOSTILE)
    assert page.locator("#viewer img, #viewer script").count() == 0
    assert page.title() == "Graph"


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data[: len(data) // 2], "its data file is damaged"),
        (lambda _: b'{"format": 99}', "not a graph this page can read"),
        (lambda data: without_a_link(data), "cut short"),
    ],
)
def test_a_broken_data_file_is_said_to_be_broken(
    page: Page, site: OpenViewer, tmp_path: Path, damage: Callable[[bytes], bytes], says: str
) -> None:
    address = site(make_graph())
    file = tmp_path / "graph.json"
    file.write_bytes(damage(file.read_bytes()))
    page.goto(address)
    expect(page.locator("#viewer .viewer-status.failed")).to_contain_text(says)


def without_a_link(data: bytes) -> bytes:
    document = json.loads(data)
    document["links"]["scales"] = document["links"]["scales"][:-1]
    return json.dumps(document).encode()


def test_without_scripts_there_is_a_plain_sentence(browser: Browser, site: OpenViewer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site(make_graph()))
    expect(page.locator("#viewer")).to_contain_text("needs JavaScript")
    context.close()


def test_a_graph_without_figures_opens(page: Page, site: OpenViewer) -> None:
    fields = make_graph().model_dump(by_alias=True)
    del fields["metadata"]["tracer"]
    for node in fields["nodes"]:
        node |= {"influence": None, "activation": None, "effect": None, "jsNodeId": "same"}
    page.goto(site(Graph.model_validate(fields)) + "?clickedId=1_3_4")
    expect(heading(page)).to_have_text("Neuron 3")
    expect(page.locator("#viewer .effect")).to_have_count(0)
    expect(page.locator("#viewer .threshold")).to_contain_text("no influence to filter by")


WATCH_WHAT_IS_SET = """() => {
  window.set = {changed: 0, again: []};
  const same = ({type, target, attributeName, oldValue, addedNodes, removedNodes}) =>
    type === "attributes"
      ? target.getAttribute(attributeName) === oldValue
      : removedNodes[0]?.nodeType === 3 && addedNodes[0]?.data === removedNodes[0].data;
  new MutationObserver((found) => {
    window.set.changed += found.length;
    for (const one of found.filter(same))
      window.set.again.push(`${one.target.parentNode.className?.baseVal} ${one.attributeName}`);
  }).observe(document.querySelector("#viewer .graph-frame"), {
    subtree: true, childList: true, attributes: true, attributeOldValue: true,
  });
}"""


def test_another_tools_graph_of_694_nodes_opens_legible_and_light(
    page: Page, site: OpenViewer, published: Path
) -> None:
    graph = load_graph(published / "694-nodes.json")
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(site(graph))
    expect(page.locator("#viewer .hidden-count")).to_have_text("All 694 nodes shown")
    assert page.locator("#viewer *").count() <= 800
    boxes = [one.bounding_box() for one in page.locator("#viewer .graph-answers rect").all()]
    assert len(boxes) == 10
    stage = page.locator("#viewer .graph-stage").bounding_box()
    assert stage is not None
    assert all(box and box["x"] > stage["x"] for box in boxes)
    assert not any(overlap(a, b) for a, b in combinations(filter(None, boxes), 2))
    names = [one.bounding_box() for one in page.locator("#viewer .graph-labels text").all()]
    assert len(names) > 10
    fold = page.locator("#viewer .graph-folds text").first.bounding_box()
    assert fold is not None
    before = page.locator("#viewer .graph-folds text", has_text="+").count()
    page.evaluate(WATCH_WHAT_IS_SET)
    page.mouse.click(fold["x"] + fold["width"] / 2, fold["y"] + fold["height"] / 2)
    expect(page.locator("#viewer .graph-folds text", has_text="+")).to_have_count(before - 1)
    assert page.evaluate("window.set.changed") > 0
    assert page.evaluate("window.set.again") == []
    ends = Counter(end for one in graph.links for end in (one.source, one.target))
    busiest = max((n for n in graph.nodes if n.kind == "feature"), key=lambda n: ends[n.node_id])
    page.goto(page.url.split("?")[0] + f"?clickedId={busiest.node_id}")
    links = ends[busiest.node_id]
    expect(page.locator("#viewer .line-count button")).to_have_text(f"and {links - 20} more")
    page.locator("#viewer .line-count button").click()
    expect(page.locator("#viewer .line-count")).to_contain_text(f"All {links} lines")
    assert page.locator("#viewer *").count() <= 800


WATCH_THE_NODES = """() => {
  const { arc } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.arc = function (...shape) {
    window.circles += this.canvas.className.includes("nodes");
    return arc.apply(this, shape);
  };
  window.nodes = () => {
    const canvas = document.querySelector("#viewer canvas.nodes");
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  };
}"""
FURTHEST = """() => {
  const [before, after] = [window.kept.data, window.nodes().data];
  return before.reduce((most, value, at) => Math.max(most, Math.abs(value - after[at])), 0);
}"""


def test_a_fold_draws_its_row_and_moves_the_others(page: Page, site: OpenViewer) -> None:
    page.set_viewport_size({"width": 1000, "height": 1400})
    page.goto(site(large_graph(nodes=3000, links=3000)))
    folds = page.locator("#viewer .graph-folds text")
    expect(folds.first).to_be_visible()
    page.evaluate(WATCH_THE_NODES)
    for number in (5, 40, 5):  # opened, and at last folded again
        page.evaluate("window.kept = window.nodes(); window.circles = 0")
        at = folds.nth(number).bounding_box()
        assert at is not None
        page.mouse.click(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
        assert 0 < page.evaluate("window.circles") < 300
        assert page.evaluate(FURTHEST) > 100
        page.evaluate("window.kept = window.nodes(); window.circles = 0")
        page.evaluate("document.documentElement.dataset.theme = 'light'")  # all is drawn anew
        assert page.evaluate("window.circles") > 1000
        assert page.evaluate(FURTHEST) <= 8
        page.evaluate("delete document.documentElement.dataset.theme")


def overlap(a: FloatRect, b: FloatRect) -> bool:
    across = a["x"] < b["x"] + b["width"] and b["x"] < a["x"] + a["width"]
    return across and a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]


def test_a_long_list_holds_only_the_rows_in_sight_and_the_keyboard_goes_through_it(
    page: Page, site: OpenViewer
) -> None:
    graph = large_graph(nodes=300, links=6000)
    page.goto(f"{site(graph)}?clickedId={graph.node_ids[-1]}")
    inputs = page.locator("#viewer .inputs .node-rows li")
    whole = int(inputs.first.get_attribute("aria-setsize") or 0)
    assert whole > 20
    assert inputs.count() <= 13
    inputs.first.locator("button").focus()
    for _ in range(15):
        page.keyboard.press("ArrowDown")
    focused = page.locator("#viewer .inputs li:focus-within")
    expect(focused).to_have_attribute("aria-posinset", "16")
    expect(focused).to_be_in_viewport()
    page.keyboard.press("End")
    expect(focused).to_have_attribute("aria-posinset", str(whole))
    assert inputs.count() <= 13
    chosen = focused.locator("button").get_attribute("data-node")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer .figures dd").last).to_have_text(chosen or "")


def test_lines_of_one_sign_leave_the_nodes_that_they_join_to_the_answer(
    page: Page, site: OpenViewer
) -> None:
    page.goto(site(make_graph()))
    hidden = page.locator("#viewer .hidden-count")
    lines = page.get_by_label("Lines", exact=True)
    lines.select_option("only weakening")
    expect(hidden).to_have_text(
        "5 of 13 nodes hidden: no weakening lines lead from them to the answer"
    )
    lines.select_option("only strengthening")
    expect(hidden).to_have_text(
        "2 of 13 nodes hidden: no strengthening lines lead from them to the answer"
    )
    page.locator("#viewer-threshold").fill("0.4")  # takes 1_11_5, which strengthens nothing
    expect(hidden).to_have_text(
        "2 of 13 nodes hidden: outside the top 40 % of influence; "
        "no strengthening lines lead from them to the answer"
    )
    page.locator("#viewer-threshold").fill("0.3")  # takes 1_3_4, and with it the way of 0_7_4
    expect(hidden).to_contain_text("4 of 13 nodes hidden")
    lines.select_option("strengthening and weakening")
    expect(hidden).to_have_text("2 of 13 nodes hidden: outside the top 30 % of influence")


def test_lines_can_be_kept_by_strength_and_by_sign(page: Page, site: OpenViewer) -> None:
    page.goto(site(make_graph()) + "?clickedId=3_42_5")
    expect(page.locator("#viewer .line-count")).to_have_text("All 4 lines are drawn.")
    page.get_by_label("Lines", exact=True).select_option("only weakening")
    expect(page.locator("#viewer .line-count")).to_have_text("The only line is drawn.")
    assert rows(page, "inputs") == [("1_11_5", "−0.3")]
    expect(page.locator("#viewer .inputs .amount")).to_have_text("1 of 4 · what weakens it")
    expect(page.locator("#viewer .lines-left")).to_have_text("Lines: only weakening")
    expect(page).to_have_url(re.compile("sign=weakens"))
    page.get_by_label("Lines", exact=True).select_option("strengthening and weakening")
    page.locator("#viewer-weight").fill("38")
    expect(page.locator("#viewer .lines-left")).to_have_text(
        "Lines: only at least 63 % as strong as the strongest"
    )
    expect(page.locator("#viewer .line-count")).to_have_text("All 2 lines are drawn.")
    expect(page).to_have_url(re.compile(r"weight=0\.63"))
    page.reload()
    expect(page.locator("#viewer-weight")).to_have_value("38")
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#viewer .lines-left")).to_have_text("")


def test_lines_go_in_out_or_among_the_selected_and_are_few_or_many(
    page: Page, site: OpenViewer
) -> None:
    page.goto(site(make_graph()) + "?clickedId=3_42_5")
    count = page.locator("#viewer .line-count")
    expect(count).to_have_text("All 4 lines are drawn.")
    page.get_by_role("button", name="Lines…").click()
    page.get_by_label("Lines of the selection").select_option("only out")
    expect(count).to_have_text("No such line is drawn.")
    page.get_by_label("Lines of the selection").select_option("only in")
    expect(count).to_have_text("All 4 lines are drawn.")
    page.get_by_label("Strongest lines drawn").select_option(index=0)
    expect(page).to_have_url(re.compile("linkType=input&density=few"))
    page.reload()
    expect(page.get_by_label("Strongest lines drawn")).to_have_value("38, of a selection 5")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_label("Lines of the selection")).to_have_value("in and out")


def test_subgraphs_are_saved_under_names_in_the_link(page: Page, site: OpenViewer) -> None:
    page.goto(site(make_graph()) + "?pinnedIds=1_3_4,1_9_5")
    saved = page.get_by_role("region", name="Saved in this link")
    for name in ("Both <b>", "Again"):
        page.get_by_role("button", name="Save in the link…").click()
        page.get_by_label("Name").fill(name)
        page.keyboard.press("Enter")
        expect(saved.get_by_role("listitem").filter(has_text=name)).to_have_count(1)
    address = page.url
    page.goto("about:blank")
    page.goto(address.replace("pinnedIds=1_3_4%2C1_9_5", "clickedId=3_42_5"))
    expect(heading(page)).to_contain_text("Paris")
    page.get_by_role("button", name="Both <b> 2 nodes").click()
    expect(heading(page)).to_have_text("2 pinned nodes")
    page.get_by_role("button", name="Remove Both <b>").click()
    page.get_by_role("button", name="Remove Again").click()
    expect(saved).to_have_count(0)
    assert "#saved" not in page.url


def test_a_link_that_was_cut_off_saves_nothing(page: Page, site: OpenViewer) -> None:
    page.goto(site(make_graph()) + "#saved=%5B%5B%22a%22")
    expect(heading(page)).to_have_text("Where to begin")
    expect(page.locator("#viewer .saved")).to_be_hidden()


def test_a_tap_says_what_was_tapped_where_it_was(browser: Browser, site: OpenViewer) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(site(make_graph(), NAMED))
    expect(page.locator("#viewer .hint")).to_contain_text("Tap a node")
    expect(page.locator("#viewer .details")).to_contain_text("Tap a node")
    page.goto(page.url + "?clickedId=1_3_4")
    label = page.locator("#viewer .graph-labels .chosen").bounding_box()
    assert label is not None
    page.locator("#viewer .graph-stage").scroll_into_view_if_needed()
    anchor = page.locator("#viewer .graph-labels .chosen").get_attribute("text-anchor")
    label = page.locator("#viewer .graph-labels .chosen").bounding_box()
    assert label is not None
    x = label["x"] - 7 if anchor == "start" else label["x"] + label["width"] + 7
    # beside it by more than a mouse may be
    page.touchscreen.tap(x, label["y"] + label["height"] / 2 + 20)
    sheet = page.get_by_role("region", name="What was tapped")
    expect(sheet).to_contain_text("Neuron 3 of layer 1")
    box = sheet.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
    sheet.get_by_role("button", name="Paris").click()
    expect(heading(page)).to_contain_text("Paris")
    expect(sheet).to_contain_text("Paris")
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_have_count(0)
    # low on the screen it stands above what was tapped
    page.evaluate("scrollTo(0, 0)")
    france = page.locator("#viewer .graph-labels text", has_text="France")
    label = france.bounding_box()
    assert label is not None
    page.set_viewport_size({"width": 390, "height": int(label["y"]) + 60})
    assert france.bounding_box() == label
    page.touchscreen.tap(x, label["y"] + label["height"] / 2)
    expect(sheet).to_contain_text("Neuron 3 of layer 1")
    box = sheet.bounding_box()
    assert box is not None and box["y"] >= 0 and box["y"] + box["height"] < label["y"]
    context.close()


def test_a_phone_has_nothing_wider_than_itself(browser: Browser, site: OpenViewer) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(site(make_graph()))
    expect(heading(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    stage = page.locator("#viewer .graph-stage")
    assert stage.evaluate("stage => stage.scrollWidth > stage.clientWidth")
    page.touchscreen.tap(*centre(page.locator("#viewer .details .node-rows button").first))
    expect(page.locator("#viewer .connections")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def centre(locator: Locator) -> tuple[float, float]:
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


COUNT = """(canvas, [red, green, blue]) => {
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4)
    if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count++;
  return count;
}"""


def test_the_canvas_follows_the_colour_scheme(page: Page, site: OpenViewer) -> None:
    light, dark = [0x1F, 0x63, 0xB0], [0x74, 0xAE, 0xF0]
    page.goto(site(make_graph()))
    expect(heading(page)).to_be_visible()
    canvas = page.locator("#viewer canvas.nodes")
    assert canvas.evaluate(COUNT, light) > 20
    assert canvas.evaluate(COUNT, dark) == 0
    page.emulate_media(color_scheme="dark")
    expect(page.locator("#viewer .graph")).to_have_css("background-color", "rgb(29, 29, 26)")
    page.wait_for_timeout(100)
    assert canvas.evaluate(COUNT, dark) > 20
    assert canvas.evaluate(COUNT, light) == 0


def test_the_wheel_scrolls_the_page_and_zooms_only_with_a_key(page: Page, site: OpenViewer) -> None:
    page.goto(site(make_graph(), NAMED))
    label = page.locator("#viewer .graph-labels text")
    before = label.bounding_box()
    page.mouse.move(*centre(page.locator("#viewer .graph-stage")))
    page.mouse.wheel(0, -200)
    page.wait_for_timeout(100)
    assert label.bounding_box() == before
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    expect(page.locator("#viewer .graph-paper.zoomed")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    expect(page.locator("#viewer .graph-paper.zoomed")).to_have_count(0)
