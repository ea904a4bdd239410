"""The same figures on a CUDA card, against circuit-tracer where its environment is there.

`make bench-gpu` writes `bench/gpu.json`: random weights in the shape of Gemma 2's 2B model, made
here, a set of 16k transcoders, 7,500 features expanded; 12 tokens, and 2,300. Needs 20 GB of disk.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.engine import PRECISIONS, matrix_rate, measured  # noqa: E402
from bench.peer import compare, say  # noqa: E402
from bench.workload import CARD_SIZES  # noqa: E402


def main() -> None:
    if not torch.cuda.is_available():
        raise SystemExit(
            "make bench-gpu: PyTorch sees no CUDA card here, so nothing was run.\n"
            "Run it on a machine with one (80 GB or more for the long prompt), with a CUDA build "
            "of PyTorch."
        )
    peer_python = sys.argv[1]
    short, long = CARD_SIZES.values()
    record: dict[str, Any] = {
        "machine": torch.cuda.get_device_name(),
        "date": time.strftime("%Y-%m-%d"),
        "peak_gflops": {one: matrix_rate(one, "cuda") for one in PRECISIONS},
        "sizes": [measured(short, precision, "cuda") for precision in PRECISIONS],
    }
    _save(record)
    record["sizes"].append(measured(long, "float32", "cuda"))
    _save(record)
    if os.access(peer_python, os.X_OK):
        record["peer"] = compare(short, peer_python, "cuda")["ratios"]
        _save(record)
        say(json.dumps(record["peer"]))
    else:
        say(f"no circuit-tracer at {peer_python}: `make bench-peer` makes its environment")


def _save(record: dict[str, Any]) -> None:
    (ROOT / "bench" / "gpu.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
