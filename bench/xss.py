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
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.executable import installed_browser, launch_arguments  # noqa: E402
from tests.xss.browse import browse_corpus, runs_as_it_is  # noqa: E402
from tests.xss.payloads import payloads  # noqa: E402


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


def main() -> None:
    corpus = list(enumerate(payloads()))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=launch_arguments()
        )
        found = {
            "date": datetime.date.today().isoformat(),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "browser": f"Chromium {browser.version}",
            "commit": _commit(),
            "run_as_they_are": len(runs_as_it_is(browser, corpus)),
            **browse_corpus(browser, serve, Path(scratch), corpus),
        }
        browser.close()
    (ROOT / "bench" / "xss.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    kinds = ("with_policy", "without_policy")
    if ran := [one for kind in kinds for one in (*found[kind]["ran"], *found[kind]["could_run"])]:
        sys.exit("something ran, or could have:\n" + "\n".join(ran))


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
