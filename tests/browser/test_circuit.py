"""The circuit after the script took it over: the same picture, which can be asked and moved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.galleries import GalleryFolder, make_gallery
from tracer.documents.annotations import load_annotations
from tracer.documents.graph import load_graph
from tracer.site.build import build
from tracer.site.circuit.circuit import summarise
from tracer.site.graph import edit_data
from tracer.site.graph.influence import influence_shares
from tracer.site.graph.viewer_data import answer_rows

ROOT = Path(__file__).parents[2]
SLUGS = [path.stem for path in sorted((ROOT / "site_src" / "annotations").glob("*.yaml"))]
BEFORE_ACCOUNTS = [one for one in SLUGS if (ROOT / "graphs" / one / "2.json").exists()]
COLOSSEUM = "graphs/colosseum-italian/"
EDITS_ARE_THERE = "No edits yet"


@pytest.fixture(scope="module")
def site(own_gallery: Path, serve_folder: Callable[[Path], str]) -> str:
    return serve_folder(own_gallery)


@pytest.fixture(scope="module")
def automatic(tmp_path_factory: pytest.TempPathFactory, serve_folder: Callable[[Path], str]) -> str:
    """The page of a graph that nobody has annotated."""
    folder = tmp_path_factory.mktemp("automatic")
    make_gallery(folder / "gallery")
    build(folder / "gallery", folder / "public")
    return serve_folder(folder / "public") + "graphs/france-paris/"


def ready(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".circuit-frame.taken-over")).to_be_visible()
    expect(page.locator(".edit-bar .edit-count")).not_to_be_empty()


def box(page: Page, key: str) -> Locator:
    return page.locator(f'#circuit svg.circuit:visible [data-box="{key}"]')


def link(page: Page, key: str) -> Locator:
    return box(page, key).locator("a").first


def says(page: Page) -> Locator:
    return page.locator(".circuit-says")


def middle(locator: Locator) -> tuple[float, float]:
    locator.scroll_into_view_if_needed()
    place = locator.bounding_box()
    assert place is not None
    return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2


def path(page: Page, source: str, target: str) -> list[float]:
    line = page.locator(
        f'#circuit svg.circuit:visible path[data-source="{source}"][data-target="{target}"]'
    )
    return [float(number) for number in re.findall(r"-?[\d.]+", line.get_attribute("d") or "")]


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_when_the_script_takes_over(browser: Browser, site: str, width: int) -> None:
    seen: list[tuple[bytes, Any]] = []
    for scripts in (False, True):
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        if not scripts:
            page.route("**/main.js", lambda route: route.abort())
        page.goto(site + COLOSSEUM)
        if scripts:
            expect(page.locator(".circuit-frame.taken-over")).to_be_visible()
        picture = page.locator("#circuit svg.circuit:visible")
        places = [picture.bounding_box(), page.locator("#circuit figcaption").bounding_box()]
        places.append(page.locator("#viewer-title").bounding_box())
        seen.append((picture.screenshot(), places))
        context.close()
    assert seen[0][1] == seen[1][1]
    assert seen[0][0] == seen[1][0]


def test_pointing_at_a_box_says_what_it_is_and_its_lines(page: Page, site: str) -> None:
    ready(page, site + COLOSSEUM)
    before = middle(link(page, "colosseum"))
    link(page, "colosseum").hover()
    expect(says(page)).to_contain_text("“Colosseum, so Italy” · layers 0–13, 25 neurons")
    expect(says(page)).to_contain_text("From the word “Colosseum” +2.76")
    expect(says(page)).to_contain_text("To the answer “Italian” +3.33")
    assert middle(link(page, "colosseum")) == pytest.approx(before, abs=1)  # its outline is wider
    stepped_back = page.locator("#circuit svg.pointing .line:not(.touching)").first
    expect(stepped_back).to_have_css("opacity", "0.13")
    page.mouse.move(5, 5)
    expect(page.locator("#circuit svg.pointing")).to_have_count(0)


def test_pointing_at_a_line_says_where_it_leads(page: Page, site: str) -> None:
    ready(page, site + COLOSSEUM)
    line = page.locator('#circuit path[data-source="colosseum"][data-target="answer"]')
    line.scroll_into_view_if_needed()
    x, y = line.evaluate(
        """path => {
            const middle = path.getPointAtLength(path.getTotalLength() / 2);
            const {x, y} = middle.matrixTransform(path.getScreenCTM());
            return [x, y];
        }"""
    )
    page.mouse.move(x, y)
    expect(says(page)).to_have_text(
        "“Colosseum, so Italy” to the answer “Italian”: for the answer, +3.33 logits, "
        "of 3.33 that run either way"
        "+3.33: by heads 23.4 +2.05, 23.5 +0.89, 23.1 +0.067."
    )
    page.mouse.move(5, 5)
    expect(says(page)).to_contain_text("Point at a box")


def test_only_the_picture_that_fits_is_in_the_page(page: Page, site: str) -> None:
    ready(page, site + COLOSSEUM)
    pictures = page.locator("#circuit svg.circuit")
    link(page, "language").click()
    for width, kind in ((390, "narrow"), (1440, "wide"), (390, "narrow")):
        page.set_viewport_size({"width": width, "height": 900})
        expect(pictures).to_have_count(1)
        expect(page.locator(f"#circuit svg.{kind}")).to_be_visible()
        expect(box(page, "language").locator("a.chosen")).to_have_count(1)
        link(page, "spanish" if kind == "narrow" else "language").click()
        link(page, "language").click()
    page.emulate_media(media="print")
    expect(page.locator("#circuit svg.wide")).to_be_visible()


def test_a_click_selects_in_place_and_a_button_leads_to_the_full_graph(
    page: Page, site: str
) -> None:
    ready(page, site + COLOSSEUM)
    link(page, "language").scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    link(page, "language").click()
    expect(page.locator("#viewer .node-name")).to_have_text("a language")
    expect(box(page, "language").locator("a.chosen")).to_have_count(1)
    expect(page).to_have_url(re.compile("22_580_14%2C.*25_567_14"))
    assert page.evaluate("scrollY") == pytest.approx(place, abs=2)
    page.get_by_role("button", name="See it in the full graph").click()
    expect(page.locator("#viewer .graph-stage")).to_be_focused()
    expect(page.locator("#viewer .graph-stage")).to_be_in_viewport()
    page.go_back()
    expect(box(page, "language").locator("a.chosen")).to_have_count(0)


def test_shift_adds_a_box_to_the_selection(page: Page, site: str) -> None:
    ready(page, site + COLOSSEUM)
    link(page, "language").click()
    link(page, "spanish").click(modifiers=["Shift"])
    expect(page.locator("#viewer .node-name")).to_have_text("17 pinned nodes")


def test_a_group_opens_and_its_members_can_be_selected(page: Page, site: str) -> None:
    ready(page, site + COLOSSEUM)
    link(page, "colosseum").hover()
    box(page, "colosseum").locator(".opener").click()
    members = page.locator("#circuit svg.circuit:visible .members .member")
    expect(members).to_have_count(8)
    expect(members.last).to_have_attribute("aria-label", "18 more members, in the list below")
    members.first.click()
    expect(page.locator("#viewer .node-name")).to_have_text("Colosseum → Italian, Latin")
    expect(page.locator("#circuit svg.circuit:visible .members .member.chosen")).to_have_count(1)
    expect(box(page, "colosseum").locator("a.holds")).to_have_count(1)
    page.locator("#circuit svg.circuit:visible .members .close").click()
    expect(page.locator("#circuit .members")).to_have_count(0)


def test_the_keyboard_alone_travels_opens_and_moves(page: Page, site: str) -> None:
    ready(page, site + COLOSSEUM)
    page.locator('#circuit svg.circuit:visible [data-part="answer"]').focus()
    expect(says(page)).to_contain_text("The answer “Italian”")
    for key, part in [
        ("ArrowDown", "italian"),
        ("ArrowLeft", "spanish"),
        ("ArrowRight", "italian"),
        ("ArrowDown", "start"),
        ("ArrowUp", "italian"),
        (None, "colosseum"),
        ("ArrowDown", "word-8"),
        ("ArrowUp", "colosseum"),
    ]:
        if key is None:  # a box that no arrow leads to from where one stands
            page.locator(f'#circuit svg.circuit:visible [data-part="{part}"]').focus()
            continue
        page.keyboard.press(key)
        expect(page.locator(f'#circuit svg.circuit:visible [data-part="{part}"]')).to_be_focused()
    page.keyboard.press("Enter")
    first = page.locator("#circuit svg.circuit:visible .members .member").first
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer .node-name")).to_have_text("Colosseum → Italian, Latin")
    page.keyboard.press("Escape")
    expect(page.locator('#circuit svg.circuit:visible [data-part="colosseum"]')).to_be_focused()
    before = path(page, "word-8", "colosseum")
    page.keyboard.press("Alt+ArrowRight")
    expect(box(page, "colosseum")).to_have_attribute("transform", "translate(12.0 0.0)")
    assert path(page, "word-8", "colosseum")[-2] == pytest.approx(before[-2] + 12, abs=0.2)
    page.keyboard.press("Escape")
    expect(page.locator("#viewer .node-name")).to_have_text("Colosseum, so Italy")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer .node-name")).to_have_text("Where to begin")


def test_a_dragged_box_takes_its_lines_along_and_can_be_put_back(page: Page, site: str) -> None:
    ready(page, site + COLOSSEUM)
    still, moved = path(page, "spanish", "answer"), path(page, "word-8", "colosseum")
    x, y = middle(link(page, "colosseum"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 150, y + 20, steps=5)
    page.mouse.up()
    assert middle(link(page, "colosseum"))[0] == pytest.approx(x - 150, abs=3)
    now = path(page, "word-8", "colosseum")
    assert now[:2] == pytest.approx(moved[:2], abs=0.2)
    assert now[-2] < moved[-2] - 100
    assert path(page, "spanish", "answer") == still
    expect(page.locator("#viewer .node-name")).to_have_text("Where to begin")
    page.reload()
    expect(page.locator(".edit-bar")).to_contain_text(EDITS_ARE_THERE)
    assert middle(link(page, "colosseum"))[0] == pytest.approx(x - 150, abs=3)
    page.keyboard.press("Control+z")
    expect(box(page, "colosseum")).not_to_have_attribute("transform", re.compile("."))
    assert path(page, "word-8", "colosseum") == moved
    page.keyboard.press("Control+Shift+z")
    expect(box(page, "colosseum")).to_have_attribute("transform", re.compile("translate"))
    page.get_by_role("button", name="Put boxes back").click()
    expect(box(page, "colosseum")).not_to_have_attribute("transform", re.compile("."))


def test_no_box_leaves_the_picture(page: Page, site: str) -> None:
    ready(page, site + COLOSSEUM)
    x, y = middle(link(page, "spanish"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 900, y - 900, steps=4)
    page.mouse.up()
    expect(box(page, "spanish")).to_have_attribute("transform", re.compile("translate"))
    frame, place = page.locator("#circuit svg.circuit:visible").bounding_box(), box(page, "spanish")
    inside = place.locator("rect.box").bounding_box()
    assert frame is not None and inside is not None
    assert inside["x"] + inside["width"] <= frame["x"] + frame["width"]
    assert inside["y"] >= frame["y"]


def test_an_automatic_picture_says_so_and_its_halves_select_apart(
    page: Page, automatic: str
) -> None:
    ready(page, automatic)
    expect(page.locator(".circuit-origin")).to_contain_text("This picture is automatic")
    half = page.locator('#circuit svg.circuit:visible [data-part$="-opposes"]').first
    half.hover()
    expect(says(page)).to_contain_text("opposing half")
    half.click()
    expect(page.locator("#viewer .node-name")).to_have_text("Neuron 11")
    expect(page.locator("#circuit svg.circuit:visible a.chosen")).to_have_count(1)


def test_a_phone_selects_by_touch_and_drags_only_what_was_selected(
    browser: Browser, site: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    ready(page, site + COLOSSEUM)
    one = link(page, "language")
    one.scroll_into_view_if_needed()
    expect(one).to_have_css("touch-action", "auto")
    page.touchscreen.tap(*middle(one))
    expect(page.locator("#viewer .node-name")).to_have_text("a language")
    expect(one).to_have_css("touch-action", "none")
    expect(says(page)).to_contain_text("“a language”")
    page.get_by_role("button", name="Show members").tap()
    expect(page.locator("#circuit svg.circuit:visible .members .member")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    x, y = middle(link(page, "spanish"))
    swipe(page, x, y, x - 60, y)
    expect(box(page, "spanish")).not_to_have_attribute("transform", re.compile("."))
    page.get_by_role("button", name="Close", exact=True).tap()
    link(page, "spanish").scroll_into_view_if_needed()
    page.touchscreen.tap(*middle(link(page, "spanish")))
    expect(link(page, "spanish")).to_have_class(re.compile("chosen"))
    x, y = middle(link(page, "spanish"))
    swipe(page, x, y, x + 60, y)
    expect(box(page, "spanish")).to_have_attribute("transform", re.compile("translate"))
    context.close()


def test_a_search_leaves_the_strip_and_the_picture_as_they_are(page: Page, site: str) -> None:
    ready(page, site + COLOSSEUM)
    link(page, "language").click()
    expect(says(page)).to_contain_text("“a language”")
    page.locator("#viewer input[type=search]").click()
    page.wait_for_load_state("networkidle")  # what comes late has come
    page.evaluate(
        """() => {
          document.querySelector(".circuit-says p").dataset.mine = "yes";
          window.changed = 0;
          const count = (found) => (window.changed += found.length);
          const circuit = document.querySelector("#circuit svg.circuit");
          const all = {subtree: true, childList: true, attributes: true};
          new MutationObserver(count).observe(circuit, all);
        }"""
    )
    page.keyboard.type("Colosseum")
    expect(page.locator("#viewer")).to_contain_text("found")
    assert page.locator(".circuit-says p").first.get_attribute("data-mine") == "yes"
    assert page.evaluate("window.changed") == 0
    link(page, "spanish").click()
    expect(page.locator(".circuit-says p").first).not_to_have_attribute("data-mine", "yes")


def test_a_finger_finds_no_empty_room_below_the_circuit(browser: Browser, site: str) -> None:
    for touch, words, tall in ((True, "Tap a box", 70), (False, "Point at a box", 300)):
        phone = {"width": 390, "height": 844}
        context = browser.new_context(viewport=phone, has_touch=touch, is_mobile=touch)  # type: ignore[arg-type]
        page = context.new_page()
        ready(page, site + COLOSSEUM)
        strip = page.locator(".circuit-strip")
        expect(says(page)).to_contain_text(words)
        before = strip.bounding_box()
        assert before and before["height"] < tall
        one = link(page, "language")
        one.scroll_into_view_if_needed()
        if touch:
            one.tap()
            expect(says(page)).to_contain_text("“a language”")
            after = strip.bounding_box()
            assert after and after["height"] > 2 * before["height"]
        context.close()


def swipe(page: Page, x1: float, y1: float, x2: float, y2: float) -> None:
    """One finger, as the browser hears of it."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, points: list[dict[str, float]]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", [{"x": x1, "y": y1}])
    for step in range(1, 6):
        touch("touchMove", [{"x": x1 + (x2 - x1) * step / 5, "y": y1 + (y2 - y1) * step / 5}])
    touch("touchEnd", [])


