"""`tracer serve --watch`: what is saved appears in the open page, which stays where it was."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.everyday import everyday
from tests.galleries import GalleryFolder, make_gallery
from tests.serving import Served, served

MARKED = '<div><details><summary>More</summary><p id="inner">One</p></details></div>'
LONG = "\n\n".join(f"Paragraph {number}." for number in range(80))


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    gallery = make_gallery(tmp_path / "gallery")
    gallery.write("site_src/site.yaml", "title: One\nsearch: false\n")
    gallery.write("site_src/write-ups/france-paris.md", f"First words.\n\n{LONG}\n")
    gallery.write("site_src/pages/light.md", "First words.\n")
    return gallery


@pytest.fixture
def site(gallery: GalleryFolder) -> Iterator[Served]:
    with served(gallery.root, "--watch") as running:
        yield running


@pytest.fixture
def open_page(page: Page, site: Served) -> Page:
    """A graph's page, read half-way, with a node chosen; `window.kept` goes when it reloads."""
    page.goto(f"{site.address}graphs/france-paris/")
    # A page asked for before the first look at the sources is loaded a second time.
    told = page.locator("[data-preview-scripts]")
    expect(told).not_to_have_attribute("data-preview-scripts", hashlib.sha256().hexdigest()[:16])
    expect(page.locator("#write-up")).to_contain_text("First words.")
    expect(page.locator(".circuit-frame.taken-over")).to_have_count(1)
    # Written by the script that, after a reload, goes back to where the page was.
    expect(page.locator("#to-workbench")).to_have_count(1)
    page.evaluate("window.kept = true; scrollTo(0, 1200)")
    return page


def test_words_change_in_place_and_the_place_is_kept(
    open_page: Page, gallery: GalleryFolder
) -> None:
    gallery.write("site_src/write-ups/france-paris.md", f"Other words.\n\n{LONG}\n\nThe end.\n")
    expect(open_page.locator("#write-up")).to_contain_text("Other words.")
    expect(open_page.locator("#write-up")).to_contain_text("The end.")
    assert open_page.evaluate("[window.kept, scrollY]") == [True, 1200]
    expect(open_page.locator(".viewer-main")).to_have_count(1)
    expect(open_page.locator(".circuit-frame.taken-over .opener").first).to_be_attached()


def test_what_a_reader_opened_and_chose_outlives_parts_that_come_and_go(
    open_page: Page, gallery: GalleryFolder
) -> None:
    gallery.write("templates/parts/discussion.html", MARKED)
    expect(open_page.locator("#inner")).to_have_text("One")
    open_page.locator("details:has(#inner)").evaluate("one => { one.open = true; }")
    open_page.evaluate("document.querySelector('#inner').mine = document.querySelector('#viewer')")
    gallery.write("templates/parts/discussion.html", f"<h2>New</h2>{MARKED}".replace("One", "Two"))
    expect(open_page.locator("#inner")).to_have_text("Two")
    assert open_page.locator("details:has(#inner)").evaluate("one => one.open")
    same = "document.querySelector('#inner').mine === document.querySelector('#viewer')"
    assert open_page.evaluate(f"[window.kept, {same}]") == [True, True]


def test_a_template_and_a_style_change_in_place(open_page: Page, gallery: GalleryFolder) -> None:
    gallery.write("templates/parts/discussion.html", '<p id="mine">New part</p>')
    expect(open_page.locator("#mine")).to_have_text("New part")
    gallery.write("assets/styles/tokens.css", ":root { --bg: rgb(1, 2, 3); }")
    expect(open_page.locator("body")).to_have_css("background-color", "rgb(1, 2, 3)")
    assert open_page.evaluate("window.kept") is True


def test_a_name_in_yaml_reaches_picture_and_viewer(open_page: Page, gallery: GalleryFolder) -> None:
    open_page.evaluate("history.replaceState(null, '', '?clickedId=1_3_4')")
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        'groups:\n  g: {name: The city, nodes: ["1_3_4"]}\n',
    )
    expect(open_page.locator(".circuit.wide")).to_contain_text("The city")
    expect(open_page.locator(".viewer-main")).to_have_count(1)
    assert "clickedId=1_3_4" in open_page.url


def test_a_page_that_tells_goes_on_telling_after_an_edit(
    open_page: Page, gallery: GalleryFolder
) -> None:
    groups = 'groups:\n  city: {name: The city, nodes: ["1_3_4"]}\n'
    told = f"First words.\n\n[It](group:city) reads. {'It reads. ' * 300}\n"
    gallery.write("site_src/annotations/france-paris.yaml", groups)
    open_page.wait_for_event("load")
    gallery.write("site_src/write-ups/france-paris.md", told)  # a new link to what can be renamed
    open_page.wait_for_event("load")
    expect(open_page.locator("#circuit")).to_contain_text("The city")
    expect(open_page.locator(".circuit-frame.taken-over")).to_have_count(1)
    open_page.evaluate("window.kept = true")
    gallery.write("site_src/write-ups/france-paris.md", told.replace("First", "Other"))
    expect(open_page.locator("#write-up")).to_contain_text("Other words.")
    told_of = open_page.locator("#write-up p", has_text="It reads.")
    expect(told_of).to_have_count(1)
    told_of.evaluate("one => one.scrollIntoView()")
    expect(open_page.locator('.alongside [data-box="city"].lit')).to_have_count(1)
    open_page.keyboard.press("w")
    expect(open_page.locator(".way [aria-current]")).to_have_count(1)
    assert open_page.evaluate("window.kept") is True


