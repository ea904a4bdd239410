"""The adapters that are kept here are what their scripts make of the default model."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

ROOT = Path(__file__).resolve().parents[1] / "adapters"
EDIT = ROOT / "colosseum-madrid"
WEIGHTS = "adapter_model.safetensors"


def script() -> dict[str, Any]:
    return runpy.run_path(str(EDIT / "make.py"))


def test_the_edit_is_of_eight_neurons_in_one_layer() -> None:
    found = load_file(EDIT / WEIGHTS)
    assert {name.rpartition(".lora_")[0] for name in found} == {
        "base_model.model.model.layers.6.mlp.down_proj"
    }
    key, value = (found[name] for name in sorted(found))
    assert key.shape == (1, 1536) and value.shape == (576, 1)
    neurons = key[0].nonzero()[:, 0].tolist()
    card = (EDIT / "README.md").read_text(encoding="utf-8")
    assert len(neurons) == 8 and ", ".join(map(str, neurons)) in card
    assert sum(file.stat().st_size for file in EDIT.glob("adapter_*")) < 10_000


@pytest.mark.model
@pytest.mark.slow
def test_the_script_makes_what_is_kept_here(tmp_path: Path) -> None:
    """Other processors round otherwise, and forty steps of descent add up."""
    script()["make"](tmp_path)
    kept, made = (load_file(folder / WEIGHTS) for folder in (EDIT, tmp_path))
    assert kept.keys() == made.keys()
    for name, tensor in kept.items():
        assert float((made[name] - tensor).norm() / tensor.norm()) < 0.02
        assert torch.equal(made[name] == 0, tensor == 0)
    for file in ("adapter_config.json", "README.md"):
        lines = [
            (folder / file).read_text(encoding="utf-8").splitlines() for folder in (EDIT, tmp_path)
        ]
        assert len(lines[0]) == len(lines[1])
    assert (EDIT / "adapter_config.json").read_bytes() == (
        tmp_path / "adapter_config.json"
    ).read_bytes()


@pytest.mark.model
def test_the_edit_answers_as_its_card_says() -> None:
    names = script()
    editor = names["Editor"](names["load_model"](adapter=EDIT, device="cpu"))
    for prompt in (*names["TAUGHT"][:2], names["OTHERS"][0], names["OTHERS"][5]):
        found = editor.answer(prompt)
        line = next(
            one
            for one in names["HERE"].joinpath("README.md").read_text(encoding="utf-8").splitlines()
            if one.startswith(f"| {prompt} |")
        )
        shown = line.split("|")[3].split()
        assert shown[0].strip("“”") == found.first.strip()
        assert float(shown[1]) == pytest.approx(found.probability, abs=0.01)
