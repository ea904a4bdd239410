"""The built site as its readers meet it: in a browser, on a desk and on a phone."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OWN_GRAPHS
from tests.builders import make_graph
from tests.everyday import everyday
from tests.galleries import GalleryFolder, make_gallery
from tests.serving import served
from tracer.documents.graph import load_graph
from tracer.documents.prompts import load_prompts
from tracer.site.build import build
from tracer.site.content.colours import packaged_colours

HOSTILE = '"><img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
REPOSITORY = Path(__file__).parents[2]
PROMPTS = load_prompts(REPOSITORY / "site_src" / "prompts.yaml").graphs
GRAPHS = [one for one in PROMPTS if one.slug in OWN_GRAPHS]
PAGES = ["", "how-to-read/", "graphs/colosseum-italian/", "graphs/john-and-mary/", "404.html"]
PAGES += ["sets/capitals-languages/"]
WIDTHS = [1440, 390]


@pytest.fixture(scope="module")
def site(
    own_gallery: Path,
    tmp_path_factory: pytest.TempPathFactory,
    serve_folder: Callable[[Path], str],
) -> dict[str, str]:
    """A part of the project's own gallery, at the root and again under a path."""
    host = tmp_path_factory.mktemp("host")
    shutil.copytree(own_gallery, host / "sub" / "path")
    return {"root": serve_folder(own_gallery), "below": serve_folder(host) + "sub/path/"}


