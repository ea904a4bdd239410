"""Hostile texts in what is published."""

from __future__ import annotations

import json

from bench.tables.form import ROOT, table


def xss_table() -> str:
    """Hostile texts in every field and address, and what ran of them."""
    file = ROOT / "bench" / "xss.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    texts, fields = found["payloads"], len(found["fields"])
    placed = f"{texts:,} texts in {fields} fields and parameters of addresses: {found['placed']:,}"
    refused = f"{found['refused']:,} more refused by `tracer check`"
    rows = [("put where they can be written", f"{placed} places, {refused}")]
    rows.append(("run where a page takes them for markup", f"{found['run_as_they_are']:,} texts"))
    for side, name in (("without_policy", "without"), ("with_policy", "with")):
        one = found[side]
        told = f"{one['pages']:,} pages and {one['states']:,} states of them opened: "
        told += f"{len(one['ran'])} ran, {len(one['could_run'])} could have"
        rows.append((f"{name} the Content-Security-Policy", told))
    where = f"{found['machine']}; {found['browser']}; {found['date']}; commit {found['commit']}"
    return f"{table(('what', 'found'), rows)}\n\n{where}."
