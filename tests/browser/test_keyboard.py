"""Without a mouse, without motion, without all colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.galleries import make_gallery
from tracer.site.build import build


@pytest.fixture
def site(tmp_path: Path, serve_folder: Callable[[Path], str]) -> str:
    gallery = make_gallery(tmp_path / "gallery")
    gallery.write("site_src/write-ups/france-paris.md", "[France](node:1_3_4)\n")
    build(gallery.root, tmp_path / "out")
    return serve_folder(tmp_path / "out") + "graphs/france-paris/"


def focused(page: Page) -> str:
    name: str = page.evaluate(
        """() => {
            const at = document.activeElement;
            return `${at.tagName} ${at.getAttribute("aria-label") ?? at.id ?? ""}`;
        }"""
    )
    return name


def test_a_question_mark_explains_the_keys_and_escape_leads_back(page: Page, site: str) -> None:
    page.goto(site)
    stage = page.get_by_role("application", name="Link graph")
    stage.focus()
    page.keyboard.press("?")
    help_box = page.get_by_role("dialog", name="Keys and search")
    expect(help_box).to_contain_text("layer:20, layer:5-9, token:Rome")
    page.keyboard.press("/")
    expect(help_box).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_box).to_have_count(0)
    expect(stage).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("what?")
    expect(page.locator("#viewer-search")).to_have_value("what?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_tab_reaches_everything_and_leaves_again(page: Page, site: str) -> None:
    page.goto(site + "?clickedId=1_3_4")
    expect(page.locator("#viewer .node-name")).to_have_text("Neuron 3")
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        if focused(page).startswith("BODY"):
            break
        seen.append(focused(page))
    assert focused(page).startswith("BODY"), seen
    for wanted in [
        "INPUT viewer-search",
        "INPUT viewer-threshold",
        "INPUT viewer-weight",
        "SELECT viewer-sign",
        "DIV Link graph",
        "BUTTON Zoom in",
    ]:
        assert wanted in seen
    lists = page.locator("#viewer .inputs li button")
    assert lists.count() == 3
    assert sum(one.get_attribute("tabindex") == "0" for one in lists.all()) == 1


def test_search_leads_to_a_node_and_arrows_lead_on(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator("#viewer .node-name")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type('layer:0 token:" france"')
    page.keyboard.press("Enter")
    expect(page.locator("#viewer .node-name")).to_have_text("Neuron 7")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#viewer .node-name")).to_have_text("Neuron 3")
    expect(page.locator("#viewer .announcement")).to_contain_text("Neuron 3 of layer 1")


def test_who_wants_no_motion_gets_none(page: Page, site: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(site)
    expect(page.locator("#viewer .node-name")).to_be_visible()
    page.locator("#write-up a").evaluate("link => link.click()")
    top = page.locator("#viewer").evaluate("viewer => viewer.getBoundingClientRect().top")
    assert -2 <= top <= 40
    label = page.locator("#viewer .graph-answers g")
    before = label.bounding_box()
    page.get_by_role("button", name="Zoom in").evaluate("button => button.click()")
    after = page.locator("#viewer .graph-paper.zoomed")
    assert after.count() == 1
    assert label.bounding_box() != before
    moving = page.evaluate("document.getAnimations().length")
    assert moving == 0


# Machado, Oliveira, Fernandes 2009, severity 1.0; on linear RGB.
BLINDNESS = {
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanopia": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}


def lab(linear: list[float]) -> tuple[float, float, float]:
    """CIE L*a*b* of linear sRGB, white D65."""
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in linear)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def linear(colour: str) -> list[float]:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", BLINDNESS)
def test_support_and_opposition_differ_for_every_eye(
    page: Page, site: str, kind: str, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(site)
    names = ["--positive", "--negative"]
    colours = [
        page.evaluate(
            "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()", name
        )
        for name in names
    ]
    seen = [
        lab(
            [
                sum(m * c for m, c in zip(row, linear(colour), strict=True))
                for row in BLINDNESS[kind]
            ]
        )
        for colour in colours
    ]
    distance = sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5
    assert distance > 30
