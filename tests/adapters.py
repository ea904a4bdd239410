"""LoRA folders on disk, as peft saves them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

DOWN = "model.layers.1.mlp.down_proj"
PREFIX = "base_model.model."
SETTINGS: dict[str, Any] = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "base_model_name_or_path": "org/tiny",
    "r": 2,
    "lora_alpha": 3,
    "lora_dropout": 0.05,
    "target_modules": ["down_proj"],
    "layers_to_transform": [1],
    "bias": "none",
    "fan_in_fan_out": False,
    "inference_mode": True,
    "peft_version": "0.21.2",
    "rank_pattern": {},
    "modules_to_save": None,
}


def save_adapter(
    folder: Path,
    shapes: Mapping[str, tuple[int, int]] | None = None,
    *,
    rank: int = 2,
    seed: int = 0,
    **fields: object,
) -> Path:
    """Random halves for matrices of these names and shapes (out, in); a tiny Llama's `DOWN`."""
    chance = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, (rows, columns) in (shapes or {DOWN: (32, 48)}).items():
        halves = {"lora_A": (rank, columns), "lora_B": (rows, rank)}
        for half, shape in halves.items():
            tensors[f"{PREFIX}{name}.{half}.weight"] = torch.randn(shape, generator=chance)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({**SETTINGS, "r": rank, **fields}))
    return folder


def halves(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def change_halves(folder: Path, **tensors: torch.Tensor | None) -> None:
    """By the ends of their names with `_` for what stands behind the module; None takes away."""
    found = halves(folder)
    for end, tensor in tensors.items():
        name = next((one for one in found if f".{end}." in one), end)
        if tensor is None:
            del found[name]
        else:
            found[name] = tensor
    save_file(found, folder / "adapter_model.safetensors")
