"""The number formats that a model may be traced in, and what helps when one overflows."""

from __future__ import annotations

import torch

from tracer.documents.trace_settings import Precision

DTYPES: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fast": torch.float32,
}


def is_narrow(dtype: torch.dtype) -> bool:
    """Whether float32 holds what overflows in this format, or rounds what it rounds less."""
    return dtype in (torch.float16, torch.bfloat16)


def wider(dtype: torch.dtype) -> str:
    """What to do about numbers too large for a format: a wider one, where there is one."""
    if is_narrow(dtype):
        return "trace with `precision: float32`"
    return "no precision is wider: check the checkpoint and its config.json"
