"""What the panel says of a node: its strongest paths, and texts that make it active."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect

from tests.documents.test_feature_examples import feature_file, gallery_of
from tests.galleries import make_gallery
from tests.large_graph import large_graph
from tests.texts_read import running_of
from tracer.documents.feature_examples import save_feature_examples
from tracer.documents.feature_source import feature_source
from tracer.documents.graph import Graph, load_graph
from tracer.documents.texts import UNKNOWN
from tracer.interventions.examples import examples_of
from tracer.site.build import build

Serve = Callable[[Path], str]


def built(root: Path, out: Path, serve_folder: Serve) -> str:
    build(root, out / "sub")
    return serve_folder(out) + "sub/"


def path(page: Page, name: str) -> list[str | None]:
    steps = page.get_by_role("list", name=name).locator("button").all()
    return [step.get_attribute("data-node") for step in steps]


def test_the_strongest_path_leads_to_the_answer_and_to_the_prompt(
    page: Page, tmp_path: Path, serve_folder: Serve
) -> None:
    root = make_gallery(tmp_path / "gallery").root
    page.goto(built(root, tmp_path / "host", serve_folder) + "graphs/france-paris/?clickedId=1_3_4")
    expect(page.get_by_role("list", name="To the answer")).to_be_visible()
    assert path(page, "To the answer") == ["3_42_5"]
    assert path(page, "To the prompt") == ["0_7_4", "E_4_4"]
    page.get_by_role("button", name="Show the whole path").click()
    expect(page.locator("#viewer .node-name")).to_have_text("4 pinned nodes")
    expect(page).to_have_url(re.compile("pinnedIds=0_7_4"))
    page.go_back()
    page.get_by_role("list", name="To the prompt").locator("button").last.click()
    expect(page.locator("#viewer .node-name")).to_have_text("“\u00a0France”")
    assert path(page, "To the answer") == ["0_7_4", "1_3_4", "3_42_5"]
    expect(page.get_by_role("list", name="To the prompt")).to_have_count(0)


def strongest_by_brute_force(graph: Graph, start: str, answers: dict[str, float]) -> float:
    """The largest product of shares and an answer's probability along any path upwards."""
    total: dict[str, float] = {}
    for link in graph.links:
        total[link.target] = total.get(link.target, 0) + abs(link.weight)
    best, stack = 0.0, [(start, 1.0)]
    while stack:
        node, product = stack.pop()
        best = max(best, product * answers.get(node, 0.0))
        for link in graph.links:
            if link.source == node and product * abs(link.weight) / total[link.target] > best:
                stack.append((link.target, product * abs(link.weight) / total[link.target]))
    return best


def test_no_path_is_stronger_than_the_one_shown(
    page: Page, tmp_path: Path, serve_folder: Serve
) -> None:
    graph = large_graph(nodes=85, links=400)
    answers = {n.node_id: n.token_prob or 0.0 for n in graph.nodes if n.kind == "logit"}
    root = make_gallery(tmp_path / "gallery").root
    graph.save(root / "graphs" / "large" / "1.json")
    address = built(root, tmp_path / "host", serve_folder)
    weights = {(link.source, link.target): abs(link.weight) for link in graph.links}
    into = {node: sum(w for (_, t), w in weights.items() if t == node) for node in graph.node_ids}
    for start in graph.node_ids[:2] + graph.node_ids[30:32]:
        page.goto(f"{address}graphs/large/?clickedId={start}")
        expect(page.get_by_role("list", name="To the answer")).to_be_visible()
        steps = [start, *path(page, "To the answer")]
        assert steps[-1] in answers
        product = answers[str(steps[-1])]
        for pair in itertools.pairwise(steps):
            product *= weights[pair] / into[str(pair[1])]  # type: ignore[index]
        best = strongest_by_brute_force(graph, start, answers)
        assert product == pytest.approx(best, rel=1e-2)


