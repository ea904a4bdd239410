"""A `tracer` command in a process of its own that may be killed at any moment."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# What Python tells its audit hooks before it changes a folder or opens a file.
CHANGES = ("os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "tempfile.", "os.chmod")
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Ended:
    """How a command ended: `status` is negative for a signal, as in `subprocess`."""

    status: int
    said: str
    seconds: float
    changes: (
        int  # how often it changed a folder or opened a file to write, if it was asked to count
    )

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL


def warm_up() -> None:
    """Import everything now: what is forked off later begins at once. Computes nothing, since
    threads of a library do not survive a fork."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch
    import transformers.models.llama.modeling_llama
    from rich.console import Console

    import tracer.batch.examples

    assert all([torch, transformers, Console, tracer])


def start(
    folder: Path, arguments: Sequence[str], *, before: int | None = None, largest: int | None = None
) -> int:
    """Begin a command in the folder; gives its process.

    It kills itself before its change number `before`; it may write no file of more than `largest`
    bytes.
    """
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    status = 70
    try:
        os.chdir(folder)
        said = os.open(_said(os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(said, 1)
        os.dup2(said, 2)
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        status = _run(arguments, before)
    finally:
        os._exit(status)


def end(process: int, *, after: float | None = None) -> Ended:
    """Wait for a command, or kill it some seconds from now."""
    began = time.monotonic()
    limit = PATIENCE_SECONDS if after is None else after
    while (found := os.waitpid(process, os.WNOHANG))[0] == 0:
        if time.monotonic() - began > limit:
            os.kill(process, signal.SIGKILL)
            found = os.waitpid(process, 0)
            break
        time.sleep(0.001 if after is not None else 0.005)
    file = _said(process)
    text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    file.unlink(missing_ok=True)
    said, _, count = text.partition("\0")
    status = os.waitstatus_to_exitcode(found[1])
    return Ended(status, said, time.monotonic() - began, int(count or 0))


def _said(process: int) -> Path:
    return Path(os.environ.get("TMPDIR", "/tmp")) / f"torture-{os.getuid()}-{process}.txt"


def _run(arguments: Sequence[str], before: int | None) -> int:
    from tracer.cli import main

    count = 0

    def heard(event: str, given: tuple[object, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(given[2], int) and given[2] & 3
        if writes or event.startswith(CHANGES):
            count += 1
            if count == before:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)
    sys.argv = ["tracer", *arguments]
    # Python's own streams may be a test's.
    sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
    status: object = 0
    try:
        main()
    except SystemExit as error:
        status = error.code
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 70
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os.write(1, f"\0{count}".encode())
    return status if isinstance(status, int) else int(status is not None)
