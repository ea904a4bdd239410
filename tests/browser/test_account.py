"""A graph that keeps an account, as readers see it: what is shown adds up."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.account_graphs import account_graph, save_account
from tracer.documents.graph import Graph
from tracer.site.build import build

Serve = Callable[[Path], str]


@pytest.fixture(scope="module")
def graph() -> Graph:
    return account_graph(drawn=22)[0]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, graph: Graph, serve_folder: Serve) -> str:
    root = tmp_path_factory.mktemp("account")
    save_account(graph, account_graph()[1], root / "graphs" / "france-paris" / "1.json")
    said = root / "site_src" / "annotations" / "france-paris.yaml"
    said.parent.mkdir(parents=True)
    said.write_text('labels: {"2_5": {text: says Paris}}\n', encoding="utf-8")
    build(root, root / "site")
    return serve_folder(root / "site") + "graphs/france-paris/"


def number(text: str | None) -> float:
    """The one with a sign."""
    found = re.findall(r"[+−-]\d[\d.]*(?:e-\d+)?|\b0\b", (text or "").replace("e−", "e-"))
    return float(found[-1].replace("−", "-"))


def quantity(graph: Graph) -> float:
    info = graph.metadata.tracer
    assert info is not None and info.account is not None
    return info.account.quantity


def test_shaded_words_add_up_and_stand_in_the_prompt(
    page: Page, address: str, graph: Graph
) -> None:
    page.goto(address)
    shares = page.locator(".prompt .share")
    assert shares.all_text_contents() == ["The", "capital", "of", "France", "is"]
    words = sum(number(one.get_attribute("data-amount")) for one in shares.all())
    others = sum(number(one.text_content()) for one in page.locator(".account-sum dd").all()[1:-1])
    assert words + others == pytest.approx(quantity(graph), abs=0.05)
    together = page.locator(".account-sum .together dd")
    assert number(together.text_content()) == pytest.approx(quantity(graph), abs=0.005)
    page.get_by_text("Every word’s share").click()
    cells = page.locator(".account-table tbody td:nth-of-type(1)").all_text_contents()
    assert sum(map(number, cells)) == pytest.approx(quantity(graph), abs=0.005)
    headings = page.locator("main h2").all_text_contents()
    order = ["Where the answer comes from", "The circuit", "Does it hold?"]
    places = [headings.index(one) for one in [*order, "Explore the whole graph"]]
    assert places == sorted(places)


def test_a_word_shows_its_number_on_focus_and_leads_to_its_nodes(page: Page, address: str) -> None:
    page.goto(address)
    weak = page.locator(".prompt a.share:not(.told)").first
    shown = "one => getComputedStyle(one, '::after').visibility"
    assert weak.evaluate(shown) == "hidden"
    page.locator("#viewer .node-rows").first.wait_for()
    weak.focus()
    assert weak.evaluate(shown) == "visible"
    page.locator(".prompt a.share", has_text="France").click()
    expect(page.locator("#viewer .node-name")).to_have_text("2 pinned nodes")


@pytest.mark.parametrize("node", ["1_3_5", "0_8_5", "2_5_6"])
def test_the_panel_adds_up(page: Page, address: str, graph: Graph, node: str) -> None:
    page.goto(f"{address}?clickedId={node}")
    effect = next(one.effect for one in graph.nodes if one.node_id == node)
    assert effect is not None
    panel = page.locator("#viewer .connections")
    for side, name in ((".inputs", "in: "), (".outputs", "out: ")):
        panel.locator(side).wait_for()
        drawn = sum(map(number, panel.locator(f"{side} .value").all_text_contents()))
        rest = panel.locator(".weaker", has_text=re.compile(f"^{name}"))
        weaker = sum(map(number, rest.all_text_contents()))
        assert drawn + weaker == pytest.approx(effect, abs=0.02)
    expect(panel.locator(".held")).to_have_text(re.compile(r"Drawn links hold \d+.% of what flows"))


def test_of_pinned_nodes_it_is_said_how_much_runs_through_them(
    page: Page, address: str, graph: Graph
) -> None:
    nodes = {one.node_id: one for one in graph.nodes}
    first, second = nodes["1_3_5"], nodes["2_5_6"]
    [weight] = [one.weight for one in graph.links if (one.source, one.target) == ("1_3_5", "2_5_6")]
    assert first.effect is not None and second.effect is not None and second.activation
    handed = weight * second.effect / second.activation
    page.goto(f"{address}?pinnedIds=1_3_5,2_5_6")
    for place in (page.locator("#viewer .what-if"), page.locator(".circuit-says")):
        expect(place).to_contain_text(f"of {quantity(graph):+.3g} logits, by the links drawn")
        found = re.search(r"through them run ([+−][\d.]+)", place.text_content() or "")
        assert found is not None
        assert number(found[1]) == pytest.approx(first.effect + second.effect - handed, rel=0.01)
        assert abs(handed) > 0.05 * abs(first.effect + second.effect)


def test_automatic_words_name_a_node_are_marked_and_found(page: Page, address: str) -> None:
    page.goto(f"{address}?clickedId=1_3_5")
    name = page.locator("#viewer .node-name")
    expect(name).to_have_text("France → London, Rome")
    expect(name).to_have_class(re.compile("automatic"))
    expect(page.locator("#viewer .details")).to_contain_text("Its name here is automatic")
    words = page.locator("#viewer .found-words")
    expect(words).to_contain_text("ReadsFrance 70")
    expect(words).to_contain_text("PushesLondon, RomeDownthe")
    page.locator("#viewer-search").fill("rome")
    expect(page.locator("#viewer .search output")).to_have_text("3 nodes found")
    page.goto(f"{address}?clickedId=2_5_6")
    expect(name).to_have_text("says Paris")
    expect(name).not_to_have_class(re.compile("automatic"))
    expect(page.locator("#viewer .found-words")).to_be_visible()


def test_constants_are_drawn_as_what_they_are(page: Page, address: str) -> None:
    page.goto(f"{address}?clickedId=E_biases_0")
    expect(page.locator("#viewer .node-name")).to_have_text("biases")
    expect(page.locator("#viewer .details")).to_contain_text("adds whatever it reads")
    page.goto(f"{address}?clickedId=E_0_0")
    expect(page.locator("#viewer .node-name")).to_have_text("The start")
    expect(page.locator("#viewer .effect")).to_have_text(re.compile("exact share of the answer"))
    legend = page.locator("#viewer .legend")
    expect(legend).to_contain_text("there for every prompt")
    assert legend.locator("path.error").count() == 0
    expect(page.locator("#viewer")).not_to_contain_text("neurons not listed")


def test_a_path_ends_in_a_word_goes_by_a_feature_and_says_what_runs_along_it(
    page: Page, address: str, graph: Graph
) -> None:
    page.goto(f"{address}?clickedId=2_5_6")
    down = page.get_by_role("list", name="To the prompt").locator("button")
    expect(down.first).to_be_visible()
    steps = [one.get_attribute("data-node") or "" for one in down.all()]
    assert len(steps) >= 2 and steps[-1].startswith("E_")
    assert steps[-1] not in ("E_0_0", "E_biases_0")
    chain = [*reversed(steps), "2_5_6", "3_42_6"]
    weights = {(one.source, one.target): one.weight for one in graph.links}
    nodes = {one.node_id: one for one in graph.nodes}
    flow = 1.0
    for source, target in itertools.pairwise(chain):
        flow *= weights[source, target]
        if target != "3_42_6":
            flow /= nodes[target].activation or 1
    told = page.locator("#viewer .carried")
    expect(told).to_contain_text(f"of {quantity(graph):+.3g} logits")
    found = re.search(r"runs ([+−][\d.]+)", told.text_content() or "")
    assert found is not None
    assert number(found[1]) == pytest.approx(flow, rel=0.01)


def test_numbers_stay_when_the_file_of_all_flows_is_lost(
    page: Page, tmp_path: Path, graph: Graph, serve_folder: Serve
) -> None:
    file = tmp_path / "graphs" / "france-paris" / "1.json"
    graph.save(file)
    build(tmp_path, tmp_path / "site")
    page.goto(serve_folder(tmp_path / "site") + "graphs/france-paris/?clickedId=1_3_5")
    expect(page.locator("#viewer .weaker").first).to_have_text(
        re.compile(r"in: the others, together [+−0]")
    )
    expect(page.locator("#viewer .held")).to_have_count(0)
    assert json.loads(file.read_text())["metadata"]["tracer"]["account"]
