"""What Python and the viewer both work out comes out the same: each is fed the same cases.

Most of what a page shows is decided in Python and carried by the data file; these are the twins
that have to stay, because the viewer's numbers depend on what a reader does.
"""

from __future__ import annotations

import csv
import io
import json
import math
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.account_graphs import account_graph
from tests.builders import make_feature_graph, make_graph
from tests.foreign_graphs import foreign_graph
from tracer.documents.annotations import Annotations
from tracer.documents.exchange.csv_tables import DIGITS, table, tables
from tracer.documents.graph import Graph
from tracer.site.circuit import layout, svg
from tracer.site.graph import edit_data, viewer_data
from tracer.site.graph.influence import influence_shares
from tracer.site.graph.viewer_data import encode
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import written_out

ASSETS = Path(__file__).parents[2] / "assets"
Call = Callable[[str, str, Sequence[Any]], list[Any]]


@pytest.fixture
def viewer(page: Page, serve_folder: Callable[[Path], str]) -> Call:
    """Runs `body`, which may use the module's `it`, on each case."""
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.goto(f"{serve_folder(ASSETS)}viewer/graph/text.js")

    def call(module: str, body: str, cases: Sequence[Any]) -> list[Any]:
        script = f"""async (cases) => {{
            const it = await import("/viewer/{module}.js");
            return Promise.all(cases.map((one) => {body}));
        }}"""
        found: list[Any] = page.evaluate(script, list(cases))
        return found

    return call


def shares() -> list[float]:
    edges = [0.0, -0.1, 1e-9, 0.0005, 0.0095, 0.125, 0.285, 0.305, 0.995, 0.9995, 1.0, 1.25]
    near = [math.nextafter(one, way) for one in edges for way in (-1.0, 2.0)]
    chance = random.Random(0)
    return [*edges, *near, *(chance.random() ** chance.choice([1, 3, 9]) for _ in range(300))]


def test_shares_are_said_alike(viewer: Call) -> None:
    cases = shares()
    assert viewer("graph/text", "it.showPercent(one)", cases) == [percent(one) for one in cases]
    for one in (0.305, 0.4375, 1.0):  # a sum's last bit decides nothing
        assert percent(math.nextafter(one, 0), tenths=True) == percent(one, tenths=True)
    tenths = viewer("graph/text", "it.showPercent(one, true)", cases)
    assert tenths == [percent(one, tenths=True) for one in cases]


def test_what_cannot_be_seen_is_written_out_alike(viewer: Call) -> None:
    unseen = [*range(0x20), *range(0x7F, 0xA1), 0xAD, 0x61C, *range(0x200B, 0x2070), 0xFEFF]
    cases = [f"a{chr(code)}b" for code in (*unseen, 0x1D173, 0xE0067, ord("é"), 0x1F469, 0x3042)]
    cases += ["\u200d", "\u200c", "👩\u200d👧"]
    found = viewer("graph/text", "it.showToken(one)", cases)
    assert found == [written_out(one) for one in cases]
    assert written_out("\u202e") == "\\u{202e}"


def test_cells_are_written_alike(viewer: Call) -> None:
    spaces = [chr(code) for code in range(0x3000 + 1) if chr(code).isspace()]
    starts = ["", *spaces, "\ufeff", "\u200b", "'", '"', ","]
    cells = [start + text for start in starts for text in ("=1", "\ta", "a", "-", "", "a,b\n")]
    chance = random.Random(0)
    numbers = [0.0, -0.0, 2.0, -1.5, 1e-6, 9.999e-7, 1e-5, 123400.0, 1e16, 1e21, 1.234e22, 5e-324]
    numbers += [
        float(f"{chance.uniform(-1, 1) * 10 ** chance.randint(-12, 25):.4g}") for _ in range(200)
    ]
    rows = [[text, number, None] for text in cells for number in numbers[:1]]
    rows += [["x", number, None] for number in numbers]
    (found,) = viewer("sharing/export_csv", "it.table(one)", [[["a", "b", "c"], *rows]])
    assert found == table(["a", "b", "c"], rows)


