"""The viewer in a browser."""

from __future__ import annotations

import json
from typing import Any

from bench.tables.form import ROOT, table

HEAD = ("", "circuit-tracer’s", "ours", "theirs ÷ ours", "goal", "Neuronpedia’s, earlier")


def viewer_table() -> str:
    """The viewer against its budgets and the two viewers that people know."""
    file = ROOT / "bench" / "viewer.json"
    if not file.exists():
        return "Not run."
    others = json.loads((ROOT / "bench" / "viewer_others.json").read_text(encoding="utf-8"))
    return told(json.loads(file.read_text(encoding="utf-8")), others)


def told(found: dict[str, Any], others: dict[str, Any]) -> str:
    """The table and what to know of it, of one run and of what was known before."""
    rows, short = [], []
    for row in others["rows"]:
        graph, goal = found["graphs"].get(row["graph"], {}), row["at_most"]
        ours, theirs = (_figure(graph.get(side), row) for side in ("ours", "peer"))
        if ours is not None and goal is not None and ours > goal:
            short.append(row["what"])
        ratio = graph.get("ratios", {}).get(row["figure"])
        asked = "" if goal is None else f"{'≤ ' if goal else ''}{_written(goal, row)}"
        rows.append(
            (
                row["what"],
                _written(theirs, row),
                "not run" if ours is None else _written(ours, row),
                "–" if ratio is None else f"{ratio:.1f}",
                asked,
                row["neuronpedia"],
            )
        )
    missed = f"Short of the goal: {'; '.join(short)}." if short else "Every goal is reached."
    lines = (f"{missed} {_peer(found)}", _where(found), f"{others['measured']}.")
    return f"{table(HEAD, rows)}\n\n{' '.join(lines)}"


def _peer(found: dict[str, Any]) -> str:
    peer = found["peer"]
    if "missing" in peer:
        return f"{peer['name']} was not measured: {peer['missing']}."
    return f"Both in one run, in turns: ours, and {peer['name']}’s."


def _where(found: dict[str, Any]) -> str:
    plain, load = found["plain"], found["load"]
    return (
        f"{found['machine']}; {found['browser']}; {found['date']}; commit {found['commit']}; "
        f"load {load['before']:.1f} before and {load['after']:.1f} after. How quick the machine "
        f"was: {plain['what']}, took {plain['median_ms']:.0f} ms (median of "
        f"{len(plain['before_ms'])} times before and {len(plain['after_ms'])} after, "
        f"{min(plain['before_ms'] + plain['after_ms']):.0f} ms at best)."
    )


def _figure(side: dict[str, Any] | None, row: dict[str, Any]) -> float | None:
    value: float | None = side["medians"][row["figure"]] if side else None
    return value / 1000 if value is not None and row["unit"] == "KB" else value


def _written(value: float | None, row: dict[str, Any]) -> str:
    return "–" if value is None else f"{value:,.0f} {row['unit']}".strip()
