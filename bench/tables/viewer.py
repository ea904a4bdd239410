"""The viewer in a browser."""

from __future__ import annotations

import json

from bench.tables.form import ROOT, table


def viewer_table() -> str:
    """The viewer against its budgets and the two viewers that people know."""
    file = ROOT / "bench" / "viewer.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    others = json.loads((ROOT / "bench" / "viewer_others.json").read_text(encoding="utf-8"))
    rows, short = [], []
    for row in others["rows"]:
        graph, goal = found["graphs"].get(row["graph"]), row["at_most"]
        value = _in_unit(graph["medians"][row["figure"]], row["unit"]) if graph else None
        if value is not None and goal is not None and value > goal:
            short.append(row["what"])
        asked = "" if goal is None else f"{'≤ ' if goal else ''}{_written(goal, row['unit'])}"
        ours = "not run" if value is None else _written(value, row["unit"])
        rows.append((row["what"], row["circuit_tracer"], row["neuronpedia"], asked, ours))
    table_text = table(("", "circuit-tracer’s", "Neuronpedia’s", "goal", "ours"), rows)
    missed = f"Short of the goal: {'; '.join(short)}." if short else "Every goal is reached."
    where = f"{found['machine']}; {found['browser']}; {found['date']}; commit {found['commit']}"
    return f"{table_text}\n\n{missed} Ours: {where}; {others['measured']}."


def _in_unit(value: float, unit: str) -> float:
    return value / 1000 if unit == "KB" else value


def _written(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}".strip()
