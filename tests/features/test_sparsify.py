"""A set that another program trained: EleutherAI's sparsify, from PyPI (`make test-all`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.tiny_models import PROMPT, exact_tiny_model, save_tiny_model
from tests.tracing import trace_nodes
from tracer.documents.trace_settings import TraceSettings

TRAIN = """
import sys
import torch
from datasets import Dataset
from sparsify import SaeConfig, TrainConfig, Trainer
from transformers import AutoModelForCausalLM

torch.manual_seed(0)
model = AutoModelForCausalLM.from_pretrained(sys.argv[1])
tokens = torch.randint(2, 60, (256, 16)).tolist()
coder = SaeConfig(expansion_factor=4, k=6, transcode=True, skip_connection=sys.argv[3] == "skip")
config = TrainConfig(
    coder,
    batch_size=8,
    hookpoints=["layers.*.mlp"],
    log_to_wandb=False,
    save_dir=sys.argv[2],
    run_name="tiny",
)
Trainer(config, Dataset.from_dict({"input_ids": tokens}).with_format("torch"), model).fit()
"""


@pytest.mark.slow
@pytest.mark.parametrize("skip", ["skip", "plain"])
def test_a_set_trained_by_sparsify_loads_unchanged(tmp_path: Path, skip: str) -> None:
    from sparsify import SparseCoder

    trained = tmp_path / "trained"
    arguments = [str(save_tiny_model(tmp_path / "model")), str(trained), skip]
    done = subprocess.run([sys.executable, "-c", TRAIN, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    model = exact_tiny_model(tmp_path / "model")
    features, everything = str(trained / "tiny"), TraceSettings(coverage=1.0, allow_misfit=True)
    found = trace_nodes(PROMPT, model=model, features=features, settings=everything)
    assert found.active.count > 20
    for layer, one in enumerate(found.layers):
        theirs = SparseCoder.load_from_disk(trained / "tiny" / f"layers.{layer}.mlp").double()
        x, y = found.frozen.mlp_inputs[layer], found.frozen.mlp_outputs[layer]
        with torch.no_grad():
            given = theirs(x, y)
        active = torch.zeros(len(x), theirs.num_latents, dtype=torch.float64)
        active.scatter_(1, given.latent_indices, given.latent_acts)
        active[0] = 0  # the start token is the same for every prompt
        positions, indices = active.nonzero(as_tuple=True)
        assert torch.equal(one.positions, positions) and torch.equal(one.indices, indices)
        torch.testing.assert_close(one.activations, active[positions, indices])
        torch.testing.assert_close(one.error[1:], (y - given.sae_out)[1:])
