"""Beside circuit-tracer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bench.tables.form import ROOT, table, told_goals


def peer_table() -> str:
    """Ratios of medians, both sides in one run on the same weights."""
    file = ROOT / "bench" / "peer.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text())
    rows = []
    for size in found["sizes"]:
        ratios, peer = size["ratios"], size["peer"]
        best = min(peer["runs"], key=lambda run: run["trace"] + run["prune"])
        what = f"{ratios['size']}: {peer['active']:,} active, {peer['expanded']:,} expanded"
        rows.append(
            (
                what,
                f"circuit-tracer 0.5, batches of {best['batch']}",
                f"{ratios['peer_seconds']:.1f} s",
                f"{_process(peer, ratios['peer_seconds']):.0f} s",
                "",
                f"{ratios['peer_peak_gib']:.2f} GiB",
                "",
                "",
            )
        )
        for precision in ("float32", "fast"):
            one = ratios[precision]
            rows.append(
                (
                    "",
                    f"tracer, {precision}",
                    f"{one['seconds']:.1f} s",
                    f"{_process(size['ours'][precision], one['seconds']):.0f} s",
                    f"{one['times_faster']:.1f} ×",
                    f"{one['peak_gib']:.2f} GiB ({one['of_peer_memory']:.2f})",
                    f"{one['row_error']:.0e} ({one['rows_compared']:,} rows)",
                    _shares(one),
                )
            )
    head = (
        "workload",
        "",
        "trace + score + prune",
        "whole process, one run",
        "faster",
        "memory",
        "rows differ by",
        "same nodes, links",
    )
    runs = "; ".join(_run_of(size) for size in found["sizes"])
    machine = found["sizes"][-1]["machine"]
    return f"{table(head, rows)}\n\n{told_goals(_peer_goals(found))} {machine}. {runs}."


def _run_of(size: dict[str, Any]) -> str:
    load = f"load {size['load']:.1f} at the end"
    return f"{size['ratios']['size']}: {size['date']}, {load}, commit {size['commit']}"


def _peer_goals(found: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """What each workload should reach, and whether it does."""
    goals = {"M": ({"float32": 5, "fast": 12}, 1 / 2), "L": ({"float32": 8, "fast": 20}, 1 / 3)}
    for size in found["sizes"]:
        ratios = size["ratios"]
        if ratios["size"] not in goals:
            continue
        times, memory = goals[ratios["size"]]
        for precision, goal in times.items():
            one, what = ratios[precision], f"{ratios['size']}, {precision}"
            yield f"{what}: {goal} × faster", one["times_faster"] >= goal
            yield f"{what}: {memory:.2f} of the memory", one["of_peer_memory"] <= memory


def _process(side: dict[str, Any], seconds: float) -> float:
    """What a process takes for one run: imports and loading too."""
    return float(side["import_seconds"] + side["load_seconds"]) + seconds


def _shares(agreement: dict[str, float]) -> str:
    if "nodes_in_common" not in agreement:
        return ""
    return f"{agreement['nodes_in_common']:.1%}, {agreement['links_in_common']:.1%}"
