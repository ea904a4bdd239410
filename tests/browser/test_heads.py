"""Heads on a page: a line says which carried it, a head lights its lines, all can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import violations
from tests.builders import make_graph
from tests.heads_part import heads
from tracer.documents.parts.parts import Parts
from tracer.site.build import build

SAID = {
    "groups": {
        "here": {"name": "France", "nodes": ["0_7_4"]},
        "there": {"name": "Paris", "nodes": ["1_3_4"]},
    },
    "labels": {"head:0.1": {"text": "brings the country"}},
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, serve_folder: Callable[[Path], str]) -> str:
    root = tmp_path_factory.mktemp("heads")
    file = root / "graphs" / "france-paris" / "1.json"
    rows = [
        [100],
        [90, 10],
        [60, 20, 20],
        [50, 20, 20, 10],
        [40, 0, 0, 0, 60],
        [25, 0, 0, 0, 75, 0],
    ]
    make_graph().save(file)
    Parts(heads=heads(patterns=[{"head": "0.1", "rows": rows}])).save(file)
    said = root / "site_src" / "annotations" / "france-paris.yaml"
    said.parent.mkdir(parents=True)
    said.write_text(json.dumps(SAID), encoding="utf-8")
    build(root, root / "site")
    return serve_folder(root / "site") + "graphs/france-paris/"


def test_a_line_names_its_heads_and_a_head_lights_its_lines(page: Page, address: str) -> None:
    page.goto(address)
    button = page.get_by_role("button", name="Show the lines that head 0.1 carries")
    expect(button).to_be_visible()  # the module is there
    told = json.loads(page.locator("#heads").get_attribute("data-lines") or "")
    assert told
    source, target, said, names = told[0]
    line = f'svg.circuit path[data-source="{source}"][data-target="{target}"]'
    page.locator(line).first.dispatch_event("click")
    expect(page.locator(".circuit-says .by-heads p")).to_have_text(said)
    assert page.locator(".circuit-says .by-heads svg").count() == (names[0] == "0.1")
    button.click()
    expect(page.locator("svg.circuit")).to_have_class("circuit wide by-head")
    lit = page.locator("svg.circuit path.carried").count()
    assert 0 < lit <= 2 * len(told)
    button.click()
    expect(page.locator("svg.circuit path.carried")).to_have_count(0)


def test_heads_are_found_by_name(page: Page, address: str) -> None:
    page.goto(address)
    box = page.get_by_label("Search", exact=False).first
    found = page.locator("#viewer .search-results a, .search-results a")
    for query in ("head:0.1", "0.1", "brings the"):
        box.fill(query)
        expect(found).to_have_text(["Head 0.1: brings the country"])
    box.press("Enter")
    expect(page).to_have_url(re.compile("#head-0.1$"))
    box.fill("head:")
    expect(found).to_have_count(0)
    box.fill("head:7.7")
    expect(page.locator(".search .found")).to_have_text("0 nodes found")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_is_readable_on_a_telephone(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    picture = page.locator("#head-0\\.1 > svg")
    expect(picture).to_be_visible()
    text = picture.locator("text").first
    assert text.evaluate("one => one.getBoundingClientRect().height") >= 10
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert not violations(page)
