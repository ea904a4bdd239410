"""Our own speed and memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bench.tables.form import ROOT, table


def engine_table() -> str:
    """Our own figures by size, and how far the sweep is from the machine's matrix products."""
    file = ROOT / "bench" / "engine.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text())
    load = f"; load {found['load']:.1f} before"
    return (
        f"{_speed(found)}\n\n{_neurons(found['neurons'])}{_on(found, 'neurons')}\n\n"
        f"{_texts(found)}\n\n"
        f"{found['machine']}; {found['date']}{load}."
    )


ACCOUNT_GOALS = {15: 1.5, 64: 4.0, 256: 30.0, 1024: 90.0}  # tokens: seconds


HEADS_TOKENS, HEADS_SHARE = 15, 0.4


ACCOUNT_GIB = 2.0


READING_SHARE = 0.7  # of the bare pass's speed


def _on(found: dict[str, Any], part: str) -> str:
    """Where a part was measured, if not together with the rest."""
    other = found.get(f"{part}_on")
    name = part.capitalize()
    return "" if other is None else f"\n\n{name}: {other['machine']}; {other['date']}."


def _texts(found: dict[str, Any]) -> str:
    """How fast texts are read for every feature that the gallery lists."""
    one = found.get("texts")
    if one is None:
        return "Texts read for features beside the bare pass (`make bench`): not run."
    goal = f"≥ {READING_SHARE:.0%}" + (": missed" if one["share"] < READING_SHARE else "")
    row = (
        f"{one['features']:,}",
        f"{one['reading']:,.0f}",
        f"{one['bare']:,.0f}",
        f"{one['share']:.0%}",
        goal,
    )
    head = ("`tracer find-examples`: features", "tokens/s", "bare pass", "share", "goal")
    return table(head, [row]) + _on(found, "texts")


def _neurons(found: Sequence[dict[str, Any]]) -> str:
    """Neurons of the default model by length and mode, with the account's goals."""
    if not found:
        return "Neurons of the default model by length and mode (`make bench`): not run."
    rows = []
    for one in found:
        goal = ACCOUNT_GOALS.get(one["tokens"]) if one["mode"] == "transparent" else None
        missed = goal is not None and (one["seconds"] > goal or one["peak_gib"] > ACCOUNT_GIB)
        told = "" if goal is None else f"{goal:g} s, {ACCOUNT_GIB:g} GiB"
        rows.append(
            (
                one["mode"],
                f"{one['tokens']:,}",
                str(one.get("listed", "")),
                f"{one['seconds']:.1f} s",
                f"{one['peak_gib']:.1f} GiB",
                f"{told}: missed" if missed else told,
            )
        )
        if "heads_seconds" in one:
            rows.append(_heads(one))
    head = ("neurons of the default model", "tokens", "listed", "time", "peak memory", "goal")
    return table(head, rows)


def _heads(one: dict[str, Any]) -> tuple[str, str, str, str, str, str]:
    """What it takes beside a trace to say what heads carry."""
    share = one["heads_seconds"] / one["seconds"]
    goal = f"{HEADS_SHARE:.0%} of the trace" if one["tokens"] == HEADS_TOKENS else ""
    told = f"{goal}: missed" if goal and share > HEADS_SHARE else goal
    time = f"+{one['heads_seconds']:.1f} s ({share:.0%})"
    return f"{one['mode']}, its heads", f"{one['tokens']:,}", "", time, "", told


def _speed(found: dict[str, Any]) -> str:
    rows = []
    for one in found["sizes"]:
        peak = found["peak_gflops"][one["precision"]]
        floor = one["gflop"] / peak
        card = one["peak_card_gib"]
        rows.append(
            (
                f"{one['size']}, {one['precision']}: {one['active']:,} active, "
                f"{one['expanded']:,} expanded",
                f"{one['forward_seconds']:.2f} + {one['sweep_seconds']:.2f} + "
                f"{one['prune_seconds']:.2f} s",
                f"{one['process_seconds']:.1f} s",
                f"{one['peak_gib']:.2f} GiB" + (f", card {card:.1f} GiB" if card else ""),
                f"{one['gflop']:,.0f} ({one['gflop_without_cut']:,.0f})",
                f"{one['gflop'] / one['sweep_seconds']:,.0f} of {peak:,.0f}",
                f"{one['sweep_seconds'] / floor:.1f} ×",
            )
        )
    head = (
        "workload",
        "forward + sweep + prune",
        "whole process, one run",
        "memory",
        "GFLOP counted (without meeting half-way)",
        "GFLOP/s, of the machine's",
        "sweep over its floor",
    )
    return table(head, rows)
