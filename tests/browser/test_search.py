"""Full-text search in a real browser, at the root and below a path, without any server's help."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.galleries import make_gallery
from tracer.site.build import build

TEXTS = {
    "tokyo": "---\ntitle: 東京\n---\n首都は東京である。这是一段**简单**的测试文本。 In Tokyo東京 "
    "people say so.\n",
    "korea": "---\ntitle: 한국\n---\n이것은 한국어텍스트입니다 그리고 더.\n",
    "thailand": "---\ntitle: ไทย\n---\nกรุงเทพเป็นเมืองหลวงของประเทศไทย ที่นี่\n",
    "apart": "---\ntitle: Apart\n---\n首 and 都 are far from each other, 一 too.\n",
    "words": "---\ntitle: Words\n---\n"
    "A capital **of**   several words, with “quotes” — and more.\n",
}
IN_A_ROW = {
    "首都": (
        "東京",
        "首都",
        "首都は東京である。这是一段简单的测试文本。 In Tokyo東京 people say so",
    ),
    "一段": ("東京", "一段", "这是一段简单的测试文本。 In Tokyo東京"),
    "简单": ("東京", "简单", "首都は東京である。这是一段简单的"),
    "段简单的": ("東京", "段简单的", "这是一段简单的测试文本。"),
    "东": ("", "", ""),
    "都首": ("", "", ""),
    "東京": ("東京", "東京", "首都は東京である"),
    "Tokyo東京": ("東京", "Tokyo東京", "In Tokyo東京 people"),
    "首都 people": ("東京", "首都", "In Tokyo東京 people"),
    "people 首都 zymurgy": ("", "", ""),
    "텍스트": ("한국", "텍스트", "이것은 한국어텍스트입니다 그리고 더"),
    "한국어텍스트입니다 그리고": (
        "한국",
        "한국어텍스트입니다",
        "이것은 한국어텍스트입니다 그리고 더",
    ),
    "เมืองหลวง": ("ไทย", "เมืองหลวง", "กรุงเทพเป็นเมืองหลวงของประเทศไทย ที่นี่"),
}


@pytest.fixture(scope="module")
def sites(
    tmp_path_factory: pytest.TempPathFactory, serve_folder: Callable[[Path], str]
) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("search")
    gallery = make_gallery(folder / "gallery")
    gallery.write("site_src/pages/about.md", "---\ntitle: About\n---\nA rare word: zymurgy <b>.\n")
    for name, text in TEXTS.items():
        gallery.write(f"site_src/pages/{name}.md", text)
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


def test_words_inside_texts_without_spaces_are_found(page: Page, sites: dict[str, str]) -> None:
    page.goto(f"{sites['root']}search/")
    result = page.locator("#search-results li")
    for query, (title, marked, text) in IN_A_ROW.items():
        page.get_by_label("Words").fill("zymurgy")
        expect(result.locator("mark").first).to_have_text("zymurgy")
        page.get_by_label("Words").fill(query)
        if title:
            expect(result.locator("mark").first).to_have_text(marked)
            expect(result.locator("h2")).to_have_text(title)
            assert text in (result.locator("p").text_content() or "")
        expect(page.get_by_role("status")).to_have_text("1 page" if title else "0 pages")
        assert "\u2060" not in (page.locator("#search-results").text_content() or "")


def test_other_words_are_found_and_shown_as_ever(page: Page, sites: dict[str, str]) -> None:
    page.goto(f"{sites['root']}search/?q=several")
    result = page.locator("#search-results li")
    expect(result.locator("mark")).to_have_text("several")
    text = "Words. A capital of several words, with “quotes” — and more."
    expect(result.locator("p")).to_have_text(text)
