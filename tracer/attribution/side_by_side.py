"""Several jobs at a time on one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Job = TypeVar("Job")
Found = TypeVar("Found")


def side_by_side(work: Callable[[Job], Found], jobs: Iterable[Job], workers: int) -> list[Found]:
    """What `work` makes of each, in order, so many of them at a time; cores are shared out among
    them. Stops at the first that raises. How torch computes gradients is not handed on."""
    if workers <= 1:
        return [work(job) for job in jobs]
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // workers))
    pool = ThreadPoolExecutor(workers)
    try:
        return list(pool.map(work, jobs))
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
