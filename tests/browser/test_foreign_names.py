"""The browser reads what other viewers call nodes by the same rule as the import does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.builders import make_feature_graph, make_graph
from tests.documents.exchange.test_import_graph import bring_in
from tests.foreign_graphs import TOKENS, error, foreign_graph, foreign_node
from tracer.documents.exchange.node_names import NodeNames
from tracer.documents.exchange.share_link import ShareLink
from tracer.documents.graph import Graph
from tracer.site.build import build

CANTOR = {"3_10": 101, "4_12": 148}


def their_graph(*, numbered: str = "cantor") -> dict[str, Any]:
    """Names as circuit-tracer writes them, one of them otherwise, and a number of either kind."""
    features = ["3_10_3", "3_10_4", "4_12_4", "0_354_1"]
    nodes = [foreign_node(one, feature=_number(one, numbered)) for one in features]
    nodes += [
        foreign_node("4_12_3", jsNodeId="strange-name", feature=None),
        foreign_node("2_77_3", "lorsa", node_id="2_lor_77_3", feature=9),
        error("0_2_3", "2", jsNodeId="2_3-0"),
        *(
            foreign_node(f"E_{i}_{i}", "embedding", jsNodeId=f"E_{i}-{i}", activation=None)
            for i in range(len(TOKENS))
        ),
        foreign_node("6_99_4", "logit", jsNodeId="L_99-4", clerp="output: in", token_prob=0.6),
    ]
    view = {"pinnedIds": ["L_99-4"], "supernodes": [["both", "4_12-0", "3_10-0"]]}
    return foreign_graph(nodes=nodes, qParams=view)


def _number(node_id: str, numbered: str) -> int:
    layer, index, _ = map(int, node_id.split("_"))
    if numbered == "digits":
        return int(f"{layer}{index:05}")
    return (layer + index) * (layer + index + 1) // 2 + index


@pytest.fixture
def site(tmp_path: Path, serve_folder: Callable[[Path], str]) -> str:
    root = tmp_path / "gallery"
    bring_in(root, their_graph(), slug="cantor")
    bring_in(root, their_graph(numbered="digits"), slug="digits")
    make_graph().save(root / "graphs" / "ours" / "1.json")
    make_feature_graph().save(root / "graphs" / "asked" / "1.json")
    (root / "site_src").mkdir(exist_ok=True)
    (root / "site_src" / "site.yaml").write_text("search: false\n")
    build(root, tmp_path / "out")
    return serve_folder(tmp_path / "out")


def test_both_readers_mean_the_same_nodes(page: Page, site: str, tmp_path: Path) -> None:
    for slug in ("cantor", "digits", "ours", "asked"):
        text = (tmp_path / "out" / "graphs" / slug / "1.json").read_text()
        graph = Graph.model_validate_json(text)
        names = NodeNames(graph)
        asked = {"", "gone", "__proto__", "2_77-0", "strange", "1-9", "None", "null", "-"}
        for node in graph.nodes:
            place = f"{node.layer}_{node.index}"
            asked |= {node.node_id, node.js_node_id, str(node.feature), place, f"{place}-0"}
            asked |= {f"{place}-{node.ctx_idx}", f"{node.layer}-{node.index}"}
        page.goto(f"{site}graphs/{slug}/")
        found = page.evaluate(
            """async (names) => {
              const main = document.querySelector('script[src$="viewer/main.js"]').src;
              const start = await import(new URL("start.js", main).href);
              const { graph_load: { loadGraph }, graph_node_names: { nodesOf } } = start;
              const graph = await loadGraph(document.getElementById("viewer").dataset.graph);
              const ids = (name) => nodesOf(graph, name).map((node) => graph.ids[node]);
              return Object.fromEntries(names.map((name) => [`:${name}`, ids(name)]));
            }""",
            sorted(asked),
        )
        assert found == {f":{name}": names.nodes_of(name) for name in asked}


def test_a_link_of_circuit_tracers_viewer(page: Page, site: str) -> None:
    supernodes = json.dumps([["late", "L_99-4", "4_12-0"]])
    clerps = json.dumps([["101", "by number"], ["strange-name", "by a name of its own"]])
    query = f"pinnedIds=3_10-0&clickedId=0_354-0&supernodes={quote(supernodes)}"
    page.goto(f"{site}graphs/cantor/?{query}&clerps={quote(clerps)}")
    note = page.locator(".edit-note").first
    expect(note).to_contain_text("The link brought names or groups along")
    expect(note).not_to_contain_text("no such thing")
    expect(page.locator("#viewer .node-name")).to_have_text("Feature 354")
    page.locator("#viewer").get_by_role("button", name="Pin", exact=True).click()
    expect(page).to_have_url(re.compile("v=1"))
    given = parse_qs(urlsplit(page.url).query)
    assert given["pinnedIds"] == ["3_10_3,3_10_4,0_354_1"]
    assert given["clickedId"] == ["0_354_1"]
    assert json.loads(given["supernodes"][0])[-1] == ["late", "6_99_4", "4_12_4"]
    assert json.loads(given["clerps"][0]) == [
        ["3_10", "by number"],
        ["4_12_3", "by a name of its own"],
    ]
    # And the link means the same to an import.
    work = ShareLink.parse(page.url).work
    assert work.supernodes[-1] == ("late", "6_99_4", "4_12_4")
    page.goto(f"{site}graphs/cantor/?clickedId=L_99-4")
    expect(page.locator("#viewer .node-name")).to_contain_text("in")


def test_a_groups_members_stay_in_their_order(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/cantor/?supernodes={quote(json.dumps([['x', '4_12_4', '0_354_1']]))}")
    expect(page.locator(".edit-note").first).to_contain_text("The link brought")
    page.locator("#viewer").get_by_role("button", name="The answer").click()
    expect(page).to_have_url(re.compile("v=1"))
    rows = json.loads(parse_qs(urlsplit(page.url).query)["supernodes"][0])
    assert rows == [["both", "4_12_4", "3_10_3", "3_10_4"], ["x", "4_12_4", "0_354_1"]]
