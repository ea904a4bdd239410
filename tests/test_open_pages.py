"""What is watched while a gallery is edited, whatever comes at the wrong moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from watchfiles import awatch

import tracer.open_pages
from tests.galleries import GalleryFolder, make_gallery
from tracer.open_pages import OpenPages, watch
from tracer.site.preview import Preview

SECONDS = 20


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    gallery = make_gallery(tmp_path / "gallery")
    gallery.write("site_src/site.yaml", "title: One\nsearch: false\n")
    gallery.write("notes/about.md", "# About\n\nFirst.\n")
    (gallery.root / "site_src" / "pages").mkdir(exist_ok=True)
    return gallery


def link_about(gallery: GalleryFolder) -> None:
    link = gallery.root / "site_src" / "pages" / "about.md"
    link.symlink_to(gallery.root / "notes" / "about.md")


def before_the_watch(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Calls `act` once, at the last moment before the first watch begins."""
    left = [act]

    async def late(*args: Any, **options: Any) -> AsyncIterator[Any]:
        if left:
            left.pop()()
        async for found in awatch(*args, **options):
            yield found

    monkeypatch.setattr(tracer.open_pages, "awatch", late)


def run_apart(work: Coroutine[Any, Any, bool | None]) -> bool | None:
    """In a thread of its own: where browser tests ran before, a loop of theirs runs here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def edited(gallery: GalleryFolder, path: str, words: str) -> bool | None:
    """Whether an edit of the linked notes, made after the first build, reaches the page."""
    pages = OpenPages(Preview(gallery.root, gallery.root / "site"))
    built = asyncio.Event()

    async def shows(words: str) -> bool:
        for _ in range(SECONDS * 20):
            if words in (await pages.current(path) or b"").decode():
                return True
            await asyncio.sleep(0.05)
        return False

    async def run() -> bool:
        def tell(_: str) -> None:
            built.set()

        watcher = asyncio.create_task(watch(gallery.root, pages, tell))
        try:
            await asyncio.wait_for(built.wait(), SECONDS)
            assert await shows("First.")
            gallery.write("notes/about.md", f"# About\n\n{words}\n")
            return await shows(words)
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)

    return run_apart(run())


def test_a_link_made_just_before_watching_begins_is_followed(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_the_watch(monkeypatch, lambda: link_about(gallery))
    assert edited(gallery, "about/index.html", "Second.")


def test_that_nothing_can_be_watched_is_told(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError("OS file watch limit reached.")

    before_the_watch(monkeypatch, full)
    pages = OpenPages(Preview(gallery.root, gallery.root / "site"))
    told: list[str] = []
    run_apart(asyncio.wait_for(watch(gallery.root, pages, told.append), SECONDS))
    assert any("changes are no longer seen: OS file watch limit reached." in one for one in told)
    assert "changes are no longer seen" in pages.problems[-1]
