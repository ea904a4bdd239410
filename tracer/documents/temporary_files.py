"""Temporary files: what is not finished yet lies beside its place, under a name of its own.

What killed runs left of them is swept.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":  # where nobody can remove a file that another has open
    import fcntl

ENDING = ".tracer.tmp"
_TEMPORARY = re.compile(r"\.(?:(.*)\.)?[a-z0-9_]{8}\.tracer\.tmp\Z")
_LONGEST = 60  # of a name that may itself be as long as names may be
_swept: set[Path] = set()


@contextlib.contextmanager
def temporary_file(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file beside `path`, locked while it is written; removed if it is still there then.

    Files of this kind that lie there without their writer are removed. Raises OSError.
    """
    if path.parent not in _swept:
        sweep(path.parent)
        _swept.add(path.parent)
    file, name = _locked(path)
    try:
        with file:
            yield file, name
    finally:
        with contextlib.suppress(OSError):
            name.unlink(missing_ok=True)


@contextlib.contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """A new folder beside `path`, for the one process that holds the lock of it; removed after.

    Those that killed runs left are removed. Raises OSError.
    """
    for left in path.parent.iterdir():
        if (match := _TEMPORARY.match(left.name)) and match[1] == path.name:
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=ENDING, dir=path.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove files that nobody is writing any more."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            if _TEMPORARY.match(entry.name) and entry.is_file(follow_symlinks=False):
                _remove_if_left(Path(entry.path))


def sweep_below(folder: Path) -> None:
    """The same of the folders in this one, and of itself."""
    sweep(folder)
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False):
                sweep(Path(entry.path))


def _locked(path: Path) -> tuple[BinaryIO, Path]:
    prefix = f".{path.name[:_LONGEST]}."
    while True:
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=ENDING, dir=path.parent)
        file = os.fdopen(handle, "w+b")
        if sys.platform == "win32":
            return file, Path(name)
        with contextlib.suppress(OSError):  # some network folders know no locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_nlink:  # else swept between these two lines
            return file, Path(name)
        file.close()


def _remove_if_left(file: Path) -> None:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            file.unlink()
            return
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                file.unlink()
        finally:
            os.close(handle)
