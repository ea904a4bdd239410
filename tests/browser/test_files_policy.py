"""A file of the authors that is opened by itself runs nothing, even one of a wrong type."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.galleries import make_gallery
from tests.serving import served
from tracer.site.build import build

# A script of the site itself: the policy of its pages lets it run.
MARKUP = '<!doctype html><title>Left</title><body><script src="run.js"></script></body>'
SCRIPT = "document.title = 'Ran';"


class _Host(SimpleHTTPRequestHandler):
    """Sends what `_headers` says, each rule that fits, as Netlify and Cloudflare Pages do."""

    def end_headers(self) -> None:
        text = (Path(self.directory) / "_headers").read_text(encoding="utf-8")
        for path, lines in re.findall(r"^(/\S*)\n((?:  .*\n)+)", text, re.MULTILINE):
            if fnmatchcase(self.path, path):
                for line in lines.splitlines():
                    self.send_header(*line.strip().split(": ", 1))
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@dataclass
class Hosted:
    address: str
    out: Path

    def add(self, folder: str) -> str:
        """Puts a page that runs a script of its own folder there; gives its address."""
        (self.out / folder).mkdir(exist_ok=True)
        (self.out / folder / "run.js").write_text(SCRIPT, encoding="utf-8")
        (self.out / folder / "page.html").write_text(MARKUP, encoding="utf-8")
        return f"{self.address}{folder}/page.html"


@pytest.fixture(params=["a host that reads _headers", "tracer serve"])
def hosted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hosted]:
    root = make_gallery(tmp_path / "gallery").root
    if request.param == "tracer serve":
        with served(root) as running:
            yield Hosted(running.address, root / "public")
        return
    build(root, tmp_path / "out")
    handler = functools.partial(_Host, directory=str(tmp_path / "out"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield Hosted(f"http://127.0.0.1:{server.server_port}/", tmp_path / "out")
    server.shutdown()


def test_no_script_runs_among_files_and_elsewhere_the_same_one_does(
    context: BrowserContext, hosted: Hosted
) -> None:
    page = context.new_page()
    page.goto(hosted.add("elsewhere"))
    assert page.title() == "Ran"
    page.goto(hosted.add("files"))
    assert page.title() == "Left"


def test_other_sites_may_frame_graphs_but_no_file(
    context: BrowserContext,
    hosted: Hosted,
    serve_folder: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    addresses = [hosted.add("files"), f"{hosted.address}graphs/france-paris/?embed"]
    frames = "".join(f'<iframe src="{one}"></iframe>' for one in addresses)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.html").write_text(f"<!doctype html>{frames}", encoding="utf-8")
    page = context.new_page()
    page.goto(serve_folder(tmp_path / "other"))
    file, graph = page.frames[1:]
    graph.locator("#viewer .hidden-count").wait_for(state="attached")
    assert file.title() != "Left"  # the browser's own page stands in its place
    assert file.url == "chrome-error://chromewebdata/"
