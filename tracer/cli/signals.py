"""A request to end is Ctrl-C, from whomever it comes; a second one is not discussed."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Any

INTERRUPTED = 130  # 128 and the number of the signal, as shells say it


class Signals:
    """From now on both signals raise KeyboardInterrupt, once: the next one ends the process."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._process = os.getpid()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` and `&` ask for
                    signal.signal(number, self._received)

    def status(self, asked: Any) -> Any:
        """The exit status of a command that ends with this one."""
        interrupted = self._first is not None and asked == INTERRUPTED
        return 128 + self._first if interrupted and self._first else asked

    def _received(self, number: int, frame: FrameType | None) -> None:
        # What is not finished is beside its place, so nothing is half written; and a process that
        # this one has made has nobody to tell anything.
        if self._first is not None or os.getpid() != self._process:
            os._exit(128 + number)
        self._first = number
        raise KeyboardInterrupt
