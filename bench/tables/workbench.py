"""How fast the workbench answers."""

from __future__ import annotations

import json
import statistics

from bench.tables.form import ROOT, p95, table


def workbench_table() -> str:
    """What the workbench takes, on the default model; aims beside, misses told."""
    file = ROOT / "bench" / "workbench.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    aims = (("typing", "typing → tokens and next words", 0.15), ("poke", "poke → new bars", 0.2))
    rows = []
    for key, name, aim in aims:
        times = [p95(found[key]), p95(found["long"][key])]
        rows.append((f"{name}, p95", f"{aim * 1000:.0f} ms", *(f"{one:.3f} s" for one in times)))
    traces = [statistics.median(one["trace"]) for one in (found, found["long"])]
    rows.append(("trace → circuit painted, median", "2.5 s", *(f"{one:.1f} s" for one in traces)))
    rows.append(("first words, the model's load included", "3 s", f"{found['load'][0]:.1f} s", ""))
    head = ("what", "aim", f"{found['tokens']} tokens", f"{found['long']['tokens']} tokens")
    where = f"{found['machine']}; {found['date']}; commit {found['commit']}"
    return f"{table(head, rows)}\n\n{found.get('note', '')}{where}."
