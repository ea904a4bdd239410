"""Strange texts in what people write."""

from __future__ import annotations

import json

from bench.tables.form import ROOT, table


def fuzz_table() -> str:
    """How many hostile documents each reader was given, and how many it failed at."""
    file = ROOT / "bench" / "fuzz.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    rows = [
        (
            row["reader"],
            f"{row['hypothesis']:,}",
            "not run" if row["atheris"] is None else f"{row['atheris']:,}",
            f"{row['seconds']:.0f} s",
            f"{row['failures']:,}",
        )
        for row in found["readers"]
    ]
    total = sum(row["hypothesis"] + (row["atheris"] or 0) for row in found["readers"])
    failures = sum(row["failures"] for row in found["readers"])
    head = ("reader", "hypothesis", "atheris", "time", "failures")
    where = f"{found['machine']}; Python {found['python']}; {found['date']}"
    return (
        f"{table(head, rows)}\n\n{total:,} documents, {failures:,} failures; {found['kept']} kept "
        f"from earlier runs. {where}; commit {found['commit']}."
    )
