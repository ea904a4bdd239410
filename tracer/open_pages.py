"""What open pages are told while a gallery is edited: their new text, and what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from watchfiles import Change, awatch

from tracer.documents.litter import is_litter
from tracer.errors import TracerError
from tracer.site.content.resources import resource_folders
from tracer.site.preview import Preview

SOURCES = ("site_src", "graphs", "features", "templates", "assets")
STEP_MILLISECONDS = 10
DEBOUNCE_MILLISECONDS = 100
CALM_SECONDS = 0.15
_RESOURCES: tuple[Literal["templates", "assets"], ...] = ("templates", "assets")
Tell = Callable[[str], None]


@dataclass
class OpenPages:
    """The state of the preview, and who waits for the next one."""

    preview: Preview
    problems: Sequence[str] = ()
    number: int = 0
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def tags(self, page: bytes) -> str:
        """What tells an open page of changes; `data-preview-page` says which text it has."""
        return (
            '<link rel="stylesheet" href="/_preview/preview.css" '
            f'data-preview-page="{_name(page)}" data-preview-scripts="{self.preview.scripts}">'
            '<script type="module" src="/_preview/preview.js"></script>'
        )

    async def publish(self, problems: Sequence[TracerError] = ()) -> None:
        async with self.changed:
            self.problems, self.number = [str(one) for one in problems], self.number + 1
            self.changed.notify_all()

    async def current(self, path: str) -> bytes | None:
        """The page at this path below the root, made now if need be."""
        return await asyncio.to_thread(self._current, path)

    def _current(self, path: str) -> bytes | None:
        with contextlib.suppress(TracerError, OSError):  # told by the build that follows
            if (made := self.preview.page(path)) is not None:
                return made
        file = self.preview.out / path
        return file.read_bytes() if file.is_file() else None

    async def state(self, path: str, has: str) -> dict[str, object]:
        """What the open page at this path is to show; its text, where it `has` another."""
        problems = self.problems
        state: dict[str, object] = {
            "run": self.run,
            "problems": problems,
            "scripts": self.preview.scripts,
        }
        page = None if problems else await self.current(path)
        if page is not None and _name(page) != has:
            state |= {"page": page.decode(), "has": _name(page)}
        return state

    async def events(self) -> AsyncIterator[str]:
        """Server-sent events for all open pages: one at once, then one whenever to ask again."""
        while True:
            seen = self.number
            yield f"data: {self.run} {seen}\n\n"
            async with self.changed:
                while self.number == seen:
                    await self.changed.wait()


async def watch(gallery: Path, pages: OpenPages, tell: Tell) -> None:
    """Look again at each change of a source, tell open pages first, then build all."""
    wanted = asyncio.Event()
    building = asyncio.create_task(_build_all(pages, tell, wanted))
    try:
        await _follow(gallery, pages, tell, wanted)
    finally:
        building.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await building


async def _follow(gallery: Path, pages: OpenPages, tell: Tell, wanted: asyncio.Event) -> None:
    async def refresh(changed: Collection[Path] | None = None) -> None:
        if await _try(partial(pages.preview.look, changed), pages, tell):
            wanted.set()

    while True:
        folders = _present(gallery)
        links = _link_targets(gallery, folders)
        stop = asyncio.Event()
        beside = asyncio.create_task(_beside(gallery, folders, links, refresh, stop))
        changes = awatch(
            *folders,
            watch_filter=_meant(folders),
            step=STEP_MILLISECONDS,
            debounce=DEBOUNCE_MILLISECONDS,
            stop_event=stop,
        )
        # Watching begins before anything is read, so that no edit falls between.
        waiting = asyncio.ensure_future(anext(changes, None))
        try:
            await asyncio.sleep(0)
            await refresh()
            while (found := await waiting) is not None:
                waiting = asyncio.ensure_future(anext(changes, None))
                linked = any(_is_of(Path(name), links) for _, name in found)
                await refresh(None if linked else _files(found, gallery))
                came = any(change != Change.modified for change, _ in found)
                if came and _link_targets(gallery, folders) != links:
                    stop.set()
        finally:
            beside.cancel()
            waiting.cancel()


async def _beside(
    gallery: Path,
    watched: Sequence[Path],
    links: Collection[Path],
    refresh: Callable[[], Awaitable[None]],
    stop: asyncio.Event,
) -> None:
    """Looks again when what a link leads to changes; stops the watch when a folder of sources
    appears that it does not know."""
    folders = {gallery, *(target if target.is_dir() else target.parent for target in links)}
    changes = awatch(*folders, recursive=False, step=STEP_MILLISECONDS, stop_event=stop)
    async for found in changes:
        if _present(gallery) != watched:
            stop.set()
        elif any(_is_of(Path(name), links) for _, name in found):
            await refresh()


def _link_targets(gallery: Path, folders: Sequence[Path]) -> frozenset[Path]:
    """Where the links among the sources lead, as far as that is within the gallery."""
    root = gallery.resolve()
    found = set()
    for top in folders:
        for folder, inner, files in os.walk(top):
            links = (Path(folder, name) for name in (*inner, *files))
            found |= {Path(os.path.realpath(one)) for one in links if one.is_symlink()}
    return frozenset(one for one in found if one != root and one.is_relative_to(root))


def _is_of(file: Path, links: Collection[Path]) -> bool:
    """Whether this is what a link leads to, or stands directly in it."""
    real = Path(os.path.realpath(file))  # a loop stays what it is
    return real in links or real.parent in links


async def _try(work: Callable[[], None], pages: OpenPages, tell: Tell) -> bool:
    """Do it beside the event loop; what is wrong is told here and in the open pages."""
    try:
        await asyncio.to_thread(work)
    except (TracerError, OSError) as error:
        # An editor may take a file away for the moment in which it saves it anew.
        found = error.problems if isinstance(error, TracerError) else [TracerError(str(error))]
        if [str(one) for one in found] != pages.problems:  # one save may be several changes
            tell("\n".join(f"error: {problem}" for problem in found))
        await pages.publish(found)
        return False
    await pages.publish()
    return True


async def _build_all(pages: OpenPages, tell: Tell, wanted: asyncio.Event) -> None:
    """Make the whole site after each change, but not before the next one of a row of edits."""
    while True:
        await wanted.wait()
        while wanted.is_set():
            wanted.clear()
            await asyncio.sleep(CALM_SECONDS)
        if await _try(pages.preview.build, pages, tell):
            tell("built")


def _meant(folders: Sequence[Path]) -> Callable[[Change, str], bool]:
    """Tells changes that count from those of files that nothing reads."""
    roots = [folder.absolute() for folder in folders]

    def counts(_: Change, name: str) -> bool:
        file = Path(name)
        below = [file.relative_to(root) for root in roots if file.is_relative_to(root)]
        return not any(is_litter(part) for path in below for part in path.parts)

    return counts


def _files(found: Iterable[tuple[Change, str]], gallery: Path) -> set[Path]:
    """What changed, by the names that the gallery's files have when they are read."""
    absolute = gallery.absolute()
    files = {Path(name) for _, name in found}
    return {
        gallery / one.relative_to(absolute) if one.is_relative_to(absolute) else one
        for one in files
    }


def _present(gallery: Path) -> list[Path]:
    folders = {gallery / name for name in SOURCES}
    for kind in _RESOURCES:
        folders |= set(resource_folders(kind, gallery))
    return sorted(folder for folder in folders if folder.is_dir())


def _name(page: bytes) -> str:
    return hashlib.sha256(page).hexdigest()[:16]
