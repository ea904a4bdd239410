"""What a part of a measurement may take: so many seconds, and the memory that there is."""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch


class OutOfTime(BaseException):
    """Not an `Exception`: nothing on the way may take it for a fault of its own."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises OutOfTime inside after so many seconds, where the system has such an alarm."""
    if not hasattr(signal, "setitimer") or threading.current_thread() != threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempted(
    prepare: Callable[[], object], measure: Callable[[dict[str, Any]], None], seconds: float
) -> dict[str, Any]:
    """What `measure` put into its argument until it ended, and what stopped it before; only
    `prepare` takes the time that it takes.

    `left_out` says that time was over, `out_of_memory` what did not fit, `error` what else.
    """
    found: dict[str, Any] = {}
    start = time.perf_counter()
    try:
        prepare()
        with limited(seconds):
            measure(found)
    except OutOfTime:
        found["left_out"] = f"its {seconds:.0f} s were over"
    except Exception as error:  # one part of many: the others are measured all the same
        line = (str(error).strip().splitlines() or [""])[0][:300]
        name = type(error).__name__
        found["out_of_memory" if is_memory(error) else "error"] = f"{name}: {line}"
    found["took"] = round(time.perf_counter() - start, 2)
    free()
    return found


def free() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def is_memory(error: Exception) -> bool:
    """Whether it says that something did not fit; on a CPU PyTorch has no name for that."""
    named = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return named or (isinstance(error, RuntimeError) and "allocate memory" in str(error))
