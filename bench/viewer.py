"""Measures the viewer in Chromium against the budgets, on graphs of known size.

`python bench/viewer.py` writes `bench/viewer.json`. The graphs are generated: one shaped as
people publish them (694 nodes), two of size alone (2,000 nodes and 100,000 links, 5,000 and
300,000).

A hover, a click or a step of the slider is timed from the moment the page hears of it until the
browser has painted the answer: of a click, the graph, its labels and what the node is; the lists of
what feeds it follow one frame later. What the browser waits for its next frame before it tells the
page of a movement is kept beside it, as no page can change that.
"""

from __future__ import annotations

import datetime
import gzip
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.executable import installed_browser, launch_arguments  # noqa: E402
from tests.foreign_graphs import PUBLISHED, published_graph  # noqa: E402
from tests.large_graph import large_graph  # noqa: E402
from tracer.documents.graph import Graph  # noqa: E402
from tracer.site.build import build  # noqa: E402

LOADS, THROTTLED_LOADS, MOVES, CLICKS, STEPS = 5, 3, 80, 60, 30
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
TYPES |= {".json": "application/json", ".svg": "image/svg+xml"}

# The graph is shown when its status line is gone and the frame after that is painted; the page is
# whole when the panels around the graph are there too.
WATCH = """
const painted = (what, there) => new Promise((tell, fail) => {
  setTimeout(() => fail(new Error(`${what} did not appear`)), 30000);
  const look = () => {
    if (there())
      return requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => tell(performance.now());
        channel.port2.postMessage(0);
      });
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
const find = (selector) => document.querySelector(selector);
const graph = () => find("#viewer .graph-layers .tick") && !find("#viewer .viewer-status");
window.shown = painted("the graph", graph);
window.whole = painted("the panels", () => graph() && find("#viewer .details > *")
  && (find(".circuit-frame.taken-over") || !find("#circuit")));
window.times = [];
window.timed = "";
for (const type of ["pointermove", "click", "input"])
  addEventListener(type, (event) => {
    if (type !== window.timed) return;
    const heard = performance.now();
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const painted = performance.now();
        window.times.push([painted - heard, painted - event.timeStamp]);
      };
      channel.port2.postMessage(0);
    });
  }, {capture: true});
"""