@pytest.mark.parametrize("emptied", [True, False], ids=["emptied", "taken away"])
def test_a_file_that_is_gone_while_it_is_saved_is_not_shown_as_gone(
    open_page: Page, gallery: GalleryFolder, emptied: bool
) -> None:
    """Whoever reads between, sees a page without the links whose loss makes it load again."""
    groups = 'groups:\n  city: {name: The city, nodes: ["1_3_4"]}\n'
    told = "First words.\n\n[It](group:city) reads.\n"
    gallery.write("site_src/annotations/france-paris.yaml", groups)
    open_page.wait_for_event("load")
    file = gallery.write("site_src/write-ups/france-paris.md", told)
    open_page.wait_for_event("load")
    expect(open_page.locator("#circuit")).to_contain_text("The city")
    open_page.evaluate("window.kept = true")
    file.write_bytes(b"") if emptied else file.rename(file.with_suffix(".md~"))
    time.sleep(0.1)  # what an editor takes at most, even on a machine with much to do
    gallery.write("site_src/write-ups/france-paris.md", told.replace("First", "Other"))
    expect(open_page.locator("#write-up")).to_contain_text("Other words.")
    assert open_page.evaluate("window.kept") is True


def test_new_scripts_load_the_page_again_at_the_same_spot(
    open_page: Page, gallery: GalleryFolder
) -> None:
    gallery.write("assets/site/extra.js", "export {};")
    open_page.wait_for_event("load")
    expect(open_page.locator(".viewer-main")).to_have_count(1)
    assert open_page.evaluate("window.kept") is None
    expect(open_page.locator("html")).to_have_js_property("scrollTop", 1200)


def test_mistakes_are_shown_with_their_place_until_they_are_mended(
    open_page: Page, gallery: GalleryFolder
) -> None:
    gallery.write("site_src/write-ups/france-paris.md", f"[x](node:9_9_9)\n\n{LONG}\n")
    alert = open_page.get_by_role("alert")
    expect(alert).to_contain_text("france-paris.md:1:5: the graph has no node `9_9_9`")
    expect(open_page.locator("#write-up")).to_contain_text("First words.")
    gallery.write("site_src/write-ups/france-paris.md", f"Mended.\n\n{LONG}\n")
    expect(alert).to_have_count(0)
    expect(open_page.locator("#write-up")).to_contain_text("Mended.")
    assert open_page.evaluate("[window.kept, scrollY]") == [True, 1200]


def test_folders_made_after_the_start_are_watched_too(page: Page, tmp_path: Path) -> None:
    gallery = make_gallery(tmp_path / "gallery")
    with served(gallery.root, "--watch") as running:
        page.goto(f"{running.address}graphs/france-paris/")
        expect(page.locator("h1")).to_be_visible()
        gallery.write("site_src/write-ups/france-paris.md", "Written later.\n")
        expect(page.locator("#write-up")).to_contain_text("Written later.")
        gallery.write("templates/parts/discussion.html", '<p id="mine">Mine</p>')
        expect(page.locator("#mine")).to_have_text("Mine")


def test_a_page_that_was_not_built_yet_is_there_when_asked_for(
    page: Page, site: Served, gallery: GalleryFolder
) -> None:
    page.goto(site.address)
    gallery.write("site_src/pages/new.md", "# New page\n")
    expect(page.get_by_role("link", name="New")).to_be_visible()
    page.get_by_role("link", name="New").click()
    expect(page.locator("h1")).to_have_text("New")


@pytest.mark.parametrize(
    "workers", everyday([True, False], [True]), ids=["one connection", "no workers"]
)
def test_any_number_of_tabs_loads_and_hears_of_a_change(
    context: BrowserContext, site: Served, gallery: GalleryFolder, workers: bool
) -> None:
    if not workers:
        context.add_init_script("delete window.SharedWorker")
    tabs = [context.new_page() for _ in range(8)]
    for tab in tabs:
        tab.goto(f"{site.address}light/")
        expect(tab.locator("main")).to_contain_text("First words.")
    gallery.write("site_src/pages/light.md", "Heard by all.\n")
    for tab in tabs:
        expect(tab.locator("main")).to_contain_text("Heard by all.")


@pytest.mark.parametrize("target", ["notes/about.md", "site_src/pages/other.md"])
def test_what_a_link_leads_to_is_watched(
    page: Page, site: Served, gallery: GalleryFolder, target: str
) -> None:
    file = gallery.write(target, "# About\n\nFirst.\n")
    link = gallery.root / "site_src" / "pages" / "about.md"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(file)
    page.goto(site.address)
    expect(page.get_by_role("link", name="About").first).to_be_visible()
    page.goto(f"{site.address}about/")
    expect(page.locator("main")).to_contain_text("First.")
    for words in ("Second.", "Third."):
        beside = gallery.write(f"{target}.new", f"# About\n\n{words}\n")
        beside.replace(file)  # as editors save
        expect(page.locator("main")).to_contain_text(words)
    file.write_text("# About\n\nIn place.\n")
    expect(page.locator("main")).to_contain_text("In place.")
