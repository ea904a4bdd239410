"""The folder a build owns: told apart from other people's, replaced in one step."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tracer.documents.files import read_text
from tracer.errors import Place, TracerError

MARKER = ".tracer-build"
_TITLE = "Made by `tracer build`, which deletes and remakes exactly these files:"
_LEFT_BY_DESKTOPS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_SOURCES = ("site_src", "graphs", "templates", "assets")


class OutputFolder:
    """Where a site is written. Only a folder whose every file a build made is ever replaced."""

    def __init__(self, out: Path, *, gallery: Path):
        self.out = out
        self._real = out.resolve()
        self._gallery = gallery.resolve()

    def check(self) -> None:
        """Raises TracerError where replacing the folder would lose what a build did not make."""
        if self._gallery.is_relative_to(self._real) or Path.home().is_relative_to(self._real):
            raise self._refused("this folder holds more than a site")
        for name in _SOURCES:
            if self._real.is_relative_to(self._gallery / name):
                raise self._refused(f"this is inside the gallery's own `{name}/`")
        if self._real.exists() and not self._real.is_dir():
            raise self._refused("there is a file of that name")
        if self._real.is_dir():
            self._check_content()

    @contextlib.contextmanager
    def replace(self) -> Iterator[Callable[[str, bytes], None]]:
        """Gives a function that writes files; all appear at the end, or none after an error."""
        building = self._new_neighbour()
        written: list[str] = []

        def write(path: str, content: bytes) -> None:
            file = building / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            written.append(path)

        try:
            yield write
            listing = "\n".join([_TITLE, *sorted(written)])
            write(MARKER, f"{listing}\n".encode())
            self._swap(building)
        except OSError as error:
            hint = "check the folder's permissions and the free space, or choose another --out"
            what = f"cannot be written: {error.strerror or error}"
            raise TracerError(what, hint=hint, place=Place(self.out)) from error
        finally:
            shutil.rmtree(building, ignore_errors=True)

    def _check_content(self) -> None:
        present = {
            path.relative_to(self._real).as_posix()
            for path in self._real.rglob("*")
            if not path.is_dir() and path.name not in _LEFT_BY_DESKTOPS
        }
        marker = self._real / MARKER
        made = set(read_text(marker).split("\n")[1:]) | {MARKER} if marker.is_file() else set()
        if foreign := sorted(present - made):
            more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
            raise self._refused(f"it holds files that no build made: {foreign[0]}{more}")

    def _new_neighbour(self) -> Path:
        try:
            self._real.parent.mkdir(parents=True, exist_ok=True)
            folder = tempfile.mkdtemp(
                prefix=f".{self._real.name}.", suffix=".tmp", dir=self._real.parent
            )
        except OSError as error:
            hint = "check the folder's permissions, or choose another --out"
            what = f"nothing can be written beside it: {error.strerror or error}"
            raise TracerError(what, hint=hint, place=Place(self.out)) from error
        Path(folder).chmod(0o755)
        return Path(folder)

    def _swap(self, building: Path) -> None:
        if not self._real.exists():
            building.rename(self._real)
            return
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