def test_examples_are_fetched_when_looked_at_and_shown_token_by_token(
    page: Page, tmp_path: Path, serve_folder: Serve
) -> None:
    root = gallery_of(tmp_path / "gallery")
    folder = root / "features" / foreign_source(root)
    folder.mkdir(parents=True)
    (folder / "3_10.json").write_text(json.dumps(feature_file()))
    address = built(root, tmp_path / "host", serve_folder)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(f"{address}graphs/theirs/?clickedId=4_12_4")
    expect(page.locator("#viewer .details")).to_contain_text("tracer import-examples")
    assert not any("/features/" in url for url in fetched)
    page.locator("#viewer .inputs [data-node='3_10_3']").click()
    examples = page.locator("#viewer .examples")
    expect(examples.locator(".example").first).to_have_text("in <b>Rome</b>↵")
    assert sum("/features/" in url for url in fetched) == 1
    marks = examples.locator(".example").first.locator("mark")
    expect(marks).to_have_text([" <b>Rome</b>", "↵"])
    assert marks.first.get_attribute("title") == "activation 4.5"
    shades = [one.evaluate("mark => getComputedStyle(mark).backgroundColor") for one in marks.all()]
    assert len(set(shades)) == 2
    expect(page.get_by_role("list", name="Promotes").locator("li")).to_have_text(["·Rome", "<i>"])
    expect(page.get_by_role("list", name="Suppresses").locator("li")).to_have_text(["·cat"])
    expect(examples.get_by_role("img")).to_have_attribute(
        "aria-label", "How often the feature is how active, from 0 to 4.5"
    )
    assert examples.locator(".histogram rect").count() == 3
    examples.get_by_text("2 more").click()
    expect(examples.locator(".example")).to_have_count(5)
    expect(examples.locator(".example").last).to_be_visible()


def test_found_examples_tell_high_from_low_and_what_was_read(
    page: Page, tmp_path: Path, serve_folder: Serve
) -> None:
    """Of a neuron, as `tracer find-examples` writes them."""
    root = make_gallery(tmp_path / "gallery").root
    words = [" up", " on", " down", " off", " a", " b"]
    values = [torch.tensor([0.1, 4.0]), torch.tensor([-2.0, 0.01]), torch.tensor([0.5, -0.4])]
    found = examples_of(
        3,
        running_of(values, [[0, 1], [2, 3], [4, 5]]),
        0,
        words.__getitem__,
        sorts=[UNKNOWN],
        top=[" high"],
        bottom=[" low"],
        found_in={"texts": ["one.txt", "two.txt"], "tokens": 1234},
    )
    graph = load_graph(root / "graphs" / "france-paris" / "1.json")
    nodes = [
        one.model_copy(update={"activation": -2.0}) if one.node_id == "1_3_4" else one
        for one in graph.nodes
    ]
    metadata = graph.metadata.model_copy(update={"slug": "below"})
    below = graph.model_copy(update={"nodes": nodes, "metadata": metadata})
    below.save(root / "graphs" / "below" / "1.json")
    source = feature_source(graph)
    save_feature_examples(found, root / "features" / source / "1_3.json")
    address = built(root, tmp_path / "host", serve_folder) + "graphs/"
    page.goto(f"{address}france-paris/?clickedId=1_3_4")
    examples = page.locator("#viewer .examples")
    expect(examples).to_contain_text("Found in 1,234 tokens of one.txt, two.txt.")
    expect(examples.locator("h4")).to_have_text(
        [
            "Promotes, above zero as here",
            "Suppresses, above zero as here",
            "Activations",
            "Strongest",
            "Lowest, below zero",
        ]
    )
    expect(examples.locator(".strongest").first).to_have_text(" on")
    lowest = examples.locator(".example").filter(has_text="down").last.locator("mark")
    expect(lowest).to_have_class(re.compile(r"below strongest"))
    high = examples.locator("mark:not(.below)").first
    colours = [
        one.evaluate("one => getComputedStyle(one).backgroundColor") for one in (high, lowest)
    ]
    assert colours[0] != colours[1]
    page.goto(f"{address}below/?clickedId=1_3_4")
    promoted = page.get_by_role("list", name="Promotes, below zero as here")
    expect(promoted.locator("li")).to_have_text(["·low"])
    expect(examples.locator("h4").nth(3)).to_have_text("Lowest, below zero")
    page.goto(f"{address}france-paris/?clickedId=0_7_4")
    expect(page.locator("#viewer .details")).to_contain_text("tracer find-examples TEXTS")


def foreign_source(root: Path) -> str:
    return feature_source(load_graph(root / "graphs" / "theirs" / "1.json"))