def odd_graph() -> Graph:
    """A target that is active below zero, two answers of one text, a name that a sheet would run,
    numbers of five digits, and a node whose id follows no rule."""
    fields = json.loads(make_graph().to_json())
    for node in fields["nodes"]:
        node["activation"] = {"1_3_4": -2.00004, "0_7_4": 1e-7}.get(node["node_id"], 12345.0)
        if node["node_id"] == "1_11_5":
            node |= {"node_id": "odd", "clerp": "=1+1"}
    again = next(one for one in fields["nodes"] if one["node_id"] == "3_42_5")
    other = {"node_id": "3_43_5", "clerp": 'Output " Paris" (p=0.1)', "token_prob": 0.1}
    fields["nodes"].insert(3, {**again, **other})
    fields["metadata"]["tracer"]["answers"][1] |= {"token": " Paris", "probability": 0.123456}
    fields["metadata"]["prompt_tokens"] = ["<s>", '"', " a,b", "\n", "-1", " is"]
    fields["links"] = [
        {key: "odd" if value == "1_11_5" else value for key, value in link.items()}
        | {"weight": link["weight"] * 1.00006}
        for link in fields["links"]
    ]
    return Graph.model_validate(fields)


SAVED = """(async () => {
    const { readGraph } = await import("/viewer/graph/graph.js");
    const graph = readGraph(one);
    return [it.linksAsCsv(graph), it.nodesAsCsv(graph, { shown: [], pinned: graph.pins })];
})()"""
ANNOTATIONS = {
    "labels": {"1_3": {"text": '@"France", \n'}},
    "groups": {
        "both": {"name": "France; or so", "nodes": ["1_9_5", "1_3_4"]},
        "gone": {"name": "nothing here", "nodes": ["9_9_9"]},
        "again": {"name": "-again", "nodes": ["1_3"]},
    },
    "pins": ["1_9_5", "group:both"],
}


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (make_graph(), ANNOTATIONS),
        (odd_graph(), ANNOTATIONS),
        (make_feature_graph(), {}),
        (Graph.model_validate(foreign_graph()), {}),
        (account_graph()[0], ANNOTATIONS),
    ],
    ids=["ours", "odd", "feature", "foreign", "account"],
)
def test_a_page_saves_the_tables_of_the_command(
    viewer: Call, graph: Graph, said: dict[str, Any]
) -> None:
    annotations = Annotations.model_validate(said)
    data = json.loads(encode(graph, annotations))
    with zipfile.ZipFile(io.BytesIO(tables(graph, annotations))) as archive:
        nodes, links = (archive.read(f"{name}.csv").decode() for name in ("nodes", "links"))
    ((found_links, found_nodes),) = viewer("sharing/export_csv", SAVED, [data])
    assert found_links == links
    ours = [row[:-1] for row in csv.reader(io.StringIO(found_nodes, newline=""))]
    again = io.StringIO(newline="")
    csv.writer(again).writerows(ours)
    assert again.getvalue() == nodes


@pytest.mark.parametrize("graph", [odd_graph(), account_graph()[0]], ids=["links", "account"])
def test_influence_is_the_same_share_of_all(viewer: Call, graph: Graph) -> None:
    data = json.loads(encode(graph, Annotations()))
    roots = {graph.nodes[node].node_id: probability for node, _, probability in data["answers"]}
    (found,) = viewer("graph/graph", "[...it.readGraph(one).importance]", [data])
    assert sum(found[graph.node_ids.index(root)] for root in roots) == pytest.approx(1)
    wanted = influence_shares(graph, roots)
    assert dict(zip(graph.node_ids, found, strict=True)) == pytest.approx(wanted, abs=1e-3)


def test_groups_without_nodes_are_no_groups() -> None:
    data = json.loads(encode(make_graph(), Annotations.model_validate(ANNOTATIONS)))
    assert [key for key, *_ in data["groups"]] == ["both", "again"]


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        ("circuit/paint", "HEAD", svg.HEAD),
        ("circuit/change", "PADDING", layout.PADDING),
        ("circuit/routes", "LANE", layout.LANE_WIDTH),
        ("sharing/export_csv", "DIGITS", DIGITS),
        ("graph/graph", "FORMAT", viewer_data.FORMAT),
        ("editing/editing", "FORMAT", edit_data.FORMAT),
        *(
            ("graph/graph", name, viewer_data.KINDS.index(kind))
            for name, kind in [
                ("FEATURE", "feature"),
                ("ERROR", "error"),
                ("EMBEDDING", "embedding"),
                ("ANSWER", "logit"),
            ]
        ),
    ],
)
def test_constants_agree(module: str, name: str, value: float) -> None:
    text = (ASSETS / "viewer" / f"{module}.js").read_text("utf-8")
    (found,) = re.findall(rf"^(?:export )?const {name} = ([\d.]+);", text, re.MULTILINE)
    assert float(found) == value
