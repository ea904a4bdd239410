"""Does a circuit hold beyond its prompt: the gallery's sets, split in halves by kin several times.

    python bench/sets.py [SLUG]…

Which answers fall into which half matters more than which pairs are drawn, so there are several
splits, and their spread is told. The seeds were fixed before any of them was run.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from tracer.documents.prompts import load_prompts
from tracer.documents.set_folder import SetFolder
from tracer.interventions.set_exchange import exchange_halves
from tracer.interventions.set_prompts import set_prompts
from tracer.interventions.targets import find_targets
from tracer.model.load import load_model

ROOT = Path(__file__).parents[1]
FILE = ROOT / "bench" / "sets.json"
SEEDS = (1, 2, 3)
PAIRS = 12  # of each half


def main(only: list[str]) -> None:
    console, folder = Console(), SetFolder(ROOT / "sets")
    prompts = load_prompts(ROOT / "site_src" / "prompts.yaml")
    found: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {"sets": {}}
    for slug in only or folder.slugs():
        meant = prompts.prompt_set(slug)
        assert meant is not None
        account = folder.load(slug, folder.revisions(slug)[-1])
        model = load_model(meant.model)
        rows = set_prompts(account, model, find_targets(model, meant.features))
        splits = []
        for seed in SEEDS:
            began = time.perf_counter()
            halves = exchange_halves(rows, "kin", seed=seed, pairs=PAIRS)
            splits.append(
                {
                    "seed": seed,
                    "answers": halves.answers,
                    "rows": halves.rows,
                    "pairs": len(halves.pairs),
                    "of": halves.of,
                    "enough": {str(n): _short(halves.mean("enough", n)) for n in halves.counts},
                    "needed": {str(n): _short(halves.mean("needed", n)) for n in halves.counts},
                    "turned": {str(n): halves.turned(n) for n in halves.counts},
                    "controls": _short(halves.controls("enough")),
                    "seconds": round(time.perf_counter() - began, 1),
                }
            )
            console.print(f"{slug}: {splits[-1]}", markup=False, highlight=False)
        found["sets"][slug] = splits
    found |= {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d"),
    }
    FILE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def _short(value: float) -> float:
    return round(value, 3)


if __name__ == "__main__":
    main(sys.argv[1:])
