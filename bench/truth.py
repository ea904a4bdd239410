"""Is what is known to be there found: twenty planted circuits at ten seeds each.

    python bench/truth.py

The circuits (tests/truth/) were committed before the engine saw them. Each model is traced in
three ways, by its neurons and by transcoders that fit it.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from rich.console import Console

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.truth.build import build  # noqa: E402
from tests.truth.circuit import Circuit  # noqa: E402
from tests.truth.circuits import CIRCUITS  # noqa: E402
from tests.truth.judge import WAYS, Verdict, judged  # noqa: E402
from tests.truth.transcoders import fit_transcoders  # noqa: E402

SEEDS = 10


def main() -> None:
    console, start = Console(), time.process_time()
    found = []
    for circuit in CIRCUITS:
        found.append(measured(circuit))
        one = found[-1]["found"]["neurons"]["transparent"]
        said = ", ".join(f"{name} {figures['worst']}" for name, figures in one.items())
        console.print(f"{circuit.name}: {said}", markup=False, highlight=False)
    commit = ["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"]
    whole = {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d"),
        "commit": subprocess.run(commit, capture_output=True, text=True, check=True).stdout.strip(),
        "seeds": SEEDS,
        "cpu_seconds": round(time.process_time() - start),
        "circuits": found,
    }
    text = json.dumps(whole, indent=1, ensure_ascii=False)
    (HERE / "truth.json").write_text(f"{text}\n", encoding="utf-8")


def measured(circuit: Circuit) -> dict[str, Any]:
    """One circuit at all seeds: mean and worst of each figure, by kind of features and way."""
    verdicts: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for seed in range(SEEDS):
        with tempfile.TemporaryDirectory() as folder:
            built = build(circuit, Path(folder) / "model", seed)
            fitted = fit_transcoders(built, Path(folder) / "set", seed)
            for way in WAYS:
                verdicts["neurons", way].append(judged(built, way))
                verdicts["transcoders", way].append(judged(built, way, fitted))
    return {
        "name": circuit.name,
        "told": circuit.told,
        "nodes": len(circuit.nodes),
        "links": len(circuit.links),
        "foretold": circuit.foretold,
        "learnt": circuit.learnt,
        "found": {
            kind: {way: _summed(verdicts[kind, way]) for way in WAYS}
            for kind in ("neurons", "transcoders")
        },
    }


def _summed(verdicts: list[Verdict]) -> dict[str, dict[str, float]]:
    return {
        name: {"mean": round(statistics.fmean(values), 4), "worst": round(min(values), 4)}
        for name, values in zip(Verdict._fields, zip(*verdicts, strict=True), strict=True)
    }


if __name__ == "__main__":
    main()
