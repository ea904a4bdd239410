"""The same figures on a CUDA card, by one command that installs and fetches nothing:

    python bench/gpu.py

It needs an interpreter with PyTorch, transformers and pydantic, and this folder. Models and
transcoders are random and made on the card. Each part has its time, and is in `bench/gpu.json` as
soon as it ends; a second run goes on. Where circuit-tracer can be imported, or `--peer FOLDER`
says where it lies, it is measured beside. `--size tiny --device cpu` tries all of it in a minute.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = {"torch": "2.6", "transformers": "5.0", "pydantic": "2.9"}


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    lacking = [name for name in NEEDED if find_spec(name) is None]
    if lacking:
        sys.stderr.write(
            f"bench/gpu.py: {sys.executable} has no {' and no '.join(lacking)}, so nothing was "
            "run; give it an interpreter that has.\n"
        )
        return 1
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.path.insert(0, str(ROOT))
    for name, least in NEEDED.items():
        if _numbers(found := _version(name)) < _numbers(least):
            sys.stderr.write(f"{name} {found} is here; tracer asks for {least} or newer\n")
    import torch

    if options.device == "cuda" and not torch.cuda.is_available():
        sys.stderr.write(
            "bench/gpu.py: PyTorch sees no CUDA card here, so nothing was run.\n"
            "`--size tiny --device cpu` tries the same at a small size.\n"
        )
        return 1
    if options.device == "cpu" and options.size == "full":
        sys.stderr.write("bench/gpu.py: the full size is for a card; add --size tiny\n")
        return 1
    if options.device == "cpu":
        torch.set_num_threads(1)  # nothing here is large enough to be shared out
    from bench.gpu_parts import run

    return run(options.size, options.device, options.peer, options.out or _file(options.size))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="tracer on a CUDA card, eight minutes at most")
    parser.add_argument("--size", choices=("full", "tiny"), default="full")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    made = next(iter(ROOT.glob(".tracer/peer/lib/python*/site-packages")), None)
    told = "a folder with circuit-tracer's package (default: what `make bench-peer` made)"
    parser.add_argument("--peer", type=Path, default=made, help=told)
    parser.add_argument("--out", type=Path, help="where parts are saved (default: bench/gpu.json)")
    return parser.parse_args(arguments)


def _file(size: str) -> Path:
    """What was only tried is no measurement."""
    return ROOT / "bench" / "gpu.json" if size == "full" else ROOT / ".tracer" / "gpu-tiny.json"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "0"


def _numbers(found: str) -> tuple[int, ...]:
    return tuple(int(one) for one in found.split(".")[:2] if one.isdigit())


if __name__ == "__main__":
    sys.exit(main())
