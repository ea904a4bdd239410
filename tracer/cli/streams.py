"""What a command says arrives at once and whole, whatever the terminal, pipe or locale."""

from __future__ import annotations

import io
import os
import sys


def speak_any_character() -> None:
    """Lines leave when they end, and what an encoding cannot say is written as `\\u2192`.

    Where names of files would not be read as UTF-8, Python is started again so that they are: a
    gallery has the same names on every machine.
    """
    if sys.getfilesystemencoding().lower() not in ("utf-8", "utf8") and os.name == "posix":
        _restart_with_utf8_names()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", line_buffering=True)


def _restart_with_utf8_names() -> None:
    # What is printed stays in the terminal's own encoding.
    os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding}:backslashreplace")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
