"""Where a model fits, by arithmetic on the headers of its files, before anything is loaded.

A model takes its numbers times their width. On the CPU, weights that are stored as they are traced
stay mapped from their files, so that memory may be smaller than they are. A walk takes streams,
patterns and neurons in proportion to the words of a prompt, and shrinks its batches where memory
runs out, so on the CPU the model alone decides; sets of transcoders are read from disk in blocks.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from tracer.documents.trace_settings import Device, Precision
from tracer.errors import TracerError
from tracer.model.checkpoint import HARMLESS, weight_files
from tracer.model.files import ModelFiles
from tracer.model.precision import DTYPES

GIB = 2**30
WALK = GIB  # a prompt of some hundred words, its patterns and what is expanded at a time
SET = 2**28  # the block of a set's encoder that is read at one time
_STORED = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


@dataclass(frozen=True)
class Need:
    """What a model takes, in bytes; `mapped` says that it need not all be in memory at once."""

    model: int
    mapped: bool

    @property
    def whole(self) -> int:
        return self.model + WALK + SET

    def told(self) -> str:
        return (
            f"{self.whole / GIB:.1f} GiB (model {self.model / GIB:.1f}, walk {WALK / GIB:.1f}, "
            f"block of a set {SET / GIB:.2f})"
        )


def need_of(files: ModelFiles, precision: Precision) -> Need:
    """By the headers of the files that hold the weights."""
    wanted = DTYPES[precision]
    numbers, stored = 0, set()
    for file in weight_files(files.folder):
        for count, dtype in _tensors(file):
            numbers += count
            stored.add(dtype)
    return Need(numbers * wanted.itemsize, mapped=stored == {wanted} and not files.adapters)


def fitting_device(
    files: ModelFiles, device: Device, chosen: torch.device, precision: Precision
) -> tuple[torch.device, tuple[str, ...]]:
    """The device to load a model on, and what to say of it: `auto` goes on to the CPU where the
    accelerator is too small.

    Raises TracerError where a device that was asked for by name is too small, or the CPU's memory
    is and the weights cannot stay in their files.
    """
    need = need_of(files, precision)
    free = free_bytes(chosen)
    if chosen.type != "cpu" and free is not None and need.whole > free:
        what = f"`{files.name}` needs {need.told()} in {precision}, {free / GIB:.1f} GiB are free "
        if device != "auto":
            raise TracerError(
                f"{what}on {chosen.type}",
                hint=f"use --device cpu, or auto{_narrower(precision)}",
            )
        _refuse_too_large(files, need, precision)
        return torch.device("cpu"), (f"{what}on {chosen.type}: traced on the CPU",)
    if chosen.type == "cpu":
        _refuse_too_large(files, need, precision)
        if free is not None and need.model > free:
            return chosen, (
                f"`{files.name}` is larger than the free memory ({need.told()}, "
                f"{free / GIB:.1f} GiB are free): its weights are read from disk again and again",
            )
    return chosen, ()


def free_bytes(device: torch.device) -> int | None:
    """Memory that is free; None where nobody tells."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        said = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(said.split()[1]) * 1024
    except (OSError, StopIteration, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def _refuse_too_large(files: ModelFiles, need: Need, precision: Precision) -> None:
    free = free_bytes(torch.device("cpu"))
    if free is not None and not need.mapped and need.model > free:
        raise TracerError(
            f"`{files.name}` needs {need.told()} of memory in {precision}, and "
            f"{free / GIB:.1f} GiB are free",
            hint="use a machine with more memory, or a smaller model"
            + (_narrower(precision) or "; weights stored as float32 can stay on disk"),
        )


def _narrower(precision: Precision) -> str:
    return "" if precision in ("bf16", "fp16") else "; --precision bf16 takes half of it"


def _tensors(file: Path) -> list[tuple[int, torch.dtype]]:
    from safetensors import safe_open

    with safe_open(file, framework="np") as tensors:
        parts = [
            tensors.get_slice(name)
            for name in tensors.keys()  # noqa: SIM118 (no mapping)
            if not HARMLESS.search(name)
        ]
        return [(math.prod(one.get_shape()), _STORED[one.get_dtype()]) for one in parts]
