"""On a card."""

from __future__ import annotations

import json
from typing import Any

from bench.tables.form import ROOT, table


def gpu_table() -> str:
    """The same on a card: a row for each part that was measured there."""
    file = ROOT / "bench" / "gpu.json"
    if not file.exists():
        return "On a CUDA card (`python bench/gpu.py`): not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    parts = found["parts"]
    rows = [_gpu_row(name, one) for name, one in parts.items() if name != "matrix products"]
    if not any(name.startswith("circuit-tracer") for name in parts):
        rows.append(("circuit-tracer", "not run", "", ""))
    head = ("on a CUDA card", "time", "card memory", "what")
    peak = parts.get("matrix products", {})
    rates = [f"{one} {peak[one]:,.0f}" for one in ("float32", "fast") if one in peak]
    told = f" GFLOP/s of matrix products: {', '.join(rates)}." if rates else ""
    where = f"{found['machine']}; {found['date']}; commit {found['commit']}"
    return f"{table(head, rows)}\n\n{where}.{told}"


def _gpu_row(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    """One part: its median time, and what stopped it."""
    counts = {"active": "active", "expanded": "expanded", "listed": "listed", "links": "links"}
    told = [f"{one[key]:,} {word}" for key, word in counts.items() if key in one]
    if name.startswith("longest") and "tokens" in one:
        told.insert(0, f"{one['tokens']:,} tokens")
    words = {"stopped": "", "left_out": "left out: ", "out_of_memory": "does not fit: "}
    told += [f"{word}{one[key]}" for key, word in words.items() if key in one]
    told += [f"failed: {one['error']}"] if "error" in one else []
    seconds = f"{one['seconds']:.2f} s" if "seconds" in one else "–"
    card = f"{one['card_gib']:.1f} GiB" if "card_gib" in one else ""
    return (name, seconds, card, "; ".join(told))
