"""Faithfulness over circuit size on a hundred sentences: MIB's two areas for the default model.

    python bench/curve.py

Fifty of subject-verb agreement, fifty of indirect objects (bench/templates/), all of them kept. A
sentence is a line of `bench/curve.json` as soon as it is measured; a second run goes on.
"""

from __future__ import annotations

import hashlib
import sys
import time
from functools import cached_property, partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.curve_plot import curve_plot  # noqa: E402
from bench.parts import Parts, machine  # noqa: E402
from tracer.documents.listed_settings import DEFAULT_MODEL  # noqa: E402
from tracer.documents.prompts import PromptEntry, load_prompts  # noqa: E402
from tracer.errors import TracerError  # noqa: E402
from tracer.interventions.size_curve import measure_curve  # noqa: E402
from tracer.interventions.steered_pass import SteeredPrompt  # noqa: E402
from tracer.interventions.targets import NeuronTargets  # noqa: E402
from tracer.model.load import Model, load_model  # noqa: E402

HERE = Path(__file__).parent
FILE = HERE / "curve.json"
SETS = ("agreement", "objects")
DRAWS = 1  # controls a sentence: fifty in all


class Bench:
    """The model, loaded when the first sentence asks for it."""

    @cached_property
    def model(self) -> Model:
        return load_model(DEFAULT_MODEL, device="cpu")

    def measured(self, entry: PromptEntry) -> dict[str, Any]:
        """One sentence: its curves, or why it has none."""
        assert entry.prompt and entry.target is not None and entry.counterfactual is not None
        model, start = self.model, time.perf_counter()
        ids = model.tokenizer.encode_prompt(entry.prompt)
        here = SteeredPrompt(model, NeuronTargets(model), ids)
        target = model.tokenizer.single_token(entry.target)
        found: dict[str, Any] = {"tokens": len(ids)}
        found["likeliest"] = int(here.baseline.logits[0].argmax()) == target
        seed = int(hashlib.sha256(entry.slug.encode()).hexdigest()[:8], 16)
        meant = entry.counterfactual
        try:
            curve = measure_curve(here, meant, target_id=target, seed=seed, draws=DRAWS)
        except TracerError as error:
            return {**found, "error": error.message}
        for kind in ("supporters", "strongest"):
            found[kind] = [_short(getattr(one, kind)) for one in curve.points]
            controls = [getattr(one, f"controls_{kind}")[0] for one in curve.points]
            found[f"controls_{kind}"] = [_short(one) for one in controls]
        return {
            **found,
            "lead": _short(curve.lead),
            "lead_there": _short(curve.lead_there),
            "parts": curve.parts,
            "cpr": _short(curve.cpr),
            "cmd": _short(curve.cmd),
            "controls_cpr": _short(curve.controls_cpr[0]),
            "controls_cmd": _short(curve.controls_cmd[0]),
            "seconds": round(time.perf_counter() - start, 1),
        }


def main() -> None:
    bench = Bench()
    lists = {name: HERE / "templates" / f"{name}.yaml" for name in SETS}
    parts = Parts.of(FILE, machine(), Path(__file__), *lists.values())
    for name, file in lists.items():
        entries = load_prompts(file).graphs
        for number, entry in enumerate(entries, 1):
            found = parts.do(entry.slug, partial(bench.measured, entry))
            told = found.get("error") or f"CPR {found['cpr']:.2f}, CMD {found['cmd']:.3f}"
            sys.stdout.write(f"{name} {number}/{len(entries)} {entry.slug}: {told}\n")
            sys.stdout.flush()
    (HERE / "curve.svg").write_text(curve_plot(parts.found), encoding="utf-8")


def _short(value: float) -> float:
    return round(value, 4)


if __name__ == "__main__":
    main()
