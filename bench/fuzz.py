"""Every reader of what a stranger wrote, on hostile documents, for FUZZ_SECONDS (600) in all.

`make fuzz` writes `bench/fuzz.json` and README's table. Half of the time hypothesis changes valid
documents; in the other half, where atheris is installed, it looks for code not reached before.
What makes a reader fail is written to `tests/data/hostile/<reader>/`: mend the reader, then say in
`words.json` there what it should answer. Readers may be named, `python bench/fuzz.py npz graph`;
the rows of the others then stay as they were.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.hostile import HOSTILE, MEBIBYTES, SECONDS, mutated, outcome  # noqa: E402
from tests.readers import READERS, Reader  # noqa: E402

RESULT = ROOT / "bench" / "fuzz.json"
SCRATCH = ROOT / ".tracer" / "fuzz"
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def main() -> None:
    wanted = set(sys.argv[1:]) or {reader.name for reader in READERS}
    readers = [reader for reader in READERS if reader.name in wanted]
    seconds = float(os.environ.get("FUZZ_SECONDS", "600")) / len(readers)
    guided = importlib.util.find_spec("atheris") is not None
    rows, faults = [], []
    for reader in readers:
        start = time.perf_counter()
        cases, executions = fuzz(reader, seconds / 2 if guided else seconds)
        if guided:
            more, count = fuzz_by_coverage(reader, seconds / 2)
            cases += more
        found = [keep(reader, case) for case in dict.fromkeys(cases)]
        faults += found
        row = {"reader": reader.name, "hypothesis": executions}
        row |= {"atheris": count if guided else None, "failures": len(found)}
        rows.append(row | {"seconds": round(time.perf_counter() - start, 1)})
        print(json.dumps(rows[-1]), flush=True)  # noqa: T201
    RESULT.write_text(json.dumps(told(rows), indent=1) + "\n", encoding="utf-8")
    if faults:
        sys.exit("\n".join(str(file.relative_to(ROOT)) for file in faults))


def fuzz(reader: Reader, seconds: float) -> tuple[list[bytes], int]:
    """The cases that make the reader fail, one of each kind, and how many were tried."""
    until, tried = time.perf_counter() + seconds, 0
    kinds: dict[str, bytes] = {}

    @settings(
        max_examples=50,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(reader))
    def some(case: bytes) -> None:
        nonlocal tried
        if time.perf_counter() < until:
            tried += 1
            fault = outcome(reader, case).fault
            if fault is not None:
                kinds.setdefault(fault[:40], case)

    while time.perf_counter() < until:
        some()
    return list(kinds.values()), tried


def fuzz_by_coverage(reader: Reader, seconds: float) -> tuple[list[bytes], int]:
    """The same in a process of its own, which ends at the first fault."""
    corpus, found = SCRATCH / reader.name / "corpus", SCRATCH / reader.name / "found"
    found.mkdir(parents=True, exist_ok=True)
    for file in found.iterdir():
        file.unlink()
    command = [sys.executable, str(ROOT / "bench" / "fuzz_coverage.py"), reader.name, str(corpus)]
    command += [f"-max_total_time={max(1, round(seconds))}", "-print_final_stats=1"]
    command += [f"-artifact_prefix={found}/", "-max_len=20000", "-timeout=10"]
    command += [f"-rss_limit_mb={4 * MEBIBYTES}"]
    done = subprocess.run(command, capture_output=True, check=False)
    cases = [file.read_bytes() for file in found.iterdir() if not file.name.startswith("slow")]
    executed = _EXECUTED.search(done.stderr.decode("utf-8", "replace"))
    if executed is None and not cases:
        sys.exit(done.stderr.decode("utf-8", "replace")[-2000:])
    return cases, int(executed[1]) if executed else 0


def keep(reader: Reader, case: bytes) -> Path:
    """Kept by its content, so that found again it is not kept again."""
    file = HOSTILE / reader.name / f"found-{hashlib.sha256(case).hexdigest()[:8]}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(case)
    return file


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    before = json.loads(RESULT.read_text(encoding="utf-8"))["readers"] if RESULT.exists() else []
    known = {row["reader"]: row for row in (*before, *rows)}
    commit = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d"),
        "commit": subprocess.run(commit, capture_output=True, text=True, check=True).stdout.strip(),
        "python": platform.python_version(),
        "bounds": {"seconds": SECONDS, "mebibytes": MEBIBYTES},
        "kept": len(list(kept_cases())),
        "readers": [known[one.name] for one in READERS if one.name in known],
    }


def kept_cases() -> Iterator[Path]:
    yield from (file for file in HOSTILE.glob("*/*") if file.is_file())


if __name__ == "__main__":
    main()
