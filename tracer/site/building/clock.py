"""Where the seconds of a build go."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS: defaultdict[str, float] = defaultdict(float)


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Adds the time that the block takes to `SECONDS[name]`, less what phases inside it take."""
    began = time.perf_counter()
    inside = sum(SECONDS.values())
    try:
        yield
    finally:
        spent = time.perf_counter() - began
        SECONDS[name] += spent - (sum(SECONDS.values()) - inside)


def taken() -> dict[str, float]:
    """What was counted since the last call."""
    seconds = dict(SECONDS)
    SECONDS.clear()
    return seconds
