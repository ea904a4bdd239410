"""How gradients and pushed-forward writes are cut into batches, and how these share the machine.

On a CPU each core takes a batch of its own: small steps that wait for nobody are faster than
large ones that all cores share, and the numbers do not depend on how many cores there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch

from tracer.attribution.side_by_side import side_by_side
from tracer.model.frozen_pass import FrozenPass

COLUMNS_ON_CPU = 512  # more no longer fit a core's cache, fewer keep its matrix unit waiting
LEAST_ON_CPU = 8
SHARES_ON_CPU = 4  # of small batches, whatever the cores: sums depend on what is multiplied at once
COPIES = 4  # of the gradient: itself, what each head has of it at queries and at keys, a product

Job = tuple[Callable[[slice], None], slice]  # the work, and which part of all


class Batches:
    """Halves them when memory runs out, and says so in `notices`."""

    def __init__(
        self, columns: int, least: int, most: int | None = None, workers: int = 1, shares: int = 1
    ) -> None:
        self.columns = columns  # of a matrix product: positions times the batch
        self.least = least  # in a batch, however many positions there are
        self.most = most
        self.workers = workers
        self.shares = shares  # at least so many batches, where there is enough for them
        self.notices: list[str] = []

    @staticmethod
    def fitting(frozen: FrozenPass, most: int | None = None) -> Batches:
        """For a model's device and free memory; `most` in a batch."""
        device = frozen.model.device
        if device.type != "cuda":
            workers = torch.get_num_threads()
            return Batches(COLUMNS_ON_CPU, LEAST_ON_CPU, most, workers, SHARES_ON_CPU)
        free = torch.cuda.mem_get_info(device)[0] // 2
        return Batches(max(1, free // (frozen.model.info.d_model * COPIES * 4)), 1, most)

    def of(self, reaches: Sequence[int]) -> Iterator[slice]:
        """Runs of gradients, or of writes, in order, given how many positions each can reach. A
        batch takes the widest reach for all, so it holds fewer of those that reach far."""
        share = max(self.least, -(-len(reaches) // self.shares))
        most = min(share, self.most or share)
        begin = 0
        while begin < len(reaches):
            end, widest = begin + 1, reaches[begin]
            while end < len(reaches) and end - begin < most:
                widest = max(widest, reaches[end])
                if (end + 1 - begin) * widest > self.columns and end - begin >= self.least:
                    break
                end += 1
            yield slice(begin, end)
            begin = end

    def run(self, jobs: Iterable[Job]) -> None:
        """All of them; a job that runs out of memory must leave things as they were, and is
        given again in halves. Stops at the first that raises."""
        side_by_side(self._one, list(jobs), self.workers)

    @torch.no_grad()
    def _one(self, job: Job) -> None:
        work, part = job
        count = part.stop - part.start
        if self.most is None or count <= self.most:
            try:
                work(part)
                return
            except torch.OutOfMemoryError:
                if count == 1:
                    raise
                self._make_room(count // 2)
        middle = (part.start + part.stop) // 2
        for half in (slice(part.start, middle), slice(middle, part.stop)):
            self._one((work, half))

    def _make_room(self, most: int) -> None:
        """Smaller batches from now on; what is finished stays."""
        self.most = most
        self.notices.append(f"memory ran out: going on with batches of {most}")
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
