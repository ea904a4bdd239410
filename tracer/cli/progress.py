"""A progress bar that shows itself only when there is something to wait for."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")
PATIENCE_SECONDS = 1.0


def late_bar(items: Iterable[Item], total: int, label: str) -> Iterable[Item]:
    """Goes through the items; after a second, shows how far it is (on a terminal only)."""
    began, bar = time.monotonic(), None
    for done, item in enumerate(items, start=1):
        yield item
        if bar is None and sys.stderr.isatty() and time.monotonic() - began > PATIENCE_SECONDS:
            bar = _bar(label, total)
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done)
    if bar is not None:
        bar.stop()


def _bar(label: str, total: int) -> Progress:
    # Imported only when there is something to show: it takes a tenth of a second.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task(label, total=total)
    bar.start()
    return bar
