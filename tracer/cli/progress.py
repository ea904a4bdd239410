"""A progress bar that shows itself only when there is something to wait for."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

Item = TypeVar("Item")
PATIENCE_SECONDS = 1.0


def late_bar(items: Iterable[Item], total: int, label: str) -> Iterable[Item]:
    """Goes through the items; after a second, shows how far it is (on a terminal only)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    began = time.monotonic()
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(label, total=total, visible=False)
        for item in items:
            yield item
            late = time.monotonic() - began > PATIENCE_SECONDS
            progress.update(task, advance=1, visible=late)
