"""What Python and the viewer both work out comes out the same: each is fed the same cases.

Most of what a page shows is decided in Python and carried by the data file; these are the twins
that have to stay, because the viewer's numbers depend on what a reader does.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.account_graphs import account_graph
from tests.builders import make_feature_graph, make_graph
from tests.foreign_graphs import foreign_graph
from tests.random_accounts import save_account
from tests.site.circuit.test_balance import GROUPINGS
from tracer.documents.annotations import Annotations
from tracer.documents.exchange.csv_tables import DIGITS, table, tables
from tracer.documents.graph import Graph
from tracer.documents.named_boxes import Group, named_boxes
from tracer.documents.parts.ledger import Ledger
from tracer.documents.parts.parts import load_parts
from tracer.documents.prompt_words import input_names
from tracer.site.circuit import layout, layout_data, placed, rows, svg
from tracer.site.circuit.balance import Rest
from tracer.site.circuit.box_words import box_words, told_words
from tracer.site.circuit.circuit import summarise
from tracer.site.graph import edit_data, viewer_data
from tracer.site.graph.influence import influence_shares
from tracer.site.graph.viewer_data import encode
from tracer.site.wording.amounts import amount
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
    cases += ["\u200d", "\u200c", "👩\u200d👧", "\xa0", "\u3000\xa0", "a\xa0b", "\n\xa0"]
    found = viewer("graph/text", "it.showToken(one)", cases)
    assert found == [written_out(one) for one in cases]
    assert written_out("\u202e") == "\\u{202e}"
    assert written_out("\xa0") == "\\u{a0}"


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


COUNTED = """(async () => {
    const { readGraph } = await import("/viewer/graph/graph.js");
    const { builtPicture } = await import("/viewer/circuit/picture.js");
    const { readFlows, readPushes } = await import("/viewer/circuit/ledger.js");
    const graph = readGraph(one.data);
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
    const { account } = one.facts;
    const flows = await readFlows(bytes(one.flows), account.graphId);
    const pushes = await readPushes(bytes(one.words), account.graphId);
    const books = it.booksOf(flows, pushes, account, graph);
    const { boxes } = builtPicture(one.layout, "wide", () => "");
    const { lines, balance, amounts } = books.count(boxes, one.facts);
    return {
        lines, balance,
        amounts: boxes.map((box) => amounts(box).amount),
        told: boxes.map((box) => amounts({ ...box, told: [] }).told),
        said: one.groups.map((members) => books.say(members)),
    };
})()"""


@pytest.mark.parametrize("groups", GROUPINGS.values(), ids=GROUPINGS.keys())
def test_groups_add_up_and_say_the_same(
    viewer: Call, groups: dict[str, Any], tmp_path: Path
) -> None:
    graph, parts = save_account(tmp_path)
    parts = load_parts(tmp_path / "graphs" / "france-paris" / "1.json", "0" * 64)  # as packed
    assert parts.flows is not None
    annotations = Annotations.model_validate({"groups": groups})
    circuit = summarise(graph, annotations, parts)
    assert circuit is not None
    assert circuit.balance is not None
    layouts = layout.lay_out_pictures(circuit)
    order = {one: at for at, one in enumerate(graph.node_ids)}
    boxed = [box.parts[0].nodes for box in circuit.groups]
    case = {
        "data": json.loads(encode(graph, annotations)),
        "layout": json.loads(unescape(layout_data.encode(circuit, layouts, graph.node_ids))),
        "facts": edit_data.circuit_facts(graph, circuit, 1),
        "flows": base64.b64encode(parts.flows.packed()).decode(),
        "words": base64.b64encode(parts.pushes.packed()).decode() if parts.pushes else "",
        "groups": [[order[node] for node in nodes] for nodes in boxed],
    }
    (found,) = viewer("circuit/books", COUNTED, [case])
    wanted = {(line.source, line.target): line for line in circuit.lines}
    assert {(one["source"], one["target"]) for one in found["lines"]} == wanted.keys()
    for one in found["lines"]:
        line = wanted[one["source"], one["target"]]
        assert one["net"] == pytest.approx(line.effect, abs=1e-6)
        assert one["gross"] == pytest.approx(line.gross, abs=1e-6)
        assert abs(one["share"]) == pytest.approx(line.share, abs=1e-6)
    assert found["amounts"] == [box.amount for box in circuit.boxes]
    shared = [[one for one in box.told if "shared out" in one] for box in circuit.boxes]
    assert found["told"] == shared
    balance = circuit.balance
    for key, (through, own, *rests) in found["balance"]["parts"].items():
        assert through == pytest.approx(balance.through.get(key, 0.0), abs=1e-6)
        assert own == pytest.approx(balance.own.get(key, 0.0), abs=1e-6)
        kept = [balance.rest_in.get(key, Rest()), balance.rest_out.get(key, Rest())]
        assert rests == pytest.approx(
            [x for one in kept for x in (one.count, one.effect)], abs=1e-6
        )
    names = input_names(parts.flows.inputs, graph.metadata.prompt_tokens)
    ledger = Ledger(parts.flows, parts.pushes)
    for said, nodes in zip(found["said"], boxed, strict=True):
        (box,) = named_boxes([Group(nodes, "")], ledger, names)
        assert said["words"] == list(box_words(box))
        alone = box.model_copy(update={"apart": ()})
        assert said["told"] == list(told_words(alone))


def test_amounts_are_said_alike(viewer: Call) -> None:
    chance = random.Random(1)
    cases = [0.0, 1.0, -0.1, 0.0999, 0.125, 2.675, -3.3e-5, 1e-7, 0.00999, 12.345]
    cases += [chance.uniform(-1, 1) * 10 ** chance.randint(-7, 2) for _ in range(300)]
    found = viewer("circuit/words", "it.showAmount(one)", cases)
    assert found == [amount(one) for one in cases]


def test_groups_without_nodes_are_no_groups() -> None:
    data = json.loads(encode(make_graph(), Annotations.model_validate(ANNOTATIONS)))
    assert [key for key, *_ in data["groups"]] == ["both", "again"]


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        ("circuit/paint", "HEAD", svg.HEAD),
        ("circuit/change", "PADDING", placed.PADDING),
        ("circuit/routes", "LANE", rows.LANE_WIDTH),
        ("circuit/paint", "BADGE", svg.BADGE_HEIGHT),
        ("circuit/paint", "LEADING", placed.DETAIL_LEADING),
        ("circuit/change", "LEADING", placed.DETAIL_LEADING),
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
