"""Neurons picked on one half of a set, exchanged on the other."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from bench.tables.form import ROOT, table, told_goals


def sets_table() -> str:
    """Picked on one half of a set and exchanged in the other, over several splits."""
    file = ROOT / "bench" / "sets.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    head = ("set", "splits", "50", "200", "needed, 200", "1,000", "answers turned, 200", "controls")
    rows, means = [], {}
    for slug, splits in found["sets"].items():
        means[slug] = statistics.fmean(one["enough"]["200"] for one in splits)
        turned = sum(one["turned"]["200"] for one in splits)
        rows.append(
            (
                slug,
                str(len(splits)),
                _over([one["enough"]["50"] for one in splits]),
                _over([one["enough"]["200"] for one in splits]),
                _over([one["needed"]["200"] for one in splits]),
                _over([one["enough"]["1000"] for one in splits]),
                f"{turned} of {sum(one['pairs'] for one in splits)}",
                _over([one["controls"] for one in splits]),
            )
        )
    told = told_goals(_sets_goals(found["sets"], means))
    return f"{table(head, rows)}\n\n{told} {found['machine']}; {found['date']}."


def _over(values: Sequence[float]) -> str:
    """The mean, and the range over splits where there are several."""
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{statistics.fmean(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _sets_goals(
    sets: dict[str, list[dict[str, Any]]], means: dict[str, float]
) -> Iterator[tuple[str, bool]]:
    capitals = means.get("capitals-languages", 0.0)
    yield f".5 of the lead with 200 neurons on capitals ({capitals:.2f})", capitals >= 0.5
    for slug, splits in sets.items():
        controls = statistics.fmean(one["controls"] for one in splits)
        yield f"controls .1 or less on {slug}", abs(controls) <= 0.1
