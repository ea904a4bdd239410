"""Does a circuit hold beyond its prompt: the gallery's sets, split in halves by kin several times.

    python bench/sets.py [--recorded] [SLUG]…

The first split of each is the one that `tracer verify` wrote down; `--recorded` takes that alone.
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
from tracer.documents.set_account import SetAccount
from tracer.documents.set_evidence import HalvesExchanged, evidence_of
from tracer.documents.set_folder import SetFolder
from tracer.interventions.set_exchange import exchange_halves
from tracer.interventions.set_prompts import SetPrompt, apart_prompts, set_prompts
from tracer.interventions.targets import find_targets
from tracer.model.load import load_model

ROOT = Path(__file__).parents[1]
FILE = ROOT / "bench" / "sets.json"
SEEDS = (1, 2, 3)
PAIRS = 12  # of each half


def main(only: list[str], *, recorded: bool) -> None:
    """Each split is written down as it ends, and is not measured again for the same account."""
    console, folder = Console(), SetFolder(ROOT / "sets")
    for slug in only or folder.slugs():
        file = folder.path(slug, folder.revisions(slug)[-1])
        account = folder.load(slug, folder.revisions(slug)[-1])
        evidence = evidence_of(file, account.id)
        first = evidence.exchange("kin") if evidence else None
        known = [one for one in known_splits(slug) if one.get("of_set") == account.id]
        splits = [] if first is None else [told(first, account)]
        splits += [one for one in known if one["seed"] in SEEDS]
        keep(slug, splits)
        wanted = [seed for seed in SEEDS if seed not in {one["seed"] for one in splits}]
        if recorded or not wanted:
            continue
        rows = rows_of(slug, account)
        apart = apart_prompts(account, rows)
        for seed in wanted:
            halves = exchange_halves(rows, "kin", seed=seed, apart=apart, pairs=PAIRS)
            splits.append(told(halves, account))
            keep(slug, splits)
            console.print(f"{slug}: {splits[-1]}", markup=False, highlight=False)


def known_splits(slug: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _kept()["sets"].get(slug, [])
    return found


def keep(slug: str, splits: list[dict[str, Any]]) -> None:
    found = _kept()
    found["sets"] |= {slug: splits} if splits else {}
    found |= {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d"),
    }
    FILE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def rows_of(slug: str, account: SetAccount) -> list[SetPrompt]:
    meant = load_prompts(ROOT / "site_src" / "prompts.yaml").prompt_set(slug)
    assert meant is not None
    model = load_model(meant.model)
    return set_prompts(account, model, find_targets(model, meant.features))


def _kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {"sets": {}}
    return found


def told(halves: HalvesExchanged, account: SetAccount) -> dict[str, Any]:
    return {
        "of_set": account.id,
        "seed": halves.seed,
        "answers": halves.answers,
        "rows": halves.rows,
        "apart": halves.apart,
        "picked_on": halves.picked_on,
        "pairs": len(halves.pairs),
        "of": halves.of,
        "enough": {str(n): _short(halves.mean("enough", n)) for n in halves.counts},
        "needed": {str(n): _short(halves.mean("needed", n)) for n in halves.counts},
        "turned": {str(n): halves.turned(n) for n in halves.counts},
        "controls": _short(halves.controls("enough")),
    }


def _short(value: float) -> float:
    return round(value, 5)  # it is rounded again where it is shown


if __name__ == "__main__":
    main([one for one in sys.argv[1:] if one != "--recorded"], recorded="--recorded" in sys.argv)
