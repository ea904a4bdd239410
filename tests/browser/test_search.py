"""Full-text search in a real browser, at the root and below a path, without any server's help."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.galleries import make_gallery
from tracer.site.build import build


@pytest.fixture(scope="module")
def sites(
    tmp_path_factory: pytest.TempPathFactory, serve_folder: Callable[[Path], str]
) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("search")
    gallery = make_gallery(folder / "gallery")
    gallery.write("site_src/pages/about.md", "---\ntitle: About\n---\nA rare word: zymurgy <b>.\n")
    build(gallery.root, folder / "public")
    shutil.copytree(folder / "public", folder / "host" / "sub" / "path")
    return {
        "root": serve_folder(folder / "public"),
        "below": serve_folder(folder / "host") + "sub/path/",
    }


@pytest.mark.parametrize("where", ["root", "below"])
def test_a_word_of_a_page_leads_to_that_page(page: Page, sites: dict[str, str], where: str) -> None:
    page.goto(sites[where])
    page.get_by_role("link", name="Search", exact=True).click()
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.get_by_label("Words").fill("zymurgy")
    result = page.locator("#search-results li")
    expect(result).to_have_count(1)
    assert any("/pagefind/" in url for url in loaded)
    expect(page.get_by_role("status")).to_have_text("1 page")
    expect(result.locator("mark")).to_have_text("zymurgy")
    expect(result).to_contain_text("<b>")
    result.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text("About")
    assert page.url == f"{sites[where]}about/"


def test_nothing_is_loaded_before_the_first_query(page: Page, sites: dict[str, str]) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(f"{sites['root']}search/")
    expect(page.get_by_label("Words")).to_be_visible()
    assert not any("/pagefind/" in url for url in loaded)


def test_the_address_holds_the_query(page: Page, sites: dict[str, str]) -> None:
    page.goto(f"{sites['below']}search/?q=capital")
    expect(page.locator("#search-results li").first).to_contain_text("capital")
    page.get_by_label("Words").fill("zymurgy")
    expect(page.get_by_role("status")).to_have_text("1 page")
    assert page.url.endswith("?q=zymurgy")
