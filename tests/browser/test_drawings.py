"""Authors' drawings, opened by themselves where no policy is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from tests.hostile_drawings import hostile_drawings
from tracer.errors import TracerError
from tracer.site.content.drawing import safe_drawing

Open = Callable[[Mapping[str, bytes]], set[str]]
_TRY_ALL = """() => {
  for (const one of document.querySelectorAll("*"))
    for (const kind of ["mouseover", "click", "focus"])
      one.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def open_all(
    browser: Browser, tmp_path: Path, serve_folder: Callable[[Path], str]
) -> Iterator[Open]:
    """Opens each file as a document; gives the names of those that ran or loaded something."""
    context = browser.new_context()
    ran: set[str] = set()
    context.expose_function("ran", lambda name: ran.add(str(name)))

    def canary(route: Route) -> None:
        ran.add(route.request.url.rpartition("/")[2])
        route.abort()

    context.route("**://canary.invalid/**", canary)

    def opened(files: Mapping[str, bytes]) -> set[str]:
        frames = ""
        for name, content in files.items():
            (tmp_path / f"{name}.svg").write_bytes(content)
            frames += f'<iframe src="{name}.svg"></iframe>'
        (tmp_path / "index.html").write_text(f"<!doctype html><body>{frames}")
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.goto(serve_folder(tmp_path))
        for frame in page.frames[1:]:
            frame.evaluate(_TRY_ALL)
        page.wait_for_timeout(300)
        page.close()
        return set(ran)

    yield opened
    context.close()


def test_left_as_they_are_most_of_them_run(open_all: Open) -> None:
    """Otherwise the next test would show nothing."""
    files = hostile_drawings()
    assert len(files) >= 50
    assert len(open_all(files)) >= 40


def test_whatever_is_published_runs_nothing(open_all: Open) -> None:
    published = {}
    for name, content in hostile_drawings().items():
        try:
            published[name] = safe_drawing(content, Path(name))
        except TracerError:
            continue
    assert open_all(published) == set()


def test_what_the_filter_lets_through_alone_runs_nothing_either(
    open_all: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two walls: without our own refusals, what is published is what the filter keeps."""
    monkeypatch.setattr("tracer.site.content.drawing._Reader._refuse", lambda *_: None)
    published = {}
    for name, content in hostile_drawings().items():
        try:
            published[name] = safe_drawing(content, Path(name))
        except Exception:
            continue
    assert len(published) >= 15
    assert {one for one in open_all(published) if not one.startswith("style")} == set()
