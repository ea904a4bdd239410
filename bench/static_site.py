"""A built site as a static host serves it, and a page of a browser to open it in."""

from __future__ import annotations

import contextlib
import gzip
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.executable import installed_browser, launch_arguments  # noqa: E402

PORT = 9471
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
TYPES |= {".json": "application/json", ".svg": "image/svg+xml"}


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


@contextlib.contextmanager
def gzipped(folder: Path) -> Iterator[str]:
    """Its address, with a slash, as a host serves it that compresses and keeps connections."""
    handler = type("Handler", (_Gzipped,), {"folder": folder, "packed": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


class _Gzipped(BaseHTTPRequestHandler):
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
