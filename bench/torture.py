"""Kill commands at random moments, run two at once, fill the disk; what must hold then, holds.

`python bench/torture.py [KILLS]` writes bench/torture.json; half of the kills come by the clock,
half right before a change that the command makes to a folder or file.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.killed import Ended, end, start, warm_up  # noqa: E402
from bench.work import WORKS, Work, make_gallery  # noqa: E402

KILLS = 250
PAIRS = 4  # of each command
FULL = 4  # disks, of each command
MOST_KILLS = 4  # of one piece of work, before it may end


@dataclass
class Findings:
    """What was tried, by command, and what was wrong."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def count(self, work: Work, what: str) -> None:
        self.counts.setdefault(work.name, Counter())[what] += 1

    def check(self, work: Work, gallery: Path, when: str) -> None:
        """Whatever happened, all that is there is whole, and version control sees nothing else."""
        for fault in (*work.unsound(gallery), *_litter(gallery, tracked=True)):
            self.faults.append(f"{work.name}, {when}: {fault}")


def torture(
    folder: Path,
    *,
    kills: int,
    pairs: int = PAIRS,
    full: int = FULL,
    seed: int = 0,
    works: Sequence[Work] = WORKS,
) -> Findings:
    """Everything, in galleries below the folder; `warm_up` comes before."""
    found, chance = Findings(), random.Random(seed)
    model = folder / "model"
    _in_another_process(model)
    for number, work in enumerate(works):
        gallery = make_gallery(folder / work.name, model)
        work.prepare(gallery)
        share = kills // len(works) + (number < kills % len(works))
        _kill(work, gallery, share, found, chance)
        for _ in range(pairs):
            _two_at_once(work, gallery, found)
        for _ in range(full):
            _full_disk(work, gallery, found, chance)
    return found


def _kill(work: Work, gallery: Path, kills: int, found: Findings, chance: random.Random) -> None:
    """Kill the work again and again, let it end, and begin anew."""
    work.reset(gallery)
    whole = _ends(work, gallery, found, "alone")
    while kills > 0:
        work.reset(gallery)
        for _ in range(chance.randint(1, MOST_KILLS)):
            finished = work.finished(gallery)
            if chance.random() < 0.5:
                ended = end(
                    start(gallery, work.command), after=chance.uniform(0, 1.1 * whole.seconds)
                )
                when = "killed by the clock"
            else:
                ended = end(start(gallery, work.command, before=chance.randint(1, whole.changes)))
                when = "killed before a change"
            if not ended.killed:
                break
            kills -= 1
            found.count(work, when)
            found.check(work, gallery, when)
            lost = [one for one in finished if work.finished(gallery).get(one) != finished[one]]
            found.faults += [f"{work.name}, {when}: lost {one}" for one in lost]
        _ends(work, gallery, found, "after kills")


def _ends(work: Work, gallery: Path, found: Findings, when: str) -> Ended:
    """The next run ends the work, and nothing else is left."""
    ended = end(start(gallery, work.command))
    found.count(work, "ended")
    if ended.status != 0:
        found.faults.append(f"{work.name}, {when}: status {ended.status}: {ended.said[-500:]}")
    found.check(work, gallery, when)
    faults = (*work.unfinished(gallery), *_litter(gallery))
    found.faults += [f"{work.name}, {when}: {fault}" for fault in faults]
    return ended


def _two_at_once(work: Work, gallery: Path, found: Findings) -> None:
    work.reset(gallery)
    both = [start(gallery, work.command) for _ in range(2)]
    for ended in [end(process) for process in both]:
        if ended.status != 0 and "another process" not in ended.said:
            found.faults.append(f"{work.name}, two at once: {ended.status}: {ended.said[-500:]}")
    found.count(work, "two at once")
    found.check(work, gallery, "two at once")
    _ends(work, gallery, found, "after two at once")


def _full_disk(work: Work, gallery: Path, found: Findings, chance: random.Random) -> None:
    """The same gallery where there is too little room; then where there is enough."""
    work.reset(gallery)
    with contextlib.ExitStack() as stack:
        room = chance.randint(0, work.bytes)
        largest = None
        there = stack.enter_context(_small_disk(gallery, room))
        if there is None:  # mounting is for root
            there, largest = gallery, max(1, room // 8)
        ended = end(start(there, work.command, largest=largest))
        words = ("No space left", "File too large", "space")
        if ended.status not in (0, 1) or (ended.status and not any(w in ended.said for w in words)):
            found.faults.append(f"{work.name}, disk full: {ended.status}: {ended.said[-500:]}")
        if "Traceback" in ended.said:
            found.faults.append(f"{work.name}, disk full: {ended.said[-800:]}")
        what = "disk full" if largest is None else "file size limited"
        found.count(work, what if ended.status else f"{what}, room enough")
        found.check(work, there, what)
        if there != gallery:
            subprocess.run(["mount", "-o", "remount,size=256m", str(there.parent)], check=True)
        _ends(work, there, found, f"after {what}")


@contextlib.contextmanager
def _small_disk(gallery: Path, room: int) -> Iterator[Path | None]:
    """A copy of the gallery on a disk with so many bytes free; None where none can be made."""
    with tempfile.TemporaryDirectory(dir=gallery.parent) as name:
        mount = ["mount", "-t", "tmpfs", "-o", "size=256m", "torture", name]
        if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
            yield None
            return
        try:
            copy = shutil.copytree(gallery, Path(name) / "gallery", symlinks=True)
            size = shutil.disk_usage(name).used + room
            subprocess.run(["mount", "-o", f"remount,size={size}", name], check=True)
            yield copy
        finally:
            subprocess.run(["umount", name], check=True)


def _litter(gallery: Path, *, tracked: bool = False) -> list[str]:
    """Files that are neither work nor result; or only those that version control would take."""
    if tracked:
        command = ["git", "status", "--porcelain", "--untracked-files=all"]
        said = subprocess.run(
            command, cwd=gallery, capture_output=True, encoding="utf-8", check=True
        ).stdout
        names = [line[3:] for line in said.splitlines()]
    else:
        names = [str(one.relative_to(gallery)) for one in gallery.rglob("*")]
    odd = (".lock", ".tmp")
    return [f"litter: {name}" for name in names if name.endswith(odd) and ".git/" not in name]


def _in_another_process(model: Path) -> None:
    """Makes the model; what computes must not be forked, so a fork computes."""
    process = multiprocessing.get_context("fork").Process(target=_make_model, args=(model,))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError("the model could not be made")


def _make_model(model: Path) -> None:
    from tests.tiny_models import save_tiny_model

    save_tiny_model(model)


def main() -> None:
    began = time.monotonic()
    warm_up()
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        found = torture(Path(name), kills=int(sys.argv[1]) if len(sys.argv) > 1 else KILLS)
    said = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(said, capture_output=True, encoding="utf-8", check=True).stdout.strip()
    measured: dict[str, Any] = {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": date.today().isoformat(),
        "commit": commit,
        "seconds": round(time.monotonic() - began),
        "commands": {name: dict(sorted(counts.items())) for name, counts in found.counts.items()},
        "faults": found.faults,
    }
    file = ROOT / "bench" / "torture.json"
    text = json.dumps(measured, indent=2, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
