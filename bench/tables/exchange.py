"""Values exchanged between pairs of prompts."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from bench.tables.form import ROOT, table, told_goals


def exchange_table() -> str:
    """Eight pairs, with the most neurons; what overshoots is a miss too, and both are told."""
    file = ROOT / "bench" / "exchange.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    head = ("pair", "enough", "needed", "middle only", "controls", "answers turned")
    rows = [_exchanged_row(one) for one in found["pairs"]]
    means = _exchange_means(found["pairs"])
    mean_row = tuple(f"{means[key]:.2f}" for key in ("enough", "needed", "middle", "controls"))
    turned = sum(_turned(one["curve"][-1]) for one in found["pairs"])
    rows.append(("mean", *mean_row, f"{turned} of {2 * len(rows)}"))
    hits = (
        f"Counted as a miss like too little, what overshoots leaves 1 − |1 − enough| at "
        f"{means['hit_enough']:.2f} and the same of needed at {means['hit_needed']:.2f} in the "
        f"mean, {means['worst_hit']:.2f} at the worst."
    )
    where = f"{found['machine']}; {found['date']}"
    return f"{table(head, rows)}\n\n{hits} {told_goals(_exchange_goals(means))} {where}."


def _exchanged_row(pair: dict[str, Any]) -> tuple[str, ...]:
    last, middle = pair["curve"][-1], pair["middle"][-1]
    drawn = [*pair["controls_enough"], *pair["controls_needed"]]
    controls = f"{statistics.fmean(drawn):.2f} ({min(drawn):.2f} to {max(drawn):.2f})"
    shares = (f"{last['enough']:.2f}", f"{last['needed']:.2f}", f"{middle['enough']:.2f}")
    return (pair["pair"], *shares, controls, f"{_turned(last)} of 2")


def _turned(point: dict[str, Any]) -> int:
    return int(point["turns_there"]) + int(point["turns_here"])


def _exchange_means(pairs: Sequence[dict[str, Any]]) -> dict[str, float]:
    last = [pair["curve"][-1] for pair in pairs]
    enough, needed = ([one[key] for one in last] for key in ("enough", "needed"))
    hits = [[1 - abs(1 - value) for value in values] for values in (enough, needed)]
    drawn = [pair[f"controls_{key}"] for pair in pairs for key in ("enough", "needed")]
    return {
        "enough": statistics.fmean(enough),
        "needed": statistics.fmean(needed),
        "worst": min(*enough, *needed),
        "hit_enough": statistics.fmean(hits[0]),
        "hit_needed": statistics.fmean(hits[1]),
        "worst_hit": min(*hits[0], *hits[1]),
        "middle": statistics.fmean(pair["middle"][-1]["enough"] for pair in pairs),
        "least_middle": min(pair["middle"][-1]["enough"] for pair in pairs),
        "controls": statistics.fmean(abs(statistics.fmean(one)) for one in drawn),
    }


def _exchange_goals(means: dict[str, float]) -> Iterator[tuple[str, bool]]:
    yield "enough .8 in the mean", means["enough"] >= 0.8
    yield "needed .8 in the mean", means["needed"] >= 0.8
    yield "none below .6", means["worst"] >= 0.6
    yield (
        "the same where overshoot counts as a miss: .8 in the mean",
        (min(means["hit_enough"], means["hit_needed"]) >= 0.8),
    )
    yield "and none below .6", means["worst_hit"] >= 0.6
    yield "middle only .5 in the mean", means["middle"] >= 0.5
    yield "middle only .5 in every pair", means["least_middle"] >= 0.5
    yield "controls .1 or less in the mean over draws", means["controls"] <= 0.1
