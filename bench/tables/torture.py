"""Kills, full disks and their like."""

from __future__ import annotations

import json

from bench.tables.form import ROOT, table


def torture_table() -> str:
    """What was killed, run twice at once and starved of room, and what was wrong afterwards."""
    file = ROOT / "bench" / "torture.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    kinds = ("killed by the clock", "killed before a change", "two at once")
    rows = []
    for name, counts in found["commands"].items():
        full = counts.get("disk full", 0) + counts.get("file size limited", 0)
        numbers = (*(counts.get(kind, 0) for kind in kinds), full, counts["ended"])
        rows.append((f"`tracer {name}`", *map(str, numbers)))
    head = ("", *kinds, "disk full", "ended the work when run again")
    kills = sum(n.get(kind, 0) for n in found["commands"].values() for kind in kinds[:2])
    faults = f"{len(found['faults'])} faults" if found["faults"] else "nothing was wrong"
    where = f"{found['machine']}; {found['date']}; commit {found['commit']}"
    return f"{table(head, rows)}\n\n{kills} kills: {faults}. {where}."
