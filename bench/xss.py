"""Puts every hostile text into every field, and opens every page in Chromium: nothing may run.

`python bench/xss.py` writes `bench/xss.json`, and fails where something ran. What the corpus is
worth is measured beside it: how many of its texts run where a page takes them for markup.
"""

from __future__ import annotations

import datetime
import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.executable import installed_browser, launch_arguments  # noqa: E402
from tests.xss.browse import BATCH, browse_corpus, runs_as_it_is  # noqa: E402
from tests.xss.payloads import payloads  # noqa: E402
from tests.xss.texts import Payload  # noqa: E402

SIDES = ("with_policy", "without_policy")


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A page that is left early lets its connections go."""


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def serve(folder: Path) -> str:
    server = _Server(("127.0.0.1", 0), functools.partial(_Files, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def browse(corpus: list[Payload]) -> dict[str, Any]:
    """A part of the corpus, in a browser of its own."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=launch_arguments()
        )
        found = browse_corpus(browser, serve, Path(scratch), corpus)
        found["run_as_they_are"] = len(runs_as_it_is(browser, corpus))
        found["browser"] = f"Chromium {browser.version}"
        browser.close()
    return found


def together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of all parts."""
    found: dict[str, Any] = {"browser": parts[0]["browser"]}
    found["fields"] = sorted({name for part in parts for name in part["fields"]})
    for name in ("payloads", "placed", "refused", "run_as_they_are"):
        found[name] = sum(part[name] for part in parts)
    for side in SIDES:
        found[side] = {
            name: sum(part[side][name] for part in parts) for name in ("pages", "states")
        } | {
            name: sorted({one for part in parts for one in part[side][name]})
            for name in ("ran", "could_run")
        }
    return found


def main() -> None:
    corpus = list(enumerate(payloads()))
    parts = [corpus[start : start + BATCH] for start in range(0, len(corpus), BATCH)]
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        browsed = []
        for part in pool.map(browse, parts):
            browsed.append(part)
            sys.stderr.write(f"{len(browsed)} of {len(parts)} parts browsed\n")
    found = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "commit": _commit(),
        **together(browsed),
    }
    (ROOT / "bench" / "xss.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if ran := [one for side in SIDES for one in (*found[side]["ran"], *found[side]["could_run"])]:
        sys.exit("something ran, or could have:\n" + "\n".join(ran))


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
