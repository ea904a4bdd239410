"""What silencing one node does, beside what was predicted."""

from __future__ import annotations

import statistics

from bench.tables.form import ROOT, table, told_goals
from tracer.documents.graph import load_graph
from tracer.documents.revisions import revision_numbers

PREDICTS = 0.85  # the goal for the median over the gallery's graphs


def trials_table() -> str:
    """What the gallery's graphs, as they are committed, predict of their strongest neurons."""
    found = {}
    for folder in sorted((ROOT / "graphs").iterdir()):
        newest = max(revision_numbers([file.name for file in folder.iterdir()]))
        info = load_graph(folder / f"{newest}.json").metadata.tracer
        if info is not None and info.account is not None and info.account.trial is not None:
            found[folder.name] = info.account, info.account.trial
    head = ("graph", "flow", "input flow", "bound by", "correlation", "wrong signs of 20", "of 5")
    rows = [
        (
            name,
            f"{account.flow:.2f}",
            f"{account.input_flow:.2f}",
            account.bound_by,
            "" if trial.correlation is None else f"{trial.correlation:.2f}",
            str(sum(one.predicted * one.actual < 0 for one in trial.nodes)),
            str(len(trial.wrong_signs)),
        )
        for name, (account, trial) in found.items()
    ]
    known = [trial.correlation for _, trial in found.values() if trial.correlation is not None]
    median = statistics.median(known)
    goals = [(f"a median of {PREDICTS}", median >= PREDICTS)]
    return f"{table(head, rows)}\n\nMedian correlation {median:.3f}. {told_goals(goals)}"
