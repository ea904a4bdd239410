"""Are 200 neurons enough, and are they needed: eight pairs of prompts, named in exchange.yaml.

    python bench/exchange.py

The pairs were named and committed before any of them was run.
"""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from tracer.documents.evidence import Exchanged
from tracer.documents.prompts import PromptEntry, load_prompts
from tracer.interventions.exchange import measure_exchange
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.model.load import Model, load_model

HERE = Path(__file__).parent
SEED = 13


def main() -> None:
    console = Console()
    pairs = load_prompts(HERE / "exchange.yaml").graphs
    model = load_model(pairs[0].model)
    found = []
    for entry in pairs:
        found.append(measured(model, entry))
        console.print(f"{entry.slug}: {found[-1]['curve'][-1]}", markup=False, highlight=False)
    whole = {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d"),
        "model": model.info.name,
        "pairs": found,
    }
    (HERE / "exchange.json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def measured(model: Model, entry: PromptEntry) -> dict[str, Any]:
    """One pair: with more and more neurons, those in the middle only, and the controls."""
    assert entry.counterfactual is not None and entry.prompt is not None
    start = time.perf_counter()
    prompt = SteeredPrompt(
        model, find_targets(model, entry.features), model.tokenizer.encode_prompt(entry.prompt)
    )
    target = model.tokenizer.single_token(entry.target or "")
    found = measure_exchange(prompt, entry.counterfactual, target_id=target, seed=SEED)
    last = found.curve[-1]
    return {
        "pair": entry.slug,
        "lead": _short(found.lead),
        "lead_there": _short(found.lead_there),
        "curve": [_shares(one) for one in found.curve],
        "middle": [_shares(one) for one in found.middle],
        "controls_enough": [_short(one) for one in last.controls_enough],
        "controls_needed": [_short(one) for one in last.controls_needed],
        "seconds": round(time.perf_counter() - start, 1),
    }


def _shares(one: Exchanged) -> dict[str, Any]:
    return {
        "features": one.features,
        "enough": _short(one.enough),
        "needed": _short(one.needed),
        "turns_there": one.turns_there,
        "turns_here": one.turns_here,
    }


def _short(value: float) -> float:
    return round(value, 3)


if __name__ == "__main__":
    main()
