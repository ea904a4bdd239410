"""Arabic and Hebrew read from right to left wherever people's text stands, on any page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.builders import make_graph
from tests.galleries import make_gallery
from tracer.site.build import build

WORD = "مرحبا"
WRITE_UP = f"""---
title: {WORD} (a)
summary: {WORD}
---
{WORD}, then English.

## {WORD}

- {WORD} `1_3`
- an English item

> {WORD}

| {WORD} | b |
|---|---|
| {WORD} | 1 |

An English paragraph with {WORD}.
"""
ANNOTATIONS = f"""labels:
  "1_3": {{text: {WORD}, note: {WORD}}}
groups:
  g: {{name: {WORD}, nodes: ["1_9"], note: {WORD}}}
"""
RIGHT = [
    "header h1",
    ".prompt",
    ".lead",
    "#write-up > p:first-of-type",
    "#write-up h2",
    "#write-up li:first-child",
    "#write-up blockquote",
    "#write-up table",
    "#write-up td:first-child",
    "#names dt a",
    "#names dd p",
]
LEFT = ["#write-up li:last-child", "#write-up > p:last-of-type", "#viewer-title", "#facts"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, serve_folder: Callable[[Path], str]) -> str:
    gallery = make_gallery(tmp_path_factory.mktemp("direction") / "gallery")
    tokens = ["<|endoftext|>", WORD, " capital", " of", " France", " is"]
    graph = make_graph(prompt_tokens=tokens, prompt=f"{WORD} capital of France is")
    graph.save(gallery.root / "graphs" / "france-paris" / "1.json")
    gallery.write("site_src/write-ups/france-paris.md", WRITE_UP)
    gallery.write("site_src/annotations/france-paris.yaml", ANNOTATIONS)
    gallery.write("site_src/site.yaml", "search: false\n")
    build(gallery.root, gallery.root / "public")
    return serve_folder(gallery.root / "public")


def way(page: Page, selector: str) -> str:
    return str(page.locator(selector).first.evaluate("one => getComputedStyle(one).direction"))


def test_blocks_of_text_run_the_way_of_their_first_letter(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/")
    assert {one: way(page, one) for one in RIGHT} == dict.fromkeys(RIGHT, "rtl")
    assert {one: way(page, one) for one in LEFT} == dict.fromkeys(LEFT, "ltr")
    items = page.locator("#write-up li")
    assert items.first.evaluate("one => getComputedStyle(one).listStylePosition") == "outside"
    assert items.last.evaluate("one => getComputedStyle(one).listStylePosition") == "inside"


def test_ids_run_from_left_to_right_in_any_text(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/")
    code = page.locator("#write-up li:first-child code")
    expect(code).to_have_text("1_3")
    places = code.evaluate("""one => [0, 2].map((at) => {
        const range = document.createRange();
        range.setStart(one.firstChild, at);
        range.setEnd(one.firstChild, at + 1);
        return range.getBoundingClientRect().x;
    })""")
    assert places[0] < places[1]


def test_names_in_the_viewer_do_too(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/#node=1_3_4")
    expect(page.locator("#viewer canvas").first).to_be_visible()
    page.get_by_label("Search").first.fill(WORD)
    assert way(page, "#viewer-search") == "rtl"
    expect(page.locator(".search .name").first).to_have_text(WORD)
    assert way(page, ".search .name") == "rtl"


def test_a_card_in_the_gallery_does_too(page: Page, site: str) -> None:
    page.goto(site)
    for one in (".card h2", ".card-prompt", ".card-summary"):
        assert way(page, one) == "rtl"
    assert way(page, ".intro h1") == "ltr"
