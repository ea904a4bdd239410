"""How targets are cut into batches, and how batches share the machine.

On a CPU each core walks down with a batch of its own: small steps that wait for nobody are faster
than large ones that all cores share, and the numbers do not depend on how many cores there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch

from tracer.model.frozen_pass import FrozenPass

COLUMNS_ON_CPU = 512  # more no longer fit a core's cache, fewer keep its matrix unit waiting
LEAST_ON_CPU = 8
COPIES = 4  # of the gradient: itself, what each head has of it at queries and at keys, a product


@dataclass(frozen=True)
class Batches:
    columns: int  # of a matrix product: positions times targets
    least: int  # targets, however many positions there are
    most: int | None = None
    workers: int = 1

    @staticmethod
    def fitting(frozen: FrozenPass, most: int | None = None) -> Batches:
        """For a model's device and free memory; `most` targets at once."""
        device = frozen.model.device
        if device.type != "cuda":
            return Batches(COLUMNS_ON_CPU, LEAST_ON_CPU, most, torch.get_num_threads())
        free = torch.cuda.mem_get_info(device)[0] // 2
        return Batches(max(1, free // (frozen.model.info.d_model * COPIES * 4)), 1, most)

    def of(self, positions: Sequence[int]) -> Iterator[slice]:
        """Runs of targets, given where each stands, ascending. A batch reaches as far as its last
        target, so it holds fewer of those that stand far behind."""
        share = -(-len(positions) // self.workers)
        most = min(share, self.most or share)
        begin = 0
        while begin < len(positions):
            end = begin + 1
            while end < len(positions) and end - begin < most:
                fits = (end + 1 - begin) * (positions[end] + 1) <= self.columns
                if not fits and end - begin >= self.least:
                    break
                end += 1
            yield slice(begin, end)
            begin = end

    def allow(self, part: slice) -> bool:
        return self.most is None or part.stop - part.start <= self.most

    def run(self, work: Callable[[slice], None], parts: Iterable[slice]) -> None:
        """`work` on every part; stops at the first that raises."""
        parts = list(parts)
        if self.workers == 1 or len(parts) == 1:
            for part in parts:
                work(part)
            return
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        pool = ThreadPoolExecutor(self.workers)
        try:
            for _ in pool.map(work, parts):
                pass
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)


def halves(part: slice) -> tuple[slice, slice]:
    middle = (part.start + part.stop) // 2
    return slice(part.start, middle), slice(middle, part.stop)
