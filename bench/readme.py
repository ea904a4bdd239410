"""Writes README's generated tables from the measurements in this folder.

`python bench/readme.py` rewrites them; a test checks that they agree.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def runs_table() -> str:
    """What was run where. What has no result was never run, and says so."""
    runs: list[dict[str, Any]] = json.loads((ROOT / "bench" / "runs.json").read_text())
    rows = [
        (f"`{run['command']}`", run["where"], run["date"] or "", run["result"] or "not run")
        for run in runs
    ]
    return table(("command", "machine", "date", "result"), rows)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TABLES = {"runs": runs_table}


def with_tables(text: str) -> str:
    """The text with the lines between each pair of markers made anew."""
    for name, make in TABLES.items():
        start, end = f"<!-- {name}: from bench/ -->", f"<!-- {name}: end -->"
        pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"README.md has no place for the table `{name}`: {start}")
        before, after = pattern.split(text)
        text = f"{before}{start}\n{make()}\n{end}{after}"
    return text


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
