"""The whole way on the real model: a prompt, its graph, a poke, a claim, kept, and verified."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.galleries import make_gallery
from tests.serving import Served, served
from tracer.batch.verify import verify

PROMPT = "The official language of the country where the Colosseum is located is"
COLOSSEUM = "#circuit svg.wide a.node-link[aria-label^='“Colosseum → Italian']"

pytestmark = [pytest.mark.slow, pytest.mark.model]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    gallery = make_gallery(tmp_path / "gallery")
    gallery.write("site_src/site.yaml", "title: One\nsearch: false\n")
    return gallery.root


@pytest.fixture
def site(root: Path) -> Iterator[Served]:
    with served(root, "--watch", workbench=True) as running:
        yield running


def test_from_a_prompt_to_a_claim_that_holds(page: Page, site: Served, root: Path) -> None:
    page.goto(site.workbench)
    page.get_by_role("textbox", name="Prompt", exact=True).fill(PROMPT)
    page.get_by_role("button", name="Italian 8").click()
    page.get_by_role("button", name="Spanish").click()
    expect(page.locator("#question")).to_have_text("Why “Italian” rather than “Spanish”?")
    page.get_by_role("button", name="Trace").click()
    graph = page.frame_locator("iframe")
    box = graph.locator(COLOSSEUM).first
    expect(box).to_be_visible()
    expect(page.locator("#told")).to_have_text("")
    box.click()
    page.get_by_role("button", name="Take away").click()
    expect(page.locator("#numbers")).to_contain_text(re.compile("81 % → [1-7][0-9] %.*Really −"))
    page.get_by_role("button", name="A control").click()
    expect(page.locator("#controlled")).to_contain_text("A control (as many others, as loud)")
    page.get_by_label("Name of what is selected").fill("Colosseum, so Italian")
    page.get_by_role("button", name="Name it").click()
    expect(page.locator("#told")).to_contain_text("is a group of")
    page.get_by_role("button", name="Make this a claim").click()
    expect(page.locator("#panel code")).to_contain_text("lead_falls_by")
    page.get_by_label("Under the name").fill("colosseum")
    page.get_by_role("button", name="Keep it in the gallery").click()
    # What follows a trace comes first: boxes silenced, flows shared out among heads.
    kept = page.locator("#kept")
    expect(kept).to_contain_text("graphs/colosseum/1.heads.bin", timeout=120_000)
    assert verify(root, ["colosseum"]) == 0
    pokes_of_a_graph_that_is_there(page, root)


def pokes_of_a_graph_that_is_there(page: Page, root: Path) -> None:
    """What is found in a graph of the gallery joins its own annotations, which stay."""
    file = root / "site_src" / "annotations" / "colosseum.yaml"
    file.write_text(f"{file.read_text(encoding='utf-8')}# mine\n", encoding="utf-8")
    page.goto(page.url.partition("?")[0] + "?graph=colosseum")
    expect(page.locator("#told")).to_have_text("")
    box = page.frame_locator("iframe").locator("#circuit svg.wide a.node-link.group, a.group")
    box.last.click()
    page.get_by_role("button", name="Remove Colosseum").click()
    page.get_by_role("button", name="Take away").click()
    expect(page.locator("#numbers")).to_contain_text("Really")
    page.get_by_label("Name of what is selected").fill("Another box")
    page.get_by_role("button", name="Name it").click()
    expect(page.locator("#told")).to_contain_text("is a group of")
    page.get_by_label("By", exact=True).fill("me")
    page.get_by_role("button", name="Keep it in the gallery").click()
    expect(page.locator("#kept li")).to_have_text(["site_src/annotations/colosseum.yaml"])
    text = file.read_text(encoding="utf-8")
    assert "# mine" in text and "Another box" in text and "Colosseum, so Italian" in text


def test_a_graph_of_the_gallery_leads_to_the_workbench(page: Page, site: Served) -> None:
    page.goto(site.workbench)
    expect(page.get_by_role("textbox", name="Prompt", exact=True)).to_be_visible()
    page.goto(f"{site.address}graphs/france-paris/")
    expect(page.locator("#to-workbench")).to_have_attribute(
        "href", "/workbench/?graph=france-paris"
    )
