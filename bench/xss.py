"""Puts every hostile text into every field, and opens every page in Chromium: nothing may run.

`python bench/xss.py` writes `bench/xss.json`, and fails where something ran. What the corpus is
worth is measured beside it: how many of its texts run where a page takes them for markup. A run
that was stopped goes on with the parts that are left, as long as nothing that matters has changed.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
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
from tracer.documents.files import write_atomically  # noqa: E402

SIDES = ("with_policy", "without_policy")
SCRATCH = ROOT / ".tracer" / "xss"
_DECIDES = ("bench/xss.py", "tracer", "templates", "assets", "tests/xss", "tests/builders.py")


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


def browse_once(corpus: list[Payload], state: str) -> dict[str, Any]:
    """A part of the corpus, unless it was browsed in this state of the program."""
    file = SCRATCH / state / f"{corpus[0][0]}-{len(corpus)}.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(browse(corpus)))
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


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
    state = hashlib.sha256(_git("ls-files", "-s", *_DECIDES) + _git("diff", *_DECIDES))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        begun = [pool.submit(browse_once, part, state.hexdigest()[:12]) for part in parts]
        for count, _ in enumerate(as_completed(begun), 1):
            sys.stderr.write(f"{count} of {len(parts)} parts done\n")
    browsed = [one.result() for one in begun]
    found = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "commit": _git("rev-parse", "--short", "HEAD").decode().strip(),
        **together(browsed),
    }
    (ROOT / "bench" / "xss.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if ran := [one for side in SIDES for one in (*found[side]["ran"], *found[side]["could_run"])]:
        sys.exit("something ran, or could have:\n" + "\n".join(ran))


def _git(*command: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(ROOT), *command], capture_output=True, check=True
    ).stdout


if __name__ == "__main__":
    main()
