"""Makes units, on several processors where there are many, and records what each was made from."""

from __future__ import annotations

import gc
import hashlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracer.errors import TracerError
from tracer.site.building.building import Signature
from tracer.site.building.clock import SECONDS, phase, taken
from tracer.site.building.links import read_links
from tracer.site.building.manifest import MadeFile, Record
from tracer.site.building.recording import Recording
from tracer.site.building.units import Product, Unit

FEWEST_FOR_PROCESSES = 60
_KEPT_MEMORY = 31 << 20  # just below the most that glibc's allocator learns to keep
Write = Callable[[str, bytes], Signature]


@dataclass(frozen=True)
class Made:
    """One unit made: its record, or what is wrong with it."""

    unit: Unit
    record: Record | None
    problems: tuple[TracerError, ...] = ()


class Maker:
    """Makes units of one gallery; `base` changes with code, templates and assets."""

    def __init__(self, recording: Recording, base: str, base_path: str, write: Write):
        self._recording = recording
        self._base = base
        self._base_path = base_path
        self._write = write

    def key(self, unit: Unit) -> str:
        return f"{self._base} {unit.key}"

    def fresh(self, unit: Unit, record: Record | None) -> bool:
        """Whether making the unit again would give the same."""
        return (
            record is not None
            and record.key == self.key(unit)
            and record.asked == self._recording.fingerprints(record.asked)
        )

    def make(self, unit: Unit) -> Made:
        """Make one unit and write its files."""
        try:
            with self._recording.noting() as asked:
                product = unit.make()
        except TracerError as error:
            return Made(unit, None, tuple(error.problems))
        return Made(unit, self._record(unit, product, asked))

    def make_all(self, units: Sequence[Unit], processes: int = 0) -> Iterator[Made]:
        """Make units in any order; when there are many, in `processes` (0: as many as fit)."""
        if len(units) < FEWEST_FOR_PROCESSES or (processes := processes or _processors()) == 1:
            yield from map(self.make, units)
            return
        global _working
        _working = self, units
        import multiprocessing  # which takes a while, and most builds make a few units

        context = multiprocessing.get_context("fork")
        # What was read stays read: looking through it for garbage again and again is in vain.
        gc.freeze()
        with context.Pool(processes, initializer=_begin) as pool:
            numbers = range(len(units))
            size = max(1, min(16, len(units) // (8 * processes)))
            for number, record, problems, seconds in pool.imap_unordered(_make_one, numbers, size):
                for name, spent in seconds.items():
                    SECONDS[name] += spent
                yield Made(units[number], record, problems)

    def _record(self, unit: Unit, product: Product, asked: Iterable[str]) -> Record:
        files = {}
        for path, content in product.files.items():
            with phase("write"):
                signature = self._write(path, content)
            with phase("read links"):
                html = path.endswith(".html")
                links = read_links(path, content, self._base_path) if html else None
            digest = hashlib.sha256(content).hexdigest()[:32]
            files[path] = MadeFile(signature=signature, digest=digest, links=links)
        fingerprints = self._recording.fingerprints(dict.fromkeys(asked))
        return Record(key=self.key(unit), asked=fingerprints, files=files, summary=product.summary)


# What the processes of a pool work on: they are forks, so nothing needs to be sent to them.
_working: tuple[Maker, Sequence[Unit]] | None = None


def _begin() -> None:
    """What holds in a process of a pool: it ends when the one that made it says so."""
    gc.set_threshold(50_000)
    # What glibc has freed once it keeps: pages of memory given back and taken again for each
    # picture cost a seventh of drawing it.
    bytes(_KEPT_MEMORY)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _make_one(
    number: int,
) -> tuple[int, Record | None, tuple[TracerError, ...], dict[str, float]]:
    assert _working is not None
    maker, units = _working
    taken()  # a fork begins with what its parent had counted
    made = maker.make(units[number])
    return number, made.record, made.problems, taken()


def _processors() -> int:
    """How many may be used; one where processes cannot be forked safely."""
    import multiprocessing

    if not sys.platform.startswith("linux") or multiprocessing.parent_process() is not None:
        return 1
    return len(os.sched_getaffinity(0))
