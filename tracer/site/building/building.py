"""A new site beside the old one; what has not changed is taken over from there.

The site before the last one is kept and brought up to date, which is less work than a folder that
begins empty. Files of several sites are one file under several names: none is ever written into.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

# Size, time of change in nanoseconds, number of the file: changed by whoever changes the file.
Signature = tuple[int, int, int]


class Building:
    """A folder that becomes the site; it may hold an earlier one, of which nothing is believed."""

    def __init__(self, folder: Path, old: Path, present: Mapping[str, Signature]):
        self.folder = folder
        self.paths: set[str] = set()
        self._old = old
        self._present = {path: signature[2] for path, signature in present.items()}
        self._earlier = dict(_numbers(str(folder), ""))
        self._folders: set[str] = set()

    def write(self, path: str, content: bytes) -> Signature:
        """Write one file; gives what tells later whether it is still the same."""
        file = self._place(path)
        with open(file, "wb", buffering=0) as handle:  # noqa: PTH123
            handle.write(content)
            return signature_of(os.fstat(handle.fileno()))

    def keep(self, path: str) -> None:
        """Take one file over from the old site. Raises OSError when it is not there any more."""
        if path in self._earlier and self._earlier[path] == self._present.get(path):
            self.paths.add(path)
            return
        file, old = self._place(path), os.path.join(self._old, path)  # noqa: PTH118
        try:
            os.link(old, file)
        except OSError:  # a file system without second names for a file
            shutil.copy2(old, file)

    def tidy(self, ending: str = "") -> None:
        """Remove what the earlier site had and this one has not, or only files of one ending."""
        for path in self._earlier.keys() - self.paths:
            if not path.endswith(ending):
                continue
            with contextlib.suppress(OSError):
                (self.folder / path).unlink()
            with contextlib.suppress(OSError):  # a folder that holds more stays
                for folder in (self.folder / path).parents:
                    if folder == self.folder:
                        break
                    folder.rmdir()

    def _place(self, path: str) -> str:
        """Where the file goes; nothing is there any more."""
        folder = os.path.dirname(path)  # noqa: PTH120
        if folder not in self._folders:
            self._make(self.folder / folder)
            self._folders.add(folder)
        self.paths.add(path)
        file = os.path.join(self.folder, path)  # noqa: PTH118
        if self._earlier:
            _remove(Path(file))
        return file

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            if not self._earlier:
                raise
            # Where a folder is wanted now, the earlier site had a file.
            for one in (folder, *folder.parents):
                if one.is_relative_to(self.folder) and not one.is_dir():
                    _remove(one)
            folder.mkdir(parents=True, exist_ok=True)


def walk(folder: str, below: str = "") -> Iterator[tuple[str, Signature]]:
    """Every file in the folder, by its path with slashes."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from walk(entry.path, f"{path}/")
            else:
                yield path, signature_of(entry.stat(follow_symlinks=False))


def signature_of(stat: os.stat_result) -> Signature:
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _numbers(folder: str, below: str) -> Iterator[tuple[str, int]]:
    """The number of every file in the folder, which needs no look at the files."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _numbers(entry.path, f"{path}/")
            else:
                yield path, entry.inode()


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        if not file.is_dir():
            raise
        shutil.rmtree(file)  # where a file is wanted now, the earlier site had a folder
