"""Against ground truth: planted circuits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bench.tables.form import ROOT, table, told_goals

FOUND = 0.95  # the goal for areas under the curve


WAYS = ("transparent", "nodes", "circuit-tracer")


def truth_table() -> str:
    """Planted circuits: the worst area of nodes and of links over seeds, of neurons and
    transcoders; and how much of the strongest is planted, where that is not all."""
    file = ROOT / "bench" / "truth.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    rows = [
        (
            one["name"],
            one["told"],
            f"{one['nodes']}, {one['links']}",
            *(_area_cell(one, way) for way in WAYS),
        )
        for one in found["circuits"]
    ]
    head = ("circuit", "what it does", "planted", "`transparent`", "`nodes`", "circuit-tracer’s")
    missed = "\n".join(
        f"- _{one['name']}_ is not found whole, as was foretold when it was planted: "
        f"{one['foretold']}." + (f" {one['learnt']}." if one["learnt"] else "")
        for one in found["circuits"]
        if one["foretold"]
    )
    where = f"{found['machine']}, {found['cpu_seconds']} s of one core; {found['date']}"
    told = told_goals(_truth_goals(found["circuits"]))
    return f"{table(head, rows)}\n\n{missed}\n\n{told} {where}; commit {found['commit']}."


def _area_cell(circuit: dict[str, Any], way: str) -> str:
    worst = {name: _worst(circuit, way, name) for name in ("nodes", "links")}
    top = {name: _worst(circuit, way, f"top_{name}") for name in ("nodes", "links")}
    areas = f"{worst['nodes']:.2f}, {worst['links']:.2f}"
    if min(top.values()) == 1:
        return areas
    return f"{areas} ({top['nodes']:.0%}, {top['links']:.0%})"


def _worst(circuit: dict[str, Any], way: str, name: str) -> float:
    """Over seeds, of neurons and of transcoders."""
    return min(float(kind[way][name]["worst"]) for kind in circuit["found"].values())


def _truth_goals(circuits: Sequence[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    for way in WAYS:
        for name in ("nodes", "links"):
            low = [one["name"] for one in circuits if _worst(one, way, name) < FOUND]
            yield f"{name} {FOUND} in `{way}` (_{'_, _'.join(low)}_)", not low
