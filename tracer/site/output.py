"""The folder a build owns: told apart from other people's, replaced in one step."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tracer.documents.files import read_text
from tracer.documents.litter import is_of_system
from tracer.errors import Place, TracerError
from tracer.site.building import Building, Signature, walk
from tracer.site.exchange import exchange

MARKER = ".tracer-build"
_TITLE = "Made by `tracer build`, which deletes and remakes exactly these files:"
_SOURCES = ("site_src", "graphs", "features", "templates", "assets")
_ABANDONED_AFTER_SECONDS = 3600


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

    @contextlib.contextmanager
    def replace(self, present: Mapping[str, Signature]) -> Iterator[Building]:
        """Gives a folder to write into; all of it appears at the end, or nothing after an error.

        `present` are the files of the site that is there.
        """
        folder = self._new_neighbour()
        try:
            with contextlib.suppress(OSError):  # none yet, or on another disk
                self._spare.rename(folder)
                folder.chmod(0o755)
            building = Building(folder, self._real, present)
            yield building
            building.tidy()
            listing = "\n".join([_TITLE, *sorted(building.paths)])
            building.write(MARKER, f"{listing}\n".encode())
            self._swap(folder)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            hint = "check the folder's permissions and the free space, or choose another --out"
            what = f"cannot be written: {error.strerror or error}"
            raise TracerError(what, hint=hint, place=Place(self.out)) from error
        finally:
            self._put_aside(folder)

    def _put_aside(self, folder: Path) -> None:
        """Keep what was the site until now, or a new one that was refused for its mistakes."""
        try:
            self._spare.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(self._spare)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)

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

    def _new_neighbour(self) -> Path:
        name = self._real.name
        try:
            self._real.parent.mkdir(parents=True, exist_ok=True)
            for left in self._real.parent.glob(f".{name}.*.tmp"):
                if time.time() - left.stat().st_mtime > _ABANDONED_AFTER_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)
            folder = tempfile.mkdtemp(prefix=f".{name}.", suffix=".tmp", dir=self._real.parent)
        except OSError as error:
            hint = "check the folder's permissions, or choose another --out"
            what = f"nothing can be written beside it: {error.strerror or error}"
            raise TracerError(what, hint=hint, place=Place(self.out)) from error
        Path(folder).chmod(0o755)
        return Path(folder)

    def _swap(self, building: Path) -> None:
        """Afterwards the old site, if there was one, is where the new one was."""
        if not self._real.exists():
            building.rename(self._real)
        elif not exchange(building, self._real):
            old = self._new_neighbour()
            self._real.rename(old / "old")
            try:
                building.rename(self._real)
            except OSError:
                (old / "old").rename(self._real)
                raise
            finally:
                shutil.rmtree(old, ignore_errors=True)

    def _refused(self, what: str) -> TracerError:
        hint = "choose an empty or new folder with --out"
        return TracerError(f"not replaced: {what}", hint=hint, place=Place(self.out))
