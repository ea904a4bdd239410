"""An account regrouped in the viewer: its books close there as they do in the build."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_editing import ready
from tests.galleries import GalleryFolder
from tests.random_accounts import FEATURES, save_account
from tracer.documents.annotations import Annotations
from tracer.site.build import build
from tracer.site.circuit.circuit import summarise
from tracer.site.wording.amounts import amount

GROUP = ["0_2_4", "1_4_4", "2_8_5"]
MADE = "?supernodes=" + json.dumps([["mine", *GROUP]]).replace('"', "%22")
Serve = Callable[[Path], str]


def shown(page: Page, key: str) -> str:
    return f'#circuit svg.circuit:visible [data-box="{key}"]'


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    return GalleryFolder(tmp_path / "gallery")


def test_a_readers_group_says_what_flows_through_it_and_what_it_pushes(
    page: Page, gallery: GalleryFolder, tmp_path: Path, serve_folder: Serve
) -> None:
    graph, parts = save_account(gallery.root)
    build(gallery.root, tmp_path / "public")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    address = serve_folder(tmp_path / "public") + "graphs/france-paris/"
    page.goto(address)
    expect(page.locator(".edit-bar")).to_be_visible()
    assert "1.flows.bin" not in asked, "fetched before anybody regroups"
    ready(page, address + MADE)
    said = Annotations.model_validate({"groups": {"mine": {"name": "mine", "nodes": GROUP}}})
    circuit = summarise(graph, said, parts)
    assert circuit is not None
    mine, other = circuit.groups
    group = page.locator(shown(page, "mine"))
    expect(group.locator(".badge")).to_have_text(mine.amount)
    expect(group).to_contain_text(mine.words[0])
    expect(group).to_contain_text("not tested")
    expect(page.locator(shown(page, "other")).locator(".badge")).to_have_text(other.amount)
    assert "1.flows.bin" in asked
    group.locator("a").focus()
    says = page.locator(".circuit-says")
    assert circuit.balance is not None
    expect(says).to_contain_text(f"through it {mine.amount} logits")
    for line in circuit.lines:
        if line.source == "mine":
            expect(says).to_contain_text(amount(line.effect))


def test_without_the_packed_flows_it_goes_by_the_drawn_links_and_says_so(
    page: Page, gallery: GalleryFolder, tmp_path: Path, serve_folder: Serve
) -> None:
    save_account(gallery.root)
    build(gallery.root, tmp_path / "public")
    flows = tmp_path / "public" / "graphs" / "france-paris" / "1.flows.bin"
    flows.write_bytes(flows.read_bytes()[:-9])
    ready(page, serve_folder(tmp_path / "public") + "graphs/france-paris/" + MADE)
    expect(page.locator(shown(page, "mine"))).to_contain_text("3\N{NO-BREAK SPACE}neurons")
    expect(page.locator(shown(page, "mine")).locator(".badge")).to_have_count(0)
    expect(page.locator(".circuit-origin")).to_contain_text(
        "hold 80\N{NO-BREAK SPACE}% of what flows"
    )


@pytest.mark.parametrize("how", ["missing", "cut short", "of another graph"])
def test_a_page_whose_parts_cannot_be_used_says_what_its_picture_holds(
    page: Page, gallery: GalleryFolder, tmp_path: Path, serve_folder: Serve, how: str
) -> None:
    save_account(gallery.root)
    file = gallery.root / "graphs" / "france-paris" / "1.flows.bin"
    content = file.read_bytes()
    broken = {"cut short": content[:-9], "of another graph": content.replace(b"0" * 64, b"1" * 64)}
    file.unlink()
    if how in broken:
        file.write_bytes(broken[how])
    build(gallery.root, tmp_path / "public")
    page.goto(serve_folder(tmp_path / "public") + "graphs/france-paris/")
    expect(page.locator(".circuit-origin")).to_contain_text(
        "they hold 80\N{NO-BREAK SPACE}% of what flows"
    )
    expect(page.locator(shown(page, "box-1"))).to_be_visible()
    assert page.locator("#circuit svg.circuit:visible path[data-net]").count() > len(FEATURES) / 2
