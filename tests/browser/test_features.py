"""Features' pages, and the ways there: a node's panel, the viewer's controls, both searches."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.builders import make_graph
from tests.documents.test_feature_examples import feature_file
from tests.galleries import make_gallery
from tracer.site.build import build

NAMES = {"b": "Second", "c": "Third"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, serve_folder: Callable[[Path], str]) -> str:
    folder = tmp_path_factory.mktemp("features")
    gallery = make_gallery(folder / "gallery")
    for slug, title in NAMES.items():
        make_graph(slug=slug).save(gallery.root / "graphs" / slug / "1.json")
        gallery.write(f"site_src/write-ups/{slug}.md", f"---\ntitle: {title}\n---\nText.\n")
    gallery.write("site_src/annotations/b.yaml", 'labels: {"1_9": {text: rivers, by: ann}}\n')
    told = {"tokens": [" Zymurgy", " brews"], "tokens_acts_list": [4.5, 0.1]}
    suggestion = {"name": "beer", "from": "texts", "auroc": 0.91, "confident": False, "below": True}
    quantile = {"quantile_name": "Top", "examples": [told]}
    record = feature_file(examples_quantiles=[quantile], suggestion=suggestion)
    gallery.write("features/tiny.neurons/1_3.json", json.dumps(record))
    build(gallery.root, folder / "out")
    return serve_folder(folder / "out")


def test_a_node_s_panel_leads_to_its_feature_and_to_other_graphs(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/?clickedId=1_9_5")
    panel = page.locator(".feature-page")
    expect(panel).to_contain_text("General: it stands in 3 of 3 graphs")
    expect(panel.locator(".also-in li")).to_have_count(2)
    panel.get_by_role("link", name="Second").click()
    expect(page).to_have_url(f"{site}graphs/b/?clickedId=1_9_5#viewer")
    page.locator(".feature-page").get_by_role("link", name="All about this neuron").click()
    expect(page).to_have_url(f"{site}features/tiny.neurons/1/9/")
    expect(page.locator("h1")).to_have_text("rivers")


def test_a_suggested_name_is_told_with_how_well_it_tells(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/?clickedId=1_3_4")
    expect(page.locator(".feature-page")).to_contain_text(
        "Suggested name, of where it is below zero, checked by nobody: beer (AUROC 0.91); "
        "do not rely on it."
    )
    page.locator(".feature-page").get_by_role("link", name="All about this neuron").click()
    expect(page.locator(".what-is")).to_contain_text("with an AUROC of 0.91")
    expect(page.locator(".what-is")).to_contain_text("of where it is below zero")


def test_general_features_stand_back_and_the_address_says_so(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/")
    pixels = "() => document.querySelector('canvas.nodes').toDataURL()"
    expect(page.locator(".viewer-side .details")).to_be_visible()
    before = page.evaluate(pixels)
    page.get_by_role("checkbox", name="fade general").check()
    expect(page.get_by_role("checkbox", name="fade general (4)")).to_be_checked()
    assert page.evaluate(pixels) != before
    expect(page).to_have_url(f"{site}graphs/france-paris/?fade=general")
    page.reload()
    expect(page.get_by_role("checkbox", name="fade general (4)")).to_be_checked()
    page.get_by_role("checkbox", name="fade general").uncheck()
    assert page.evaluate(pixels) == before
    expect(page).to_have_url(f"{site}graphs/france-paris/")


def test_the_viewer_finds_words_of_texts_and_ids_in_any_spelling(page: Page, site: str) -> None:
    page.goto(f"{site}graphs/france-paris/")
    results = page.locator(".search-results button")
    spellings = ("1/3", "1_3", "1-3", "L1 N3", "layer 1 neuron 3", "1/3/4", "zymurgy", "rome")
    for query, found in [*((one, "1_3_4") for one in spellings), ("1/9", "1_9_5")]:
        page.locator("#viewer-search").fill("")
        expect(results).to_have_count(0)
        page.locator("#viewer-search").fill(query)
        expect(results).to_have_count(1)
        expect(results).to_have_attribute("data-node", found)


def test_the_site_s_search_finds_features(page: Page, site: str) -> None:
    page.goto(f"{site}search/")
    first = page.locator("#search-results a").first
    for query in ("1/3", "1_3", "L1 N3", "1-3", "zymurgy"):
        page.locator("#search-words").fill("")
        expect(first).to_have_count(0)
        page.locator("#search-words").fill(query)
        expect(first).to_have_attribute("href", "/features/tiny.neurons/1/3/")
        expect(page.locator("#search-status")).to_contain_text("1 feature")


def test_nothing_of_a_feature_is_fetched_before_it_is_asked_for(page: Page, site: str) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(f"{site}graphs/france-paris/")
    expect(page.locator(".viewer-side .details")).to_be_visible()
    assert not [one for one in fetched if "/features/" in one]
