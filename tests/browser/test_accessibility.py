"""axe-core finds no violation on any kind of page, light and dark, wide and narrow."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.account_graphs import account_graph, save_account
from tests.builders import make_graph
from tests.documents.test_feature_examples import feature_file
from tests.everyday import everyday
from tests.galleries import make_gallery
from tests.site.graph.test_alignment import moved
from tracer.documents.graph import Graph
from tracer.site.build import build

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
ANNOTATIONS = """\
labels:
  "1_3": {text: France, by: ann, confidence: high, note: "Seen *often*."}
groups:
  capital: {name: capitals, nodes: ["1_9_5", "1_3_4"], by: bo, note: "Both."}
pins: ["1_11_5"]
counterpoints:
  - {name: Cy, date: 2026-01-01, text: "Or [not](node:1_9_5)."}
"""
WIDTHS = (1440, 768, 390)
OF_COLOUR = ("color-contrast", "link-in-text-block")
PAGES = {
    "gallery": "",
    "graph": "graphs/france-paris/",
    "older graph": "graphs/france-paris/1/",
    "graph with a node": "graphs/france-paris/?clickedId=0_7_4&sign=weakens&weight=0.01",
    "graph with its own words": "graphs/moved/?clickedId=0_7_5",
    "graph with a group": "graphs/france-paris/?pinnedIds=1_3_4,1_9_5&q=is",
    "embedded": "graphs/france-paris/?embed&clickedId=1_3_4",
    "account": "graphs/account/",
    "comparison": "compare/france-paris/moved/",
    "choice of two": "compare/",
    "two graphs": "compare/?a=france-paris&b=moved&row=1_3",
    "text": "about/",
    "missing": "404.html",
    "features": "features/",
    "features of a source": "features/tiny.neurons/",
    "features by name": "features/tiny.neurons/by-name/",
    "feature with texts": "features/tiny.neurons/0/7/",
    "feature without texts": "features/tiny.neurons/1/9/",
}

# These differ from the graph's page in little.
ALIKE = {"older graph", "graph with its own words", "graph with a group", "missing"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, serve_folder: Callable[[Path], str]) -> str:
    """Everything that a page can show, once."""
    folder = tmp_path_factory.mktemp("accessible")
    gallery = make_gallery(folder / "gallery")
    make_graph().save(gallery.root / "graphs" / "france-paris" / "2.json")
    moved(make_graph(), "tiny.neurons").save(gallery.root / "graphs" / "moved" / "1.json")
    account = json.loads(account_graph()[0].to_json())
    account["metadata"]["slug"] = "account"
    wrong = {"node": "0_7_4", "predicted": -1.0, "actual": 0.5}
    account["metadata"]["tracer"]["account"]["trial"]["nodes"][0] = wrong
    file = gallery.root / "graphs" / "account" / "1.json"
    save_account(Graph.model_validate(account), account_graph()[1], file)
    gallery.write("site_src/annotations/france-paris.yaml", ANNOTATIONS)
    write_up = "---\ntitle: France\n---\n# One\n\nSee [it](node:1_3_4) and [both](group:capital).\n"
    gallery.write("site_src/write-ups/france-paris.md", write_up)
    gallery.write("site_src/pages/about.md", "A [link](../graphs/france-paris/).\n")
    gallery.write("site_src/comparisons/france-paris--moved.md", "Two graphs.\n")
    below = {"tokens": ["a", " b"], "tokens_acts_list": [-3.0, -0.5]}
    lowest = {"quantile_name": "Lowest", "below": True, "examples": [below]}
    known = feature_file(
        suggestion={"name": "Rome", "from": "texts", "auroc": 0.7, "confident": False},
        frequency=0.02,
        shares=[{"language": "fr", "kind": "prose", "share": 0.8, "of_texts": 0.1}],
    )
    known["examples_quantiles"].append(lowest)
    gallery.write("features/tiny.neurons/0_7.json", json.dumps(known))
    gallery.write("features/tiny.neurons/1_11.json", json.dumps(known))
    build(gallery.root, folder / "out")
    return serve_folder(folder / "out")


def violations(page: Page, *, only: Sequence[str] = ()) -> list[str]:
    """What axe-core finds, of some rules or of all, each with the first element it is about."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    rules = {"resultTypes": ["violations"], **({"runOnly": list(only)} if only else {})}
    found = page.evaluate("rules => axe.run(document, rules)", rules)
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


