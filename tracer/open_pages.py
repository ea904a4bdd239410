"""What open pages are told while a gallery is edited: their new text, and what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
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
SAVING_SECONDS = 0.3
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
    await _Watch(gallery, pages, tell).run()


class _Watch:
    """Follows what the pages are made from: folders of sources, and where their links lead."""

    def __init__(self, gallery: Path, pages: OpenPages, tell: Tell):
        self._gallery, self._pages, self._tell = gallery, pages, tell
        self._wanted = asyncio.Event()
        self._stop = asyncio.Event()
        self._folders: Sequence[Path] = ()
        self._links: frozenset[Path] = frozenset()
        self._beside: frozenset[Path] = frozenset()

    async def run(self) -> None:
        building = asyncio.create_task(self._build_all())
        try:
            while True:
                await self._follow()
        except (OSError, RuntimeError) as error:  # a machine watches so many files, not more
            what = f"changes are no longer seen: {error}"
            problem = TracerError(what, hint="run the command again to see what is edited")
            self._tell(f"error: {problem}")
            await self._pages.publish([problem])
        finally:
            building.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await building

    async def _follow(self) -> None:
        """Until other folders or links are there than are watched."""
        self._stop = stop = asyncio.Event()
        self._folders = folders = _present(self._gallery)
        changes = awatch(
            *folders,
            watch_filter=_meant(folders),
            step=STEP_MILLISECONDS,
            debounce=DEBOUNCE_MILLISECONDS,
            stop_event=stop,
        )
        # Watching begins before links are looked for and before anything is read, so that no
        # edit falls between.
        waiting = asyncio.ensure_future(anext(changes, None))
        await asyncio.sleep(0)
        self._links = _link_targets(self._gallery, folders)
        self._beside = _folders_of(self._links)
        beside = asyncio.create_task(self._look_beside())
        beside.add_done_callback(lambda _: stop.set())
        try:
            await asyncio.sleep(0)
            await self._refresh()
            await self._check_places()
            while (found := await waiting) is not None:
                waiting = asyncio.ensure_future(anext(changes, None))
                linked = any(_is_of(Path(name), self._links) for _, name in found)
                files = _files(found, self._gallery)
                await self._saved(files)
                await self._refresh(None if linked else files)
                if any(change != Change.modified for change, _ in found):
                    await self._check_places()
            await beside
        finally:
            beside.cancel()
            waiting.cancel()

    async def _look_beside(self) -> None:
        """At what links lead to, and for folders of sources that were not there."""
        changes = awatch(
            self._gallery,
            *self._beside,
            recursive=False,
            step=STEP_MILLISECONDS,
            stop_event=self._stop,
        )
        async for found in changes:
            if any(_is_of(Path(name), self._links) for _, name in found):
                await self._saved(_files(found, self._gallery))
                await self._refresh()
            await self._check_places()

    async def _refresh(self, changed: Collection[Path] | None = None) -> None:
        if await _try(partial(self._pages.preview.look, changed), self._pages, self._tell):
            self._wanted.set()

    async def _saved(self, files: Iterable[Path]) -> None:
        """Wait, not for long, until those of these that were read before are there with content: an
        editor may empty a file, or take it away, for the moment in which it saves it anew."""
        known = [one for one in files if self._pages.preview.has_read(one)]
        for _ in range(round(SAVING_SECONDS * 1000 / STEP_MILLISECONDS)):
            if all(_has_content(one) for one in known):
                return
            await asyncio.sleep(STEP_MILLISECONDS / 1000)

    async def _check_places(self) -> None:
        """Watch anew where what is there is not what is watched."""
        folders = _present(self._gallery)
        links = await asyncio.to_thread(_link_targets, self._gallery, folders)
        known = self._folders, self._links, self._beside
        if (folders, links, _folders_of(links)) != known:
            self._stop.set()

    async def _build_all(self) -> None:
        """Make the whole site after each change, but not before the next one of a row of edits."""
        while True:
            await self._wanted.wait()
            while self._wanted.is_set():
                self._wanted.clear()
                await asyncio.sleep(CALM_SECONDS)
            if await _try(self._pages.preview.build, self._pages, self._tell):
                self._tell("built")
            await self._check_places()  # a build looks at all, also at what came unnoticed


def _link_targets(gallery: Path, folders: Sequence[Path]) -> frozenset[Path]:
    """Where the links among the sources lead, as far as that is within the gallery."""
    root = gallery.resolve()
    found = set()
    for top in folders:
        for folder, inner, files in os.walk(top):
            links = (Path(folder, name) for name in (*inner, *files))
            found |= {Path(os.path.realpath(one)) for one in links if one.is_symlink()}
    return frozenset(one for one in found if one != root and one.is_relative_to(root))


def _folders_of(links: Iterable[Path]) -> frozenset[Path]:
    """The folders in which a change of what these links lead to is seen, as far as they exist."""
    folders = (one if one.is_dir() else one.parent for one in links)
    return frozenset(one for one in folders if one.is_dir())


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


def _meant(folders: Sequence[Path]) -> Callable[[Change, str], bool]:
    """Tells changes that count from those of files that nothing reads."""
    roots = [folder.absolute() for folder in folders]

    def counts(_: Change, name: str) -> bool:
        file = Path(name)
        below = [file.relative_to(root) for root in roots if file.is_relative_to(root)]
        return not any(is_litter(part) for path in below for part in path.parts)

    return counts


def _has_content(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except OSError:
        return False


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
