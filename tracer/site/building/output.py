"""The folder a build owns: told apart from other people's, replaced in one step."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tracer.documents.files import read_text
from tracer.documents.litter import is_of_system
from tracer.documents.lock import alone
from tracer.documents.temporary_files import temporary_folder
from tracer.errors import Place, TracerError
from tracer.site.building.building import Building, Signature, walk
from tracer.site.building.exchange import exchange

MARKER = ".tracer-build"
_TITLE = "Made by `tracer build`, which deletes and remakes exactly these files:"
_SOURCES = ("site_src", "graphs", "sets", "features", "templates", "assets")


class OutputFolder:
    """Where a site is written. Only a folder whose every file a build made is ever replaced."""

    def __init__(self, out: Path, *, gallery: Path, spare: Path):
        """`spare` is where the site before the last one is kept, to be brought up to date."""
        self.out = out
        self._spare = spare
        self._real = out.resolve()
        self._gallery = gallery.resolve()

    def check(self) -> dict[str, Signature]:
        """The files of the site that is there.

        Raises TracerError where replacing the folder would lose what a build did not make.
        """
        if self._gallery.is_relative_to(self._real) or Path.home().is_relative_to(self._real):
            raise self._refused("this folder holds more than a site")
        for name in _SOURCES:
            if self._real.is_relative_to(self._gallery / name):
                raise self._refused(f"this is inside the gallery's own `{name}/`")
        if self._real.exists() and not self._real.is_dir():
            raise self._refused("there is a file of that name")
        if not self._real.is_dir():
            return {}
        if not os.access(self._real, os.W_OK):
            what = "this folder is read-only"
            hint = "make it writable (chmod u+w), or choose another --out"
            raise TracerError(what, hint=hint, place=Place(self.out))
        return self._present()

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Others wait to replace this folder. Raises TracerError where that takes too long."""
        return alone(self._real, "builds this site")

    @contextlib.contextmanager
    def replace(self, present: Mapping[str, Signature]) -> Iterator[Building]:
        """Gives a folder to write into; all of it appears at the end, or nothing after an error.

        `present` are the files of the site that is there.
        """
        try:
            with self._beside() as scratch:
                folder = scratch / "site"
                building = Building(self._begin(folder), self._real, present)
                yield building
                building.tidy()
                listing = "\n".join([_TITLE, *sorted(building.paths)])
                building.write(MARKER, f"{listing}\n".encode())
                self._swap(folder, scratch / "old")
        except OSError as error:
            hint = "check the folder's permissions and the free space, or choose another --out"
            what = f"cannot be written: {error.strerror or error}"
            raise TracerError(what, hint=hint, place=Place(self.out)) from error

    @contextlib.contextmanager
    def _beside(self) -> Iterator[Path]:
        """A folder to work in. What `site` in it is at the end was the site until now, or is a new
        one that was refused for its mistakes: both are worth keeping."""
        self._real.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(self._real) as scratch:
            try:
                yield scratch
            except OSError:
                raise
            except BaseException:
                self._put_aside(scratch / "site")
                raise
            self._put_aside(scratch / "site")

    def _begin(self, folder: Path) -> Path:
        with contextlib.suppress(OSError):  # none yet, or on another disk
            self._spare.rename(folder)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        return folder

    def _put_aside(self, folder: Path) -> None:
        with contextlib.suppress(OSError):
            self._spare.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(self._spare)

    def _present(self) -> dict[str, Signature]:
        present = dict(walk(str(self._real)))
        marker = self._real / MARKER
        made = set(read_text(marker).split("\n")[1:]) | {MARKER} if marker.is_file() else set()
        foreign = sorted(
            path for path in present.keys() - made if not is_of_system(path.rpartition("/")[2])
        )
        if foreign:
            more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
            raise self._refused(f"it holds files that no build made: {foreign[0]}{more}")
        return present

    def _swap(self, building: Path, old: Path) -> None:
        """Afterwards the old site, if there was one, is where the new one was."""
        if not self._real.exists():
            building.rename(self._real)
        elif not exchange(building, self._real):
            self._real.rename(old)
            try:
                building.rename(self._real)
            except OSError:
                old.rename(self._real)
                raise

    def _refused(self, what: str) -> TracerError:
        hint = "choose an empty or new folder with --out"
        return TracerError(f"not replaced: {what}", hint=hint, place=Place(self.out))
