"""A real browser, and a folder served as a static host would serve it."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from tests.browser.executable import installed_browser, launch_arguments
from tests.part_of_gallery import keep_only
from tracer.site.build import build

REPOSITORY = Path(__file__).parents[2]
# Of the project's own gallery: what readers are led to first, and pages of each kind.
OWN_GRAPHS = (
    *("colosseum-italian", "moscow-russian", "madrid-spanish", "john-and-mary"),
    *("opposite-of-small", "import-numpy", "oakland-california"),
    *("colosseum-madrid", "colosseum-rome"),
)
_NEURONS = "smollm2-135m-instruct.neurons"
OWN_FEATURES = (
    *(f"{_NEURONS}/{layer}" for layer in (22, 28, 29)),
    "smollm2-135m-instruct.colosseum-madrid.neurons/6",
)
PATIENCE_MS = 30_000  # nothing waits for it that comes; a busy machine is no fault
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=installed_browser(),
                args=launch_arguments(),
            )
        except Error as error:
            pytest.fail(f"no browser could be started; run `make browser` first\n{error}")
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test on any script error, console error or foreign request."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://127.0.0.1:", "data:", "blob:"))
            else faults.append(f"request to another host: {request.url}")
        ),
    )
    yield page
    assert not faults, faults


class _Quiet(SimpleHTTPRequestHandler):
    """Without a cache: file times have whole seconds, and a test may build twice in one."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="session")
def own_gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the project's own gallery, built once for all workers."""
    return _built(tmp_path_factory, "own-gallery", part=True)


@pytest.fixture(scope="session")
def whole_gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of it, which takes four times as long: for tests that are `slow`."""
    return _built(tmp_path_factory, "whole-gallery", part=False)


def _built(tmp_path_factory: pytest.TempPathFactory, name: str, *, part: bool) -> Path:
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    root = shared / name
    with FileLock(shared / f"{name}.lock"):
        if not (root / "public").exists():
            for folder in ("site_src", "graphs", "sets", "features"):
                shutil.copytree(REPOSITORY / folder, root / folder)
            if part:
                keep_only(root, OWN_GRAPHS, sets=["capitals-languages"], features=OWN_FEATURES)
            build(root, root / "public")
    return root / "public"


@pytest.fixture(scope="session")
def serve_folder() -> Iterator[Callable[[Path], str]]:
    """Serves a folder on a free port of 127.0.0.1 and gives its address, with a slash."""
    servers: list[ThreadingHTTPServer] = []

    def serve(folder: Path) -> str:
        handler = functools.partial(_Quiet, directory=str(folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