@pytest.mark.parametrize("widths", everyday([(1440, 390), (768,)], [(1440, 390)]))
@pytest.mark.parametrize("name", everyday(PAGES, PAGES.keys() - ALIKE))
def test_no_page_has_a_violation(page: Page, site: str, name: str, widths: tuple[int, ...]) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(site + PAGES[name])
    # What is where does not depend on colours.
    assert violations_in_all_versions(page, widths, dark=OF_COLOUR) == {}


def violations_in_all_versions(
    page: Page, widths: Sequence[int], *, dark: Sequence[str] = ()
) -> dict[str, list[str]]:
    """At each of these widths, light and dark; of the dark ones by these rules, or by all."""
    found = {}
    for scheme, order, only in (("light", widths, ()), ("dark", widths[::-1], dark)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in order:
            page.set_viewport_size({"width": width, "height": 900})
            settled(page)
            if faults := violations(page, only=only):
                found[f"{scheme}, {width}"] = faults
    return found


NEURONS = "features/smollm2-135m-instruct.neurons/"
REAL = [  # general and suggested, named by a person, lists, of an edited model
    f"{NEURONS}28/1095/",
    f"{NEURONS}22/580/",
    f"{NEURONS}by-graphs/",
    f"{NEURONS}29/",
    "features/smollm2-135m-instruct.colosseum-madrid.neurons/6/125/",
]


@pytest.fixture(scope="module")
def own_site(own_gallery: Path, serve_folder: Callable[[Path], str]) -> str:
    return serve_folder(own_gallery)


@pytest.mark.parametrize("widths", everyday([(1440, 390), (768,)], [(1440, 390)]))
@pytest.mark.parametrize("address", everyday(REAL, REAL[:1]))
def test_no_page_of_a_real_feature_has_a_violation(
    page: Page, own_site: str, address: str, widths: tuple[int, ...]
) -> None:
    page.goto(own_site + address)
    expect(page.locator("main h1")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(50)
            assert violations(page, only=() if scheme == "light" else OF_COLOUR) == []


def settled(page: Page) -> None:
    expect(page.locator("#viewer > .viewer-status")).to_have_count(0)
    if "b=" in page.url:
        expect(page.locator(".compared .aligned-by")).to_be_visible()
    page.wait_for_timeout(50)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("button", ["Share…", "Keys and search"])
def test_no_dialogue_has_a_violation(page: Page, site: str, button: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(site + PAGES["graph"])
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


def test_the_check_can_fail(page: Page, site: str) -> None:
    page.goto(site)
    page.locator("main").evaluate("main => main.append(document.createElement('button'))")
    assert any(one.startswith("button-name") for one in violations(page))


def pages_of(site: Path) -> list[str]:
    """Addresses of all pages; of the features', which are thousands and alike, a hundredth, unless
    `TRACER_EVERY_PAGE` is set."""
    found = sorted(str(one.parent.relative_to(site)) for one in site.rglob("index.html"))
    own = [one for one in found if re.search(r"^features/.*/\d+/\d+$", one)]
    left = set() if "TRACER_EVERY_PAGE" in os.environ else set(own) - set(own[::100])
    return ["404.html", *("" if one == "." else f"{one}/" for one in found if one not in left)]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_no_page_of_our_own_gallery_has_a_violation(
    page: Page, whole_gallery: Path, serve_folder: Callable[[Path], str], part: int
) -> None:
    site = serve_folder(whole_gallery)
    found = {}
    for address in pages_of(whole_gallery)[part::8]:
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(site + address)
        if faults := violations_in_all_versions(page, WIDTHS):
            found[address] = faults
    assert not found
