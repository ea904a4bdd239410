"""Weights that were read go back to the system, and are there as before."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from tests.tiny_models import save_tiny_model
from tracer.model.load import Model, load_model
from tracer.model.unneeded_memory import let_go, trim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is mapped")
IDS = torch.tensor([[1, 5, 9, 2]])


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return load_model(str(save_tiny_model(tmp_path / "model")), device="cpu")


def held(folder: Path) -> int:
    """Kilobytes in memory of a folder's files."""
    here, total = False, 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if line[0].islower() or line[0].isdigit():
            here = str(folder) in line
        elif here and line.startswith("Rss:"):
            total += int(line.split()[1])
    return total


@torch.no_grad()
def test_weights_take_memory_again_only_where_they_are_read(model: Model, tmp_path: Path) -> None:
    logits = model.causal_lm(IDS).logits
    assert held(tmp_path) > 0
    model.let_go()
    assert held(tmp_path) == 0
    torch.testing.assert_close(model.causal_lm(IDS).logits, logits)
    assert held(tmp_path) > 0


@torch.no_grad()
def test_what_was_changed_stays_changed(model: Model) -> None:
    model.unembedding[3] = 7.0
    copied = torch.full((4096,), 5.0)
    let_go([*model.causal_lm.parameters(), copied])
    trim()
    assert bool((model.unembedding[3] == 7.0).all()) and bool((copied == 5.0).all())
