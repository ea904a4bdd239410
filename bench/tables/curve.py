"""Faithfulness by the size of a circuit."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from bench.tables.form import ROOT, table
from tracer.documents.size_curve import SHARES, area_from_one, area_under


def curve_table() -> str:
    """Faithfulness over circuit size: MIB's areas over each set of sentences, and its picture."""
    file = ROOT / "bench" / "curve.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    names = {"agreement": "agreement", "objects": "indirect objects"}
    sets = {
        told: [one for slug, one in found["parts"].items() if slug.startswith(name)]
        for name, told in names.items()
    }
    if any(len(ones) < SENTENCES for ones in sets.values()):
        done = sum(map(len, sets.values()))
        return f"Not run to its end: {done} of {SENTENCES * len(sets)} sentences are measured."
    columns = ("all, median", "right, median", "mean (95%)", "control (95%)", "pooled")
    head = ("", "right", "", *columns)
    rows = [row for told, ones in sets.items() for row in _curve_rows(told, ones)]
    parts = sorted(one["parts"] for ones in sets.values() for one in ones if "parts" in one)
    small = "; ".join(_at_least_share(name, ones) for name, ones in sets.items())
    likeliest = " and ".join(str(sum(one["likeliest"] for one in ones)) for ones in sets.values())
    notes = (
        f"With a thousandth of the parts, in the median: {small}. A CPR above 1 is too much, not "
        "good: what holds an answer back comes last in its order. Right: the answer leads the "
        f"other one here and trails it in the counterfactual; in {likeliest} it is the likeliest "
        "word of all. Pooled: means over the sentences before the ratio, as MIB has it. A sentence "
        f"has {parts[0]:,} to {parts[-1]:,} parts that differ; {_unmeasured(sets)}."
    )
    where = f"{found['machine']}; {found['date']}; commit {found['commit']}"
    told = "; ".join(_at_one_percent(name, ones) for name, ones in sets.items())
    picture = f"![Faithfulness over circuit size. With 1% of the parts, medians: {told}]"
    return f"{picture}(bench/curve.svg)\n\n{table(head, rows)}\n\n{notes} {where}."


SENTENCES = 50  # in each set


def _curve_rows(told: str, ones: Sequence[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """CPR and CMD of one set, over the sentences that have a curve."""
    have = [one for one in ones if "error" not in one]
    right = [one for one in have if one["lead"] > 0 > one["lead_there"]]
    first = (told, f"{len(right)} of {len(ones)}")
    for key, kind, digits in (("cpr", "supporters", 2), ("cmd", "strongest", 3)):
        values, controls = ([one[name] for one in have] for name in (key, f"controls_{key}"))
        yield (
            *first,
            key.upper(),
            f"{statistics.median(values):.{digits}f}",
            f"{statistics.median(one[key] for one in right):.{digits}f}" if right else "–",
            _mean(values, digits),
            _mean(controls, digits),
            f"{_pooled(have, key, kind):.{digits}f}",
        )
        first = ("", "")


def _mean(values: Sequence[float], digits: int) -> str:
    """With its 95% interval, by the normal approximation."""
    middle, off = statistics.fmean(values), 1.96 * statistics.stdev(values) / len(values) ** 0.5
    return f"{middle:.{digits}f} ({middle - off:.{digits}f} to {middle + off:.{digits}f})"


def _pooled(ones: Sequence[dict[str, Any]], key: str, kind: str) -> float:
    """The area of the curve of means: leads are averaged before the ratio is taken."""
    moves = [one["lead"] - one["lead_there"] for one in ones]
    whole = sum(moves)
    curve = [
        sum(move * one[kind][at] for move, one in zip(moves, ones, strict=True)) / whole
        for at in range(len(SHARES))
    ]
    return (area_under if key == "cpr" else area_from_one)(SHARES, curve)


def _unmeasured(sets: dict[str, list[dict[str, Any]]]) -> str:
    count = sum("error" in one for ones in sets.values() for one in ones)
    if not count:
        return "all of them moved the lead enough to be measured"
    return f"{count} did not move the lead enough to have a curve, and are counted as not right"


def _at_least_share(name: str, ones: Sequence[dict[str, Any]]) -> str:
    """What the smallest circuit of the strongest either way brings, and its control."""
    have = [one for one in ones if "error" not in one]
    brought = statistics.median(one["strongest"][0] for one in have)
    control = statistics.median(one["controls_strongest"][0] for one in have)
    return f"{name}, the strongest either way bring {brought:.2f} of the lead, others {control:.2f}"


def _at_one_percent(name: str, ones: Sequence[dict[str, Any]]) -> str:
    at = SHARES.index(0.01)
    medians = [
        statistics.median(one[kind][at] for one in ones if "error" not in one)
        for kind in ("supporters", "strongest", "controls_strongest")
    ]
    return "{}, supporters {:.2f}, strongest {:.2f}, control {:.2f}".format(name, *medians)
