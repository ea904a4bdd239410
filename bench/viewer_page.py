"""One viewer in a page of a browser: its first visit, and how soon it answers.

A hover, a click or a step of the slider is timed from the moment the page hears of it until the
browser has painted the answer, in every viewer alike (`viewer_watch.js`). What the browser waits
for its next frame before it tells the page of a movement is kept beside it, as no page can change
that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

WATCH = (ROOT / "bench" / "viewer_watch.js").read_text()
PAUSE, PATIENCE = 150, 20_000  # milliseconds

# Something plain that always takes a processor the same work: 216,816 primes.
PLAIN = """() => {
  const began = performance.now(), crossed = new Uint8Array(3e6);
  let primes = 0;
  for (let one = 2; one < 3e6; one++) {
    if (crossed[one]) continue;
    primes++;
    for (let many = 2 * one; many < 3e6; many += one) crossed[many] = 1;
  }
  return [performance.now() - began, primes];
}"""


@dataclass(frozen=True)
class Viewer:
    """How the parts of a viewer are called; what the graph of a name is at is `address`."""

    host: str
    address: str
    shown: str
    whole: str
    redrawn: str
    element: str
    stage: str
    lists: str
    slider: str
    data: str
    elsewhere: str

    def at(self, graph: str) -> str:
        return self.host + self.address.format(graph=graph)

    @property
    def script(self) -> str:
        names = f'shown: {self.shown}, whole: {self.whole}, lists: "{self.lists}"'
        return f"window.viewer = {{{names}, redrawn: {self.redrawn}}};\n{WATCH}"


OURS = Viewer(
    host="",
    address="graphs/{graph}/",
    # Its status line goes when the graph is drawn.
    shown='find => find("#viewer .graph-layers .tick") && !find("#viewer .viewer-status")',
    whole='find => viewer.shown(find) && find("#viewer .details > *")'
    ' && (find(".circuit-frame.taken-over") || !find("#circuit"))',
    redrawn="null",
    element="#viewer",
    stage="#viewer .graph-stage",
    lists="#viewer .connection-lists",
    slider="#viewer-threshold",
    data="/data.",
    elsewhere="://",
)
# It draws nodes, links and panels in one go.
CIRCUIT_TRACER = Viewer(
    host="",
    address="?slug={graph}",
    shown='find => find(".link-graph text.node")',
    whole='find => viewer.shown(find) && find(".node-connections > *")',
    redrawn='find => find(".link-graph text.node")',
    element=".cg",
    stage=".link-graph",
    lists=".node-connections",
    slider=".slider-container input",
    data="data/",
    elsewhere="/elsewhere/",
)


def visit(
    browser: Browser, viewer: Viewer, graph: str, *, throttled: bool = False
) -> dict[str, Any]:
    """One first visit, with nothing cached."""
    page = _page(browser, viewer, throttled=throttled)
    requests: list[Any] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto(viewer.at(graph), wait_until="commit")
    shown = page.evaluate("window.shown")
    whole = page.evaluate("window.whole")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.wait_for_load_state("networkidle")
    sizes = {one.url: one.sizes()["responseBodySize"] for one in requests}
    page.context.close()
    paths = {url.removeprefix(viewer.host): size for url, size in sizes.items()}
    return {
        "first_paint_ms": round(paint, 1),
        "first_graph_ms": round(shown, 1),
        "whole_page_ms": round(whole, 1),
        "requests": len(sizes),
        "foreign_requests": sum(viewer.elsewhere in f"/{path}" for path in paths),
        "javascript_bytes": sum(size for path, size in paths.items() if path.endswith(".js")),
        "data_bytes": sum(size for path, size in paths.items() if viewer.data in f"/{path}"),
    }


def opened(browser: Browser, viewer: Viewer, graph: str) -> Page:
    page = _page(browser, viewer)
    page.goto(viewer.at(graph))
    page.evaluate("window.whole")
    return page


def elements(page: Page, viewer: Viewer) -> dict[str, int]:
    count = "selector => document.querySelectorAll(selector).length"
    return {
        "elements": page.evaluate(count, "*"),
        "viewer_elements": page.evaluate(count, f"{viewer.element}, {viewer.element} *"),
    }


def pointed(
    page: Page, viewer: Viewer, event: str, numbers: Sequence[int]
) -> list[dict[str, float]]:
    """Times of `pointermove` or `click` at spots spread over the graph; the same number is the
    same spot."""
    stage = page.locator(viewer.stage)
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    spots = [
        (
            box["x"] + box["width"] * (0.08 + 0.88 * (i * 0.618034 % 1)),
            box["y"] + min(box["height"], 520) * (0.15 + 0.75 * (i * 0.754878 % 1)),
        )
        for i in numbers
    ]
    act = page.mouse.click if event == "click" else page.mouse.move
    return _timed(page, event, [partial(act, x, y) for x, y in spots])


def unselect(page: Page, viewer: Viewer) -> None:
    page.locator(viewer.stage).dispatch_event("keydown", {"key": "Escape"})


def pruned(
    page: Page, viewer: Viewer, numbers: Sequence[int], steps: int
) -> list[dict[str, float]]:
    """Times of the slider's steps, of so many from all of the graph down to none."""
    slider = page.locator(viewer.slider)
    low, high = (float(slider.get_attribute(name) or "") for name in ("min", "max"))
    slider.focus()
    values = [f"{high - (high - low) * (i + 1) / (steps + 1):.2f}" for i in numbers]
    return _timed(page, "input", [partial(slider.fill, value) for value in values])


def plain_ms(browser: Browser, times: int) -> list[float]:
    """Milliseconds that something plain takes in a page: how quick the machine is just now."""
    page = browser.new_page()
    found = [page.evaluate(PLAIN) for _ in range(times)]
    page.close()
    assert {primes for _, primes in found} == {216_816}
    return [round(taken, 1) for taken, _ in found]


def _page(browser: Browser, viewer: Viewer, *, throttled: bool = False) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(viewer.script)
    if throttled:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        speed = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
        session.send("Network.emulateNetworkConditions", {"offline": False, **speed})
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    return page


def _timed(page: Page, event: str, actions: Sequence[Callable[[], None]]) -> list[dict[str, float]]:
    page.evaluate("type => { window.times = []; window.timed = type; }", event)
    for number, act in enumerate(actions, start=1):
        act()
        page.wait_for_timeout(PAUSE)
        page.wait_for_function("n => window.times.length >= n", arg=number, timeout=PATIENCE)
    found = page.evaluate("window.times")
    return [{k: round(v, 1) for k, v in one.items() if v is not None} for one in found]
