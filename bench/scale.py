"""How a gallery of ten thousand graphs is built, and what its lists weigh in a browser.

`make bench-scale` writes `bench/scale.json` and README's table. `python bench/scale.py COUNT` takes
as many graphs, and writes nothing; a folder behind that is where the gallery is made.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Request

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.graph_gallery import write_small_graphs  # noqa: E402
from bench.static_site import blank_page, hosted  # noqa: E402

SCRATCH = ROOT / ".tracer" / "bench-scale"
RESULT = ROOT / "bench" / "scale.json"
COUNT, RUNS = 10_000, 3
TRACER = [sys.executable, "-m", "tracer"]
PAGES = {
    "the front page": "",
    "its fiftieth page": "page/50/",
    "all tags": "tags/",
    "one tag": "tags/tag-7/",
    "the models": "models/",
    "compare": "compare/",
    "search": "search/",
    "one graph": "graphs/graph-7/",
}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    folder = (Path(sys.argv[2]) if len(sys.argv) > 2 else SCRATCH) / str(count)
    shutil.rmtree(folder, ignore_errors=True)
    write_small_graphs(folder, count=count)
    found: dict[str, Any] = {
        "graphs": count,
        "load": round(os.getloadavg()[0], 1),
        "cold": built(folder),
        "again": built(folder),
        "site": told(folder / "public"),
        "pages": in_a_browser(folder / "public"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, no GPU",
        "date": time.strftime("%Y-%m-%d"),
        "load_after": round(os.getloadavg()[1], 1),
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    if count == COUNT:
        RESULT.write_text(json.dumps(found, indent=1) + "\n")


def built(folder: Path) -> dict[str, float]:
    """Seconds of a build in a new process, of all its processors together too, and the GiB of its
    largest process."""
    command = [*TRACER, "build", "--root", str(folder), "--out", str(folder / "public")]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"the build ended with {process.returncode}")
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_gib": round(used.ru_maxrss / 2**20, 2),
    }


def told(site: Path) -> dict[str, float]:
    """What lies on the host: files and megabytes, and of that the search index."""
    sizes = {one: one.stat().st_size for one in site.rglob("*") if one.is_file()}
    index = [size for one, size in sizes.items() if "pagefind" in one.parts]
    return {
        "files": len(sizes),
        "megabytes": round(sum(sizes.values()) / 1e6, 1),
        "index_files": len(index),
        "index_megabytes": round(sum(index) / 1e6, 1),
        "feed_kilobytes": round((site / "feed.xml").stat().st_size / 1e3, 1),
        "sitemap_kilobytes": round((site / "sitemap.xml").stat().st_size / 1e3, 1),
    }


def in_a_browser(site: Path) -> dict[str, dict[str, float]]:
    """Kilobytes of each page and of all that it asks for, as a host would compress them, its
    elements, and milliseconds until it paints and until it is at rest."""
    found = {}
    with hosted(site) as address, blank_page() as page:
        there = {name: path for name, path in PAGES.items() if (site / path).is_dir()}
        for name, path in there.items():
            runs = [_opened(page, address, path, site) for _ in range(RUNS)]
            found[name] = {key: statistics.median(one[key] for one in runs) for key in runs[0]}
        found["a search"] = _searched(page, address, site)
    return found


def _opened(page: Page, address: str, path: str, site: Path) -> dict[str, float]:
    with _asked(page) as asked:
        page.goto(address + path, wait_until="networkidle")
        page.wait_for_timeout(100)  # the end of `load` is told behind its event
        paint, rest = page.evaluate(
            "[performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,"
            " performance.getEntriesByType('navigation')[0].loadEventEnd]"
        )
    html = site / path / "index.html"
    return {
        "html_kilobytes": round(html.stat().st_size / 1e3, 1),
        "kilobytes": _kilobytes(site, asked, address),
        "requests": len(asked),
        "elements": page.evaluate("document.querySelectorAll('*').length"),
        "paint_ms": round(paint),
        "load_ms": round(rest),
    }


def _searched(page: Page, address: str, site: Path) -> dict[str, float]:
    """From the first letter that is asked for, in a page that is there, to the first result."""
    page.goto(address + "search/", wait_until="networkidle")
    with _asked(page) as asked:
        began = time.perf_counter()
        page.fill("#search-words", "word111")
        page.wait_for_selector("#search-results li")
        seconds = time.perf_counter() - began
    return {
        "kilobytes": _kilobytes(site, asked, address),
        "requests": len(asked),
        "elements": page.evaluate("document.querySelectorAll('*').length"),
        "load_ms": round(seconds * 1000),
    }


@contextlib.contextmanager
def _asked(page: Page) -> Iterator[list[str]]:
    """Addresses that are asked for meanwhile, from a page of nothing on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    try:
        yield asked
    finally:
        page.remove_listener("request", note)


def _kilobytes(site: Path, asked: list[str], address: str) -> float:
    total = 0
    for url in asked:
        path = url.removeprefix(address).split("?")[0]
        file = site / (path + "index.html" if not path or path.endswith("/") else path)
        total += len(gzip.compress(file.read_bytes(), 6)) if file.is_file() else 0
    return round(total / 1e3, 1)


if __name__ == "__main__":
    main()
