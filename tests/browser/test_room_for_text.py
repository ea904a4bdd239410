"""No text stands on another in the pictures of the project's own gallery, and none is
cut or smaller than 12 pixels: all of its graphs, on a desk's screen and on a phone's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.conftest import REPOSITORY
from tests.everyday import everyday
from tracer.documents.graph_folder import GraphFolder
from tracer.site.preview import Preview

ADDRESS = "http://gallery.test/"
SLUGS = GraphFolder(REPOSITORY / "graphs").slugs()
# Short words, chats, thick lines, long words, bytes: where texts stood on each other.
CROWDED = {
    "carrot-rhyme",
    "closing-brackets",
    "dallas-not-austin",
    "eiffel-paris",
    "keys-are",
    "photosynthesis",
    "pick-a-lock",
    "riga-russian",
    "value-error",
    "xiao-in-chinese",
}

# Texts of the pictures, and the numbers beneath words, which a style sheet writes. Letters leave
# free a sixth of their line's height above and below.
OVERLAPS = """() => {
  const texts = [];
  const add = (text, { left, right, top, bottom }) => {
    const free = (bottom - top) / 6;
    texts.push({ text, left, right, top: top + free, bottom: bottom - free });
  };
  for (const text of document.querySelectorAll("svg:is(.circuit, .head-picture) text"))
    if (text.checkVisibility()) add(text.textContent, text.getBoundingClientRect());
  for (const word of document.querySelectorAll(".prompt .share.told")) {
    const number = getComputedStyle(word, "::after");
    const [width, height, below] = [number.width, number.height, number.top].map(parseFloat);
    const [box] = word.getClientRects();
    const middle = (box.left + box.right) / 2;
    const [left, right, top] = [middle - width / 2, middle + width / 2, box.top + below];
    add(word.dataset.amount, { left, right, top, bottom: top + height });
  }
  const cut = [], small = [];
  for (const text of document.querySelectorAll("svg:is(.circuit, .head-picture) text")) {
    if (!text.checkVisibility()) continue;
    const picture = text.ownerSVGElement;
    const [inner, outer] = [text, picture].map((one) => one.getBoundingClientRect());
    const scale = outer.width / picture.viewBox.baseVal.width;
    if (scale * parseFloat(getComputedStyle(text).fontSize) < 11.9) small.push(text.textContent);
    const isOut = inner.left < outer.left || inner.bottom > outer.bottom + 1;
    if (isOut && picture.matches(".head-picture")) cut.push(text.textContent);
  }
  const broken = [...document.querySelectorAll(".answers bdi")]
    .filter((one) => /^\\p{L}+$/u.test(one.textContent) && one.getClientRects().length > 1);
  const meets = (a, b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const overlaps = texts.flatMap((one, at) =>
    texts.slice(at + 1).filter((other) => meets(one, other)).map(({ text }) => [one.text, text]));
  const inPieces = broken.map((one) => one.textContent);
  return { texts: texts.length, overlaps, cut, small, broken: inPieces };
}"""


@pytest.fixture(scope="module")
def gallery() -> Preview:
    preview = Preview(REPOSITORY, Path("public"))
    preview.look()
    return preview


@pytest.fixture(scope="module")
def page(browser: Browser, gallery: Preview) -> Iterator[Page]:
    """Pages as they are without scripts."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        is_style = path.startswith("assets/") and path.endswith(".css")
        body = gallery.asset(path.split("/", 2)[2]) if is_style else gallery.page(path)
        route.fulfill(body=body) if body is not None else route.abort()

    page = browser.new_page(java_script_enabled=False)
    page.route("**/*", answer)
    yield page
    page.close()


@pytest.mark.parametrize("slug", everyday(SLUGS, CROWDED))
def test_no_text_stands_on_another_and_no_answer_is_broken(page: Page, slug: str) -> None:
    page.goto(f"{ADDRESS}graphs/{slug}/index.html")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate(OVERLAPS)
        assert found["overlaps"] == [], f"at {width} px"
        assert found["broken"] == [], f"at {width} px"
        assert found["cut"] == [], f"at {width} px"
        assert found["small"] == [], f"at {width} px"
        assert found["texts"] > 10


PHONE = ["karma-yoga", "pick-a-lock", "louisville-louisiana", "photosynthesis"]


@pytest.mark.parametrize("slug", PHONE)
def test_no_table_makes_a_phones_page_wider_when_all_is_opened(page: Page, slug: str) -> None:
    page.goto(f"{ADDRESS}graphs/{slug}/index.html")
    page.set_viewport_size({"width": 390, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.locator("main table:visible").count() > 3
    wide = """() => [...document.querySelectorAll("main table")]
        .filter((one) => !one.closest(".table-scroll") && one.getBoundingClientRect().right > 390)
        .map((one) => one.closest("section, figure")?.id ?? one.className)"""
    assert page.evaluate(wide) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
