"""One process at a time where two would undo each other's work; the other is told who is there."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tracer.errors import Place, TracerError

PATIENCE_SECONDS = 10.0  # most work is done within it
_LONGEST = 60  # of a name that may itself be as long as names may be


@contextlib.contextmanager
def held(file: Path, doing: str, *, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the lock `file` while `doing` something, such as "builds this site".

    The lock of a process that has died counts for nothing. Where nothing can be written there is
    nothing to lock. Raises TracerError when another process still has it after `patience` seconds.
    """
    from filelock import FileLock, Timeout  # most commands end without it

    made = _make(file.parent)
    lock = FileLock(file)
    try:
        try:
            lock.acquire(timeout=patience, poll_interval=0.05)
        except Timeout:
            hint = "wait until it has ended, or end it"
            what = f"another process {doing}{_who(file)}"
            raise TracerError(what, hint=hint, place=Place(file.parent)) from None
        except OSError:
            pass  # nothing can be written here: whoever wants to will say so
        else:
            _sign(file)
        yield
    finally:
        _let_go(lock, file)
        for folder in made:
            with contextlib.suppress(OSError):  # it holds something now
                folder.rmdir()


def alone(
    path: Path, doing: str, *, patience: float = PATIENCE_SECONDS
) -> contextlib.AbstractContextManager[None]:
    """Hold the lock that lies beside `path`, as `held` does."""
    return held(path.parent / f".{path.name[:_LONGEST]}.lock", doing, patience=patience)


def _make(folder: Path) -> list[Path]:
    """The folders that had to be made, the innermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return missing


def _sign(file: Path) -> None:
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
    with contextlib.suppress(OSError):  # Windows lets nobody write into a file that is locked
        said = f"process {os.getpid()} on {socket.gethostname()}, since {now}\n"
        file.write_text(said, encoding="utf-8")


def _who(file: Path) -> str:
    try:
        said = file.read_text(encoding="utf-8", errors="replace").split("\n")[0].strip()
    except OSError:
        said = ""
    return f": {said}" if said.startswith("process ") else ""


def _let_go(lock: object, file: Path) -> None:
    from filelock import BaseFileLock

    assert isinstance(lock, BaseFileLock)
    if not lock.is_locked:
        return
    # Those who wait find that the file they waited for is no more, and begin again.
    with contextlib.suppress(OSError):
        file.unlink()
    lock.release()
