"""The workbench's page on a tiny model: by keyboard, at three widths, with what goes wrong."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_accessibility import AXE
from tests.tiny_models import PROMPT, save_tiny_model
from tracer.workbench.live import Served, _served

CHAT = "{% for one in messages %}{{ one.content }}{% endfor %}"
LINK = {"prompt": PROMPT, "target": " w9", "contrast": " w2"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = save_tiny_model(tmp_path_factory.mktemp("tiny"))
    (folder / "chat_template.jinja").write_text(CHAT, encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, tiny: str) -> Served:
    root = tmp_path_factory.mktemp("workbench") / "gallery"
    (root / "site_src").mkdir(parents=True)
    entry = "graphs:\n  - slug: first\n    prompt: w1 w2\n"
    text = f"defaults: {{model: '{tiny}'}}\n{entry}"
    (root / "site_src" / "prompts.yaml").write_text(text, encoding="utf-8")
    return _served(root)


@pytest.fixture
def bench(page: Page, served: Served, tiny: str) -> Page:
    """Opened by a link that holds a prompt."""
    link = urlencode({**LINK, "model": tiny})
    page.goto(f"{served.home}?{link}#{served.gate.token}")
    return page


def tokens(page: Page) -> int:
    return page.locator("[aria-label='Tokens of the prompt'] span").count()


@pytest.mark.slow
def test_a_link_starts_nothing_and_the_keyboard_does_it_all(bench: Page, served: Served) -> None:
    page, told = bench, bench.locator("#told")
    expect(told).to_have_text("The link filled this in and started nothing.")
    expect(page.locator("#question")).to_have_text("Why “w9” rather than “w2”?")
    page.wait_for_timeout(200)
    assert tokens(page) == 0 and not served.bench.now()._bench.has_any
    page.locator("#prompt").focus()
    expect(page.locator("[aria-label='Tokens of the prompt'] span")).to_have_count(8)
    page.keyboard.press("Control+Enter")
    graph = page.frame_locator("iframe")
    expect(graph.locator("#heads")).to_be_visible()  # all that follows a trace is there
    expect(graph.locator(".circuit-frame.taken-over")).to_be_visible()
    expect(graph.locator(".site-head")).to_be_hidden()  # the page is loaded, and followed
    box = graph.locator("#circuit svg.wide a.node-link.group").first
    box.focus()
    page.keyboard.press("Enter")
    scale = page.get_by_role("button", name="Scale")
    expect(scale).to_be_enabled()
    scale.focus()
    page.keyboard.press("Enter")
    slider = page.locator("#panel input[type=range]")
    expect(page.locator("#numbers")).to_contain_text("predicted")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#panel output")).to_have_text("0.4")
    expect(page.locator(".said .after")).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator("#panel output")).to_have_text("0.5")
    looks_well(page)


def looks_well(page: Page) -> None:
    """No violation, and nothing beside the screen, at three widths, light and dark."""
    for width, scheme in ((1440, "light"), (768, "dark"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE)
        found = page.evaluate("axe.run(document, {iframes: false})")
        assert [one["id"] for one in found["violations"]] == []


def test_what_goes_wrong_is_one_line_and_loses_nothing(
    bench: Page, context: BrowserContext, served: Served
) -> None:
    page = context.new_page()  # where the browser may log what was refused
    page.goto(bench.url)
    told = page.locator("#told")
    page.locator("#prompt").fill(" w1" * 100)
    expect(told).to_contain_text("tokens long, more than the 64")
    page.locator("#prompt").fill("")
    page.get_by_role("button", name="Trace").click()
    expect(told).to_contain_text("the prompt is empty")
    page.locator("summary", has_text="Settings").click()
    page.locator("#model").fill("org/name")
    page.locator("#model").blur()
    agree = page.get_by_label("fetch org/name from the hub")
    expect(agree).not_to_be_checked()
    page.locator("#model").fill("nothing")
    page.locator("#model").blur()
    page.locator("#prompt").fill(PROMPT)
    expect(told).to_contain_text("there is no model `nothing` here")
    assert len(told.inner_text().splitlines()) == 1


@pytest.mark.slow
def test_two_tabs_of_one_session_do_not_undo_each_other(
    bench: Page, context: BrowserContext, served: Served
) -> None:
    page = bench
    page.locator("#prompt").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#numbers")).to_contain_text("Really")
    expect(page.locator(".said .after")).to_be_visible()
    other = context.new_page()
    other.goto(page.url)
    add = [one.get_by_label("A head and the word") for one in (page, other)]
    poke = ".pokes li:has-text('head 1.2 at word 3')"
    for one in (page, other):
        one.locator("summary", has_text="Another head").click()
    add[0].fill("1.2 3")
    add[0].press("Enter")
    expect(page.locator(poke)).to_be_visible()
    expect(page.locator(".said.stale")).to_have_count(0)
    add[1].fill("1.1 3")
    add[1].press("Enter")
    expect(other.locator("#told")).to_contain_text("changed in another tab")
    other.reload()
    expect(other.locator(poke)).to_be_visible()


@pytest.mark.slow
def test_a_chat_of_several_turns_and_its_limits_travel_in_a_link(
    bench: Page, context: BrowserContext
) -> None:
    page = bench
    page.get_by_label("a turn of a chat").check()
    expect(page.get_by_label("Counterfactual (another last turn")).to_be_visible()
    for text in (" w3 w17", " w5", " w41"):
        page.get_by_role("button", name="An earlier turn").click()
        page.get_by_label("What is said").last.fill(text)
    page.get_by_role("button", name="Remove this turn").nth(1).click()  # an answer, after all
    said = [one.input_value() for one in page.get_by_label("Who says it").all()]
    assert said == ["user", "user"]
    page.get_by_label("Who says it").nth(1).select_option("assistant")
    page.locator("#prompt").fill(" w8 w30")
    shown = page.locator("[aria-label='Tokens of the prompt'] span")
    expect(shown).to_have_text(["<s>", " w3", " w17", " w41", " w8", " w30"], use_inner_text=False)
    page.locator("summary", has_text="Settings").click()
    page.get_by_label("Most nodes").fill("7")
    expect(page.locator(".settings summary")).to_contain_text("Most nodes 7")
    page.get_by_role("button", name="Trace").click()
    expect(page.locator("#numbers")).to_contain_text("Really")
    page.get_by_role("button", name="Copy a link to this").click()
    session = page.url
    other = context.new_page()
    other.goto(page.get_by_label("A link to this").input_value())
    expect(other.locator("#told")).to_contain_text("started nothing")
    expect(other.locator(".settings summary")).to_contain_text("Most nodes 7")
    assert [one.input_value() for one in other.get_by_label("What is said").all()] == [
        " w3 w17",
        " w41",
    ]
    other.locator("#prompt").press("Control+Enter")
    expect(other.locator("#numbers")).to_contain_text("Really")
    assert other.url == session  # the same question has the same session
