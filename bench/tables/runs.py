"""What was run where."""

from __future__ import annotations

import json
from typing import Any

from bench.tables.form import ROOT, table


def runs_table() -> str:
    """What was run where. What has no result was never run, and says so."""
    runs: list[dict[str, Any]] = json.loads((ROOT / "bench" / "runs.json").read_text())
    rows = [
        (f"`{run['command']}`", run["where"], run["date"] or "", run["result"] or "not run")
        for run in runs
    ]
    return table(("command", "machine", "date", "result"), rows)