class _Gzipped(BaseHTTPRequestHandler):
    """A static host: gzip, HTTP/1.1, connections kept."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    wbufsize = 1 << 16
    folder: Path
    packed: dict[Path, bytes]

    def do_GET(self) -> None:
        file = self.folder / self.path.split("?")[0].lstrip("/")
        file = file / "index.html" if file.is_dir() else file
        if not file.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if file not in self.packed:
            self.packed[file] = gzip.compress(file.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", TYPES.get(file.suffix, "application/octet-stream"))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(self.packed[file])))
        self.end_headers()
        self.wfile.write(self.packed[file])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        gallery, public = Path(scratch) / "gallery", Path(scratch) / "public"
        slugs = _write_graphs(gallery)
        build(gallery, public)
        handler = type("Handler", (_Gzipped,), {"folder": public, "packed": {}})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=installed_browser(), args=launch_arguments()
            )
            found = {
                "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
                "browser": f"Chromium {browser.version}, headless, 1440 × 900",
                "date": datetime.date.today().isoformat(),
                "commit": _commit(),
                "load": os.getloadavg()[0],
                "graphs": {
                    name: _measure(browser, f"{address}graphs/{slug}/", size, name != "largest")
                    for name, (slug, size) in slugs.items()
                },
            }
            browser.close()
        server.shutdown()
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (ROOT / "bench" / "viewer.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def _write_graphs(gallery: Path) -> dict[str, tuple[str, dict[str, int]]]:
    graphs = {
        "published": Graph.model_validate(published_graph(PUBLISHED[-1])),
        "generated": large_graph(nodes=2000, links=100_000),
        "largest": large_graph(nodes=5000, links=300_000),
    }
    for name, graph in graphs.items():
        graph.save(gallery / "graphs" / name / "1.json")
    return {
        name: (name, {"nodes": len(graph.nodes), "links": len(graph.links)})
        for name, graph in graphs.items()
    }


def _measure(
    browser: Browser, address: str, size: dict[str, int], throttled: bool
) -> dict[str, Any]:
    plain = [_load(browser, address) for _ in range(LOADS)]
    times = THROTTLED_LOADS if throttled else 0
    slow = [_load(browser, address, throttled=True) for _ in range(times)]
    hover, click, slider, elements = _interact(browser, address)
    return {
        "size": size,
        "loads": plain,
        "throttled": slow,
        "hover": hover,
        "click": click,
        "slider": slider,
        "medians": {
            "javascript_bytes": plain[-1]["javascript_bytes"],
            "foreign_requests": max(one["foreign_requests"] for one in plain),
            "data_bytes": plain[-1]["data_bytes"],
            "first_paint_ms": _median(one["first_paint_ms"] for one in plain),
            "first_graph_ms": _median(one["first_graph_ms"] for one in plain),
            "whole_page_ms": _median(one["whole_page_ms"] for one in plain),
            "throttled_first_paint_ms": _median(one["first_paint_ms"] for one in slow),
            "throttled_first_graph_ms": _median(one["first_graph_ms"] for one in slow),
            "throttled_whole_page_ms": _median(one["whole_page_ms"] for one in slow),
            "hover_p95_ms": _p95(one for one, _ in hover),
            "hover_with_wait_p95_ms": _p95(one for _, one in hover),
            "click_p95_ms": _p95(one for one, _ in click),
            "click_with_wait_p95_ms": _p95(one for _, one in click),
            "slider_median_ms": _median(one for one, _ in slider),
            "slider_p95_ms": _p95(one for one, _ in slider),
            **elements,
        },
    }


def _open(browser: Browser, address: str, *, throttled: bool = False) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    if throttled:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        speed = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
        session.send("Network.emulateNetworkConditions", {"offline": False, **speed})
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    return page


def _load(browser: Browser, address: str, *, throttled: bool = False) -> dict[str, Any]:
    """One first visit, with nothing cached."""
    page = _open(browser, address, throttled=throttled)
    requests: list[Any] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto(address, wait_until="commit")
    shown = page.evaluate("window.shown")
    whole = page.evaluate("window.whole")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.wait_for_load_state("networkidle")
    sizes = {one.url: one.sizes()["responseBodySize"] for one in requests}
    page.context.close()
    host = address.split("/graphs/")[0]
    return {
        "first_paint_ms": round(paint, 1),
        "first_graph_ms": round(shown, 1),
        "whole_page_ms": round(whole, 1),
        "requests": len(sizes),
        "foreign_requests": sum(not url.startswith((host, "data:")) for url in sizes),
        "javascript_bytes": sum(size for url, size in sizes.items() if url.endswith(".js")),
        "data_bytes": sum(size for url, size in sizes.items() if "/data." in url),
    }


Times = list[tuple[float, float]]


def _interact(browser: Browser, address: str) -> tuple[Times, Times, Times, dict[str, int]]:
    page = _open(browser, address)
    page.goto(address)
    page.evaluate("window.whole")
    elements = {
        name: page.evaluate("selector => document.querySelectorAll(selector).length", selector)
        for name, selector in (("elements", "*"), ("viewer_elements", "#viewer, #viewer *"))
    }
    stage = page.locator("#viewer .graph-stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    spots = [
        (
            box["x"] + box["width"] * (0.08 + 0.88 * (i * 0.618034 % 1)),
            box["y"] + min(box["height"], 520) * (0.15 + 0.75 * (i * 0.754878 % 1)),
        )
        for i in range(MOVES)
    ]
    hover = _timed(page, "pointermove", [partial(page.mouse.move, x, y) for x, y in spots])
    click = _timed(page, "click", [partial(page.mouse.click, x, y) for x, y in spots[:CLICKS]])
    page.keyboard.press("Escape")
    slider = page.locator("#viewer-threshold")
    low, high = float(slider.get_attribute("min") or 0), float(slider.get_attribute("max") or 1)
    slider.focus()
    values = [f"{high - (high - low) * (i + 1) / (STEPS + 1):.2f}" for i in range(STEPS)]
    moves = [partial(slider.fill, value) for value in values]
    return hover, click, _timed(page, "input", moves), elements


def _timed(page: Page, event: str, actions: Sequence[Callable[[], None]]) -> Times:
    page.evaluate("type => { window.times = []; window.timed = type; }", event)
    for number, act in enumerate(actions, start=1):
        act()
        page.wait_for_timeout(60)
        seen = page.evaluate("window.times.length")
        if seen < number:
            page.wait_for_timeout(500)
    found: Times = page.evaluate("window.times")
    return [(round(work, 2), round(whole, 2)) for work, whole in found]


def _median(values: Iterable[float]) -> float | None:
    listed = list(values)
    return round(statistics.median(listed), 1) if listed else None


def _p95(values: Iterable[float]) -> float:
    """The smallest value that at least 95 % of them do not exceed."""
    ordered = sorted(values)
    return round(ordered[math.ceil(0.95 * len(ordered)) - 1], 1)


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
