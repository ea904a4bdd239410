"""What is read of a gallery lies in it: regular files and real folders, wherever links lead.

A build publishes what it reads, so a link in a pull request must not reach the host's own files.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tracer.documents.litter import is_litter
from tracer.errors import Place, TracerError

PARTS = ("site_src", "graphs", "sets", "features", "templates", "assets")
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)
# A pipe without a writer, or a terminal, must not be waited for.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# Folder, as it is named when something below it is read -> where what is read must really lie.
_bounds: dict[str, str] = {}


@dataclass(frozen=True)
class Names:
    """What a folder holds, sorted, without what is hidden or left behind; `files` are all that is
    no folder."""

    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def enclose(gallery: Path) -> None:
    """From now on, what is read of this gallery's parts must lie in the gallery."""
    real = os.path.realpath(gallery)
    for root in (os.path.abspath(gallery), real):  # noqa: PTH100 — links must stay
        _bounds.update((os.path.join(root, part), real) for part in PARTS)  # noqa: PTH118


def enclose_folder(folder: Path) -> None:
    """The same of a single folder, which need not be a gallery's."""
    real = os.path.realpath(folder)
    for one in (os.path.abspath(folder), real):  # noqa: PTH100
        _bounds.setdefault(one, real)


def is_there(path: Path) -> bool:
    """Whether there is something of this name, be it a link that leads nowhere."""
    return os.path.lexists(path)


@contextlib.contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """A regular file, opened for reading; what it is and where is asked of the open file.

    Raises TracerError where it is missing, unreadable, outside of its gallery or no regular file.
    """
    with _told(path):
        _refuse_others(path, os.stat(path))  # noqa: PTH116 — before opening: devices may act on it
        with open(os.open(path, _FLAGS), "rb", buffering=0) as file:  # noqa: PTH123
            _refuse_others(path, os.fstat(file.fileno()))
            _refuse_outside(path, file.fileno())
            yield file


def names_in(folder: Path) -> Names:
    """What the folder holds; nothing where there is none.

    Raises TracerError where it is no folder, lies outside of its gallery or has unreadable names.
    """
    if not is_there(folder):
        return Names()
    with _told(folder), _scan(folder) as entries:
        shown = [(one.name, _is_folder(one)) for one in entries if not is_litter(one.name)]
    for name, _ in shown:
        if not name.isascii() and not _is_text(name):
            what, hint = "this name is not UTF-8", "rename it"
            raise TracerError(what, hint=hint, place=Place(folder / name))
    return Names(
        tuple(sorted(name for name, is_folder in shown if is_folder)),
        tuple(sorted(name for name, is_folder in shown if not is_folder)),
    )


@contextlib.contextmanager
def _scan(folder: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
    if os.scandir not in os.supports_fd:
        _refuse_outside(folder, None)
        with os.scandir(folder) as entries:
            yield entries
        return
    handle = os.open(folder, _FLAGS | os.O_DIRECTORY)
    try:
        _refuse_outside(folder, handle)
        with os.scandir(handle) as entries:
            yield entries
    finally:
        os.close(handle)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Makes what the system says a sentence for people."""
    place = Place(path)
    try:
        yield
    except FileNotFoundError:
        if is_there(path):
            hint = "mend it or remove it"
            raise TracerError("this link leads nowhere", hint=hint, place=place) from None
        raise TracerError("no such file", hint="check the path", place=place) from None
    except NotADirectoryError:
        what = "a folder should be here, and this is none"
        raise TracerError(what, hint="move it elsewhere", place=place) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise TracerError(f"cannot be read: {reason}", place=place) from error


def _refuse_others(path: Path, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kind = next((name for is_one, name in _KINDS if is_one(found.st_mode)), "something else")
    what = f"a file should be here, and this is {kind}"
    raise TracerError(what, hint="move it elsewhere", place=Place(path))


def _refuse_outside(path: Path, handle: int | None) -> None:
    bound = _bound_of(path)
    if bound is None:
        return
    real = _real_path(path, handle)
    if real != bound and not real.startswith(bound.rstrip(os.sep) + os.sep):
        what = f"a link leads from here to {real}, outside {bound}"
        raise TracerError(what, hint="copy what is meant here", place=Place(path))


def _bound_of(path: Path) -> str | None:
    """Of the outermost folder that is enclosed."""
    written = os.path.abspath(path)  # noqa: PTH100 — links must stay
    end = 0
    while _bounds and (end := written.find(os.sep, end + 1)) > 0:
        if (bound := _bounds.get(written[:end])) is not None:
            return bound
    return _bounds.get(written)


def _real_path(path: Path, handle: int | None) -> str:
    """Where an open file or folder is: the path itself may lead elsewhere by now."""
    if handle is not None:
        with contextlib.suppress(OSError):
            return os.readlink(f"/proc/self/fd/{handle}")  # noqa: PTH115
    real = os.path.realpath(path)
    if handle is not None and not os.path.samestat(os.stat(real), os.fstat(handle)):  # noqa: PTH116
        what = "changed while it was being read"
        raise TracerError(what, hint="run the command again", place=Place(path))
    return real


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
