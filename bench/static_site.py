"""A built site as a static host serves it, and a page of a browser to open it in."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.executable import installed_browser, launch_arguments  # noqa: E402

PORT = 9471


@contextlib.contextmanager
def blank_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=launch_arguments()
        )
        yield browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        browser.close()


@contextlib.contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """Its address, with a slash."""
    command = [sys.executable, "-m", "http.server", str(PORT), "--bind", "127.0.0.1"]
    server = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield f"http://127.0.0.1:{PORT}/"
    finally:
        server.kill()
        server.wait()