def overflow(page: Page) -> int:
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance of `rgb(r, g, b)`."""
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_its_screen(
    page: Page, site: dict[str, str], path: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site["root"] + path)
    expect(page.locator("h1")).to_be_visible()
    assert overflow(page) == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_the_answer_of_a_set_is_in_sight_before_anybody_scrolls(
    page: Page, site: dict[str, str], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site["root"] + PAGES[-1])
    answer = page.locator(".set-frame .answer rect").bounding_box()
    frame = page.locator(".set-frame").bounding_box()
    assert answer and frame
    assert frame["x"] <= answer["x"]
    assert answer["x"] + answer["width"] <= frame["x"] + frame["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES[:3])
def test_text_stands_out_from_its_ground(
    page: Page, site: dict[str, str], path: str, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(site["root"] + path)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (luminance(ground) < 0.1) == (scheme == "dark")
    for selector in ["body", ".lead", "nav a", "h1", "main a", ".site-foot p"]:
        texts = page.locator(selector).first
        assert ratio(texts.evaluate("e => getComputedStyle(e).color"), ground) >= 4.5, selector


def test_paper_is_in_daylight_whatever_the_screen(page: Page, site: dict[str, str]) -> None:
    page.emulate_media(color_scheme="dark", media="print")
    page.goto(site["root"] + PAGES[0])
    by_day = packaged_colours(REPOSITORY)["light"]
    style = "getComputedStyle(document.documentElement)"
    for name in ("positive", "negative", "accent", "select", "good", "bad"):
        assert page.evaluate(f"{style}.getPropertyValue('--{name}')").strip() == by_day[name]
    assert page.evaluate(f"{style}.getPropertyValue('--bg')").strip() == "#fff"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_in_the_picture_stands_out_too(page: Page, site: dict[str, str], scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(site["root"] + "graphs/colosseum-italian/")
    for kind in ["group", "answer"]:
        box = page.locator(f".circuit.wide rect.box.{kind}").first
        text = page.locator(f".circuit.wide .{kind} .detail").first
        fill = "element => getComputedStyle(element).fill"
        assert ratio(text.evaluate(fill), box.evaluate(fill)) >= 4.5


@pytest.mark.parametrize("width", WIDTHS)
def test_text_never_leaves_its_box(page: Page, site: dict[str, str], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for slug in ["colosseum-italian", "john-and-mary", "import-numpy"]:
        page.goto(f"{site['root']}graphs/{slug}/")
        picture = page.locator(f".circuit.{'wide' if width > 960 else 'narrow'}")
        expect(picture).to_be_visible()
        outside = picture.evaluate(
            """svg => [...svg.querySelectorAll('a, g.quiet')].flatMap(group => {
                const own = group.querySelector('rect').getBoundingClientRect();
                return [...group.querySelectorAll('text')].filter(text => {
                    const badge = text.closest('.badge')?.querySelector('rect');
                    const box = badge ? badge.getBoundingClientRect() : own;
                    const place = text.getBoundingClientRect();
                    return place.left < box.left || place.right > box.right
                        || place.top < box.top - 1 || place.bottom > box.bottom + 1;
                }).map(text => text.textContent);
            })"""
        )
        assert outside == []


def test_the_picture_is_legible_on_a_phone(page: Page, site: dict[str, str]) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(site["root"] + "graphs/colosseum-italian/")
    heights = page.locator(".circuit.narrow .detail").evaluate_all(
        "texts => texts.map(text => text.getBoundingClientRect().height)"
    )
    assert min(heights) >= 11
    expect(page.locator(".circuit.wide")).to_be_hidden()


def test_without_scripts_everything_is_there_to_read(
    browser: Browser, site: dict[str, str]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site["root"])
    expect(page.locator(".card h2 a[href*='graphs/']")).to_have_count(len(GRAPHS))
    expect(page.locator("#filter")).to_be_hidden()
    cards = page.locator("#cards")
    cards.get_by_role("link", name="Some neurons ask for a language").click()
    expect(page.locator(".prompt mark")).to_have_text("Italian")
    expect(page.locator(".circuit.wide")).to_be_visible()
    expect(page.locator(".answers .explained")).to_contain_text("81")
    expect(page.locator(".limits")).to_contain_text("add up to the answer exactly")
    page.locator("#write-up a.node-link").first.click()
    assert page.url.endswith("#viewer")
    context.close()


@pytest.mark.parametrize("where", ["root", "below"])
def test_one_can_walk_through_the_site_wherever_it_lives(
    page: Page, site: dict[str, str], where: str
) -> None:
    page.goto(site[where])
    page.locator(".card a[href*='graphs/']").first.click()
    expect(page.locator(".circuit.wide")).to_be_visible()
    page.get_by_role("link", name="How to read a graph").click()
    expect(page.locator("h1")).to_have_text("How to read a graph")
    page.get_by_role("link", name="Gallery").click()
    expect(page.locator(".card h2 a[href*='graphs/']")).to_have_count(len(GRAPHS))
    assert page.url == site[where]


def test_the_gallery_filters_by_tag_and_by_words(page: Page, site: dict[str, str]) -> None:
    page.goto(site["root"])
    shown = page.locator("#cards li:has(.card):visible")
    places = [one for one in GRAPHS if "geography" in one.tags]
    page.get_by_role("button", name="geography").click()
    expect(shown).to_have_count(len(places))
    expect(page.locator("#count")).to_have_text(f"{len(places)} of {len(GRAPHS)} graphs")
    page.get_by_label("Search").fill("oakland")
    expect(shown).to_have_count(1)
    page.reload()
    expect(shown).to_have_count(1)
    page.get_by_label("Search").fill("")
    page.get_by_role("button", name="geography").click()
    expect(shown).to_have_count(len(GRAPHS))
    assert page.url == site["root"]


def test_the_first_stop_of_the_keyboard_skips_to_the_content(
    page: Page, site: dict[str, str]
) -> None:
    page.goto(site["root"] + "graphs/colosseum-italian/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_box_of_the_picture_can_be_reached_and_read_by_name(
    page: Page, site: dict[str, str]
) -> None:
    page.goto(site["root"] + "graphs/colosseum-italian/")
    box = page.locator(".circuit.wide").get_by_role("link", name="the answer “Italian”")
    box.focus()
    expect(box).to_be_focused()
    expect(page.locator(".circuit.wide").get_by_role("link").first).to_be_visible()


@pytest.mark.parametrize("width", everyday(WIDTHS, [390]))
def test_hostile_names_and_prompts_are_harmless_text(
    page: Page, tmp_path: Path, serve_folder: Callable[[Path], str], width: int
) -> None:
    gallery = hostile_gallery(tmp_path / "gallery")
    build(gallery.root, tmp_path / "public")
    address = serve_folder(tmp_path / "public")
    page.set_viewport_size({"width": width, "height": 900})
    for path in ["", "graphs/france-paris/"]:
        page.goto(address + path)
        expect(page.locator("h1")).to_be_visible()
        assert page.title() != "owned"
        assert overflow(page) == 0
    expect(page.locator("h1")).to_have_text(HOSTILE)
    expect(page.locator("img")).to_have_count(0)
    expect(page.locator('a[href^="javascript:"]')).to_have_count(0)


def hostile_gallery(root: Path) -> GalleryFolder:
    gallery = make_gallery(root)
    tokens = ["<bos>", HOSTILE, "x" * 300, " \u202eabc", "\n\n", " is"]
    make_graph(prompt_tokens=tokens).save(root / "graphs" / "france-paris" / "1.json")
    quoted = json.dumps(HOSTILE)
    gallery.write(
        "site_src/write-ups/france-paris.md",
        f'---\ntitle: {quoted}\nsummary: {quoted}\ntags: [{quoted[:50]}"]\n---\n'
        f"{HOSTILE} [click](javascript:alert(1))\n\n{'y' * 400}\n",
    )
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        f'groups:\n  g: {{name: {quoted}, nodes: ["1_3_4"]}}\n'
        f"counterpoints: [{{name: {quoted}, date: 2026-01-01, text: {quoted}}}]\n",
    )
    return gallery


@pytest.mark.parametrize("width", everyday(WIDTHS, [390]))
def test_graphs_of_other_programs_have_pages_too(
    page: Page,
    published: Path,
    tmp_path: Path,
    serve_folder: Callable[[Path], str],
    width: int,
) -> None:
    graph = load_graph(published / "694-nodes.json")
    graph.save(tmp_path / "graphs" / "cold-hot" / "1.json")
    build(tmp_path, tmp_path / "public")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(serve_folder(tmp_path / "public") + "graphs/cold-hot/")
    expect(page.locator("#circuit")).to_contain_text("automatic")
    expect(page.locator(".limits")).to_contain_text("states no scores")
    assert overflow(page) == 0


def test_watching_shows_mistakes_and_takes_them_away_when_mended(
    page: Page, tmp_path: Path
) -> None:
    gallery = make_gallery(tmp_path / "gallery")
    gallery.write("site_src/site.yaml", "title: One\n")
    with served(gallery.root, "--watch") as running:
        page.goto(running.address)
        expect(page.locator("h1")).to_have_text("One")
        gallery.write("site_src/site.yaml", "title: Two\n")
        expect(page.locator("h1")).to_have_text("Two")
        gallery.write("site_src/site.yaml", "title: Two\ntitel: x\n")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("site.yaml:2:1: unknown key `titel`; did you mean `title`?")
        expect(page.locator("h1")).to_have_text("Two")
        gallery.write("site_src/site.yaml", "title: Three\n")
        expect(alert).to_have_count(0)
        expect(page.locator("h1")).to_have_text("Three")
        gallery.write("site_src/write-ups/france-paris.md", "---\ntitle: New words\n---\n")
        expect(page.locator(".card h2")).to_have_text("New words")


def test_a_gallery_that_never_built_says_why_in_the_page(page: Page, tmp_path: Path) -> None:
    gallery = make_gallery(tmp_path / "gallery")
    gallery.write("site_src/site.yaml", "titel: x\n")
    with served(gallery.root, "--watch") as running:
        page.goto(running.address)
        expect(page.get_by_role("alert")).to_contain_text("unknown key `titel`")
        gallery.write("site_src/site.yaml", "title: Mended\n")
        expect(page.locator("h1")).to_have_text("Mended")
