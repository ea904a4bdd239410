"""Many prompts, one after another."""

from __future__ import annotations

import json

from bench.tables.form import ROOT, told_goals


def many_table() -> str:
    """A hundred prompts in one run."""
    file = ROOT / "bench" / "many.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    many, few = found["many"], found["few"]
    more = many["peak_gib"] - few["peak_gib"]
    goals = [
        (f"5 min for 100 prompts ({many['seconds']:.0f} s)", many["seconds"] <= 300),
        (f"memory flat ({more:+.2f} GiB from {few['prompts']} prompts)", abs(more) <= 0.1),
    ]
    told = (
        f"{many['prompts']} prompts of 12 tokens, {many['traced']} of them traced: "
        f"{many['seconds']:.0f} s, {many['peak_gib']:.2f} GiB at most; {few['prompts']} of them "
        f"{few['seconds']:.0f} s, {few['peak_gib']:.2f} GiB."
    )
    machine = f"{found['machine']}; {found['date']}; load {found['load']:.1f} before."
    return f"{told} {told_goals(goals)} {machine}"
