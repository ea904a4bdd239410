"""Whether groups hold together."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from typing import Any

from bench.tables.form import ROOT, table


def groups_table() -> str:
    """Whether features of a group belong together, beside groups by position and at random."""
    file = ROOT / "bench" / "groups.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    rows = [
        (
            f"{row['slug']}, {row['made_by']}",
            f"{row['groups']} of {row['features']}",
            *(
                "" if row[score][kind] is None else f"{row[score][kind]:.3f}"
                for score in ("words", "patterns")
                for kind in ("groups", "position", "random")
            ),
        )
        for row in found["graphs"]
    ]
    compared = ("position", "random")
    head = ("graph, groups by", "groups", "peak words", *compared, "patterns", *compared)
    where = f"{found['machine']}; {found['date']}; {found['draws']} random draws"
    return f"{table(head, rows)}\n\n{_of_all(found['graphs'])} {where}."


def _of_all(rows: Sequence[dict[str, Any]]) -> str:
    """Means over graphs, of people's groups and of the account's."""
    told = []
    for who in ("people", "account"):
        own = [row for row in rows if row["made_by"] == who]
        if not own:
            continue
        means = {
            (score, kind): statistics.fmean(
                row[score][kind] for row in own if row[score][kind] is not None
            )
            for score in ("words", "patterns")
            for kind in ("groups", "position", "random")
        }
        sides = [
            f"{name} {means[score, 'groups']:.3f} against {means[score, 'position']:.3f} by "
            f"position and {means[score, 'random']:.3f} at random"
            for score, name in (("words", "peak words"), ("patterns", "patterns"))
        ]
        told.append(f"Groups by {who if who == 'people' else 'the account'}: {', '.join(sides)}.")
    return " ".join(told)