FLOWS = """async (facts) => {
  const base = document.querySelector('script[src$="viewer/main.js"]').src.replace("main.js", "");
  const {readGraph} = (await import(base + "start.js")).graph_graph;
  const {builtPicture} = (await import(base + "panels/parts.js")).circuit_picture;
  const {flows} = await import(base + "circuit/flow.js");
  const {graph} = document.getElementById("viewer").dataset;
  const data = await fetch(graph).then((answer) => answer.json());
  const parsed = readGraph(data);
  const layout = JSON.parse(document.querySelector(".circuit-strip").dataset.layout);
  const {boxes} = builtPicture(layout, "wide", () => "");
  return {lines: flows(parsed, boxes, facts), importance: [...parsed.importance]};
}"""


@pytest.mark.parametrize("slug", BEFORE_ACCOUNTS)
def test_the_browser_finds_the_lines_and_the_influence_that_the_build_found(
    page: Page, site: str, slug: str
) -> None:
    """Of graphs without an account; `test_parity.py` has those with one."""
    graph = load_graph(ROOT / "graphs" / slug / "1.json")
    annotations, _ = load_annotations(ROOT / "site_src" / "annotations" / f"{slug}.yaml")
    circuit = summarise(graph, annotations)
    assert circuit is not None
    page.goto(f"{site}graphs/{slug}/1/")
    built = {(one.source, one.target): one.effect for one in circuit.lines}
    shares = {(one.source, one.target): one.share for one in circuit.lines}
    told = page.evaluate(FLOWS, edit_data.circuit_facts(graph, circuit, 1))
    found = {(one["source"], one["target"]): one["share"] for one in told["lines"]}
    assert found.keys() == built.keys()
    for ends, share in found.items():
        assert abs(share) == pytest.approx(shares[ends], abs=2e-3)
        assert (share > 0) == (built[ends] > 0)
    assert any(node.activation is not None and node.activation < 0 for node in graph.nodes)
    answers = {graph.node_ids[row]: chance for row, _, chance in answer_rows(graph)}
    expected = influence_shares(graph, answers)
    assert told["importance"] == pytest.approx(
        [expected[one] for one in graph.node_ids], rel=5e-3, abs=1e-6
    )


def test_hostile_names_stay_words(
    page: Page, tmp_path: Path, serve_folder: Callable[[Path], str]
) -> None:
    hostile = '"><img src=x onerror="document.title=1"><script>document.title=1</script>'
    gallery: GalleryFolder = make_gallery(tmp_path / "gallery")
    group = {"name": hostile, "nodes": ["1_3_4", "0_7_4"]}
    document = {"groups": {"bad": group}, "labels": {"1_3": {"text": hostile}}}
    gallery.write("site_src/annotations/france-paris.yaml", json.dumps(document))
    build(gallery.root, tmp_path / "public")
    ready(page, serve_folder(tmp_path / "public") + "graphs/france-paris/")
    link(page, "bad").focus()
    expect(says(page)).to_contain_text(hostile)
    page.keyboard.press("Enter")
    title = page.locator("#circuit svg.circuit:visible .members-title")
    expect(title).to_contain_text('"><img')
    assert page.locator("#circuit img, #circuit script").count() == 0
    assert "Paris" in page.title()
