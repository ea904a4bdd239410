"""Our own figures: `make bench` writes `bench/engine.json` and `bench/cost.svg`.

Sizes S, M and L of random Llama weights with per-layer transcoders; how the cost of one trace
grows with tokens, layers and active features; neurons on the default model; how fast texts are
read. Each in a process of its own, medians of three.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.cost_plot import cost_plot  # noqa: E402
from bench.peer import SCRATCH, run_side, say  # noqa: E402
from bench.workload import SIZES, Size, write_workload  # noqa: E402

PRECISIONS = ("float32", "fast")
BASE = Size("base", layers=8, d_model=256, features=4096, tokens=16, per_position=20)
GROWTH = {
    "tokens": [replace(BASE, name=f"tokens-{n}", tokens=n) for n in (8, 16, 32, 64)],
    "layers": [replace(BASE, name=f"layers-{n}", layers=n) for n in (4, 8, 16, 32)],
    "active features": [
        replace(BASE, name=f"active-{n}", per_position=n) for n in (10, 20, 40, 80)
    ],
}
# Tokens by mode; a graph of nodes on 1,024 tokens takes hours.
NEURONS = {"transparent": (15, 64, 256, 1024), "nodes": (15, 64, 256)}
LONG = 256  # from here on one run each


def main() -> None:
    """All of it, or with `neurons` or `texts` these alone, beside what was measured before."""
    file = ROOT / "bench" / "engine.json"
    if len(sys.argv) > 1:
        part = sys.argv[1]
        found = {"neurons": neurons, "texts": texts}[part]()
        machine = {"machine": _machine(), "date": time.strftime("%Y-%m-%d")}
        known = {**json.loads(file.read_text()), part: found, f"{part}_on": machine}
        file.write_text(json.dumps(known, indent=1) + "\n")
        return
    record: dict[str, Any] = {
        "machine": _machine(),
        "date": time.strftime("%Y-%m-%d"),
        "load": os.getloadavg()[0],
        "peak_gflops": {one: matrix_rate(one) for one in PRECISIONS},
        "sizes": [measured(size, precision) for size in SIZES.values() for precision in PRECISIONS],
        "neurons": neurons(),
        "texts": texts(),
        "growth": {
            name: [measured(size, "float32") for size in sizes] for name, sizes in GROWTH.items()
        },
    }
    file.write_text(json.dumps(record, indent=1) + "\n")
    (ROOT / "bench" / "cost.svg").write_text(cost_plot(record["growth"]), encoding="utf-8")


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def measured(size: Size, precision: str, device: str = "cpu") -> dict[str, Any]:
    """One size: seconds by phase, memory, and operations a second against what is counted."""
    folder = SCRATCH / size.name
    write_workload(size, folder)
    most = str(size.expanded or "all")
    side = run_side(sys.executable, "our_side.py", folder, precision, most, "3", precision, device)
    forward, trace, prune = (
        statistics.median(run[phase] for run in side["runs"])
        for phase in ("forward", "trace", "prune")
    )
    found = {
        "size": size.name,
        "precision": precision,
        "layers": size.layers,
        "tokens": size.tokens,
        "active": side["active"],
        "expanded": side["expanded"],
        "cut": side["cut"],
        "forward_seconds": forward,
        "sweep_seconds": trace - forward,
        "prune_seconds": prune,
        "seconds": trace + prune,
        "process_seconds": side["import_seconds"] + side["load_seconds"] + trace + prune,
        "gflop": side["operations"] / 1e9,
        "gflop_without_cut": side["operations_without_cut"] / 1e9,
        "peak_gib": side["peak_rss_bytes"] / 2**30,
        "peak_card_gib": side["peak_card_bytes"] and side["peak_card_bytes"] / 2**30,
    }
    say(f"{size.name} {precision}: {found['seconds']:.2f} s, {found['peak_gib']:.2f} GiB")
    return found


def matrix_rate(precision: str, device: str = "cpu", side: int | None = None) -> float:
    """GFLOP/s of one large matrix product, the best of ten."""
    dtype = torch.bfloat16 if precision == "fast" else torch.float32
    side = side or (2048 if device == "cpu" else 8192)
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        start = time.perf_counter()
        product = left @ right
        product[0, 0].item()  # waits for a card
        best = min(best, time.perf_counter() - start)
    return 2 * side**3 / best / 1e9


def neurons() -> list[dict[str, Any]]:
    """The default model on prompts of several lengths, in both modes, with default settings."""
    return [neurons_of(mode, tokens) for mode, sizes in NEURONS.items() for tokens in sizes]


def texts() -> dict[str, Any]:
    """How fast texts are read for features, beside the model's bare forward pass."""
    result = SCRATCH / "texts.json"
    SCRATCH.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "bench" / "text_speed.py"), str(result)]
    subprocess.run(command, check=True, env=environment)
    found: dict[str, Any] = json.loads(result.read_text())
    say(f"texts: {found['reading']:.0f} tokens/s, {found['share']:.0%} of the bare pass")
    return found


def neurons_of(mode: str, tokens: int) -> dict[str, Any]:
    result = SCRATCH / "neurons.json"
    SCRATCH.mkdir(parents=True, exist_ok=True)
    repeats = 3 if tokens < LONG else 1
    command = [sys.executable, str(ROOT / "bench" / "neurons.py"), mode, str(tokens), str(repeats)]
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": str(ROOT)}
    subprocess.run([*command, str(result)], check=True, env=environment)
    found: dict[str, Any] = json.loads(result.read_text())
    found["seconds"] = statistics.median(found.pop("runs"))
    found["peak_gib"] = found.pop("peak_bytes") / 2**30
    found["loaded_gib"] = found.pop("loaded_bytes") / 2**30
    say(f"neurons, {mode}, {tokens} tokens: {found['seconds']:.2f} s, {found['peak_gib']:.2f} GiB")
    return found


if __name__ == "__main__":
    main()
