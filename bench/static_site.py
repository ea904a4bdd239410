"""A built site as a static host serves it, and a page of a browser to open it in."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.executable import installed_browser, launch_arguments  # noqa: E402

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
    """Its address, with a slash, as a host serves it that compresses and keeps connections."""
    files = _Files(folder)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = asyncio.start_server(files.serve, "127.0.0.1", 0)
    host = asyncio.run_coroutine_threadsafe(starting, loop).result()
    try:
        yield f"http://127.0.0.1:{host.sockets[0].getsockname()[1]}/"
    finally:
        asyncio.run_coroutine_threadsafe(_leave(host), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _leave(host: asyncio.Server) -> None:
    """End it, and all connections that browsers keep."""
    host.close()
    kept = asyncio.all_tasks() - {asyncio.current_task()}
    for task in kept:
        task.cancel()
    await asyncio.gather(*kept, return_exceptions=True)


class _Files:
    """A folder's files as whole answers, each made once: a host's own time is not measured."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, bytes] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                path = unquote(request.split(b" ", 2)[1].decode("ascii")).split("?")[0]
                if path not in self.answers:
                    self.answers[path] = self._answer(path)
                writer.write(self.answers[path])
                await writer.drain()
        writer.close()

    def _answer(self, path: str) -> bytes:
        file = self.folder / path.lstrip("/")
        file = file / "index.html" if file.is_dir() else file
        if not file.is_file():
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        packed = gzip.compress(file.read_bytes(), 6)
        kind = TYPES.get(file.suffix, "application/octet-stream")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Encoding: gzip\r\n"
        return f"{head}Content-Length: {len(packed)}\r\n\r\n".encode("ascii") + packed
