"""A set far larger than the memory a process may have."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.features.dictionaries import D_MODEL, LAYERS
from tests.tiny_models import PROMPT, save_tiny_model

FEATURES = 4_000_000
ALIVE = (3, 1_999_999, 3_999_998)
LIMIT = 400 * 2**20  # beyond what a process with torch holds anyway
CHILD = """
import resource, sys
import torch
from tracer.attribution.trace import trace
from tracer.features.choose import choose_features
from tracer.features.weights.stored import whole
from tracer.model.load import load_model

model = load_model(sys.argv[1], device="cpu")
status = open("/proc/self/status").read()
held = int(status.split("VmData:")[1].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (held + int(sys.argv[4]),) * 2)
found = trace(sys.argv[3], model=model, features=sys.argv[2], allow_misfit=True)
print(sorted({index for one in found.layers for index in one.indices.tolist()}))
dictionary = choose_features(sys.argv[2], model_source="m", model_identity="0").dictionary
try:
    whole(dictionary.layers[0].encoder.stored)
except MemoryError:
    print("one matrix alone does not fit")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA holds for mapped memory on Linux")
def test_a_set_far_larger_than_memory(tmp_path: Path) -> None:
    folder = tmp_path / "features"
    folder.mkdir()
    size = sum(write_sparse(folder, layer) for layer in range(LAYERS))
    assert size > 7 * LIMIT
    model = save_tiny_model(tmp_path / "model")
    arguments = [str(model), str(folder), PROMPT, str(LIMIT)]
    done = subprocess.run([sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    indices, alone = done.stdout.splitlines()[-2:]
    assert json.loads(indices) == list(ALIVE)
    assert alone == "one matrix alone does not fit"


def write_sparse(folder: Path, layer: int) -> int:
    """A layer whose file is a hole but for a few features; named as the hub's cache names it, by
    its sha256, so that nobody reads it to know it. Returns its size."""
    shapes = {
        "W_enc": (FEATURES, D_MODEL),
        "W_dec": (FEATURES, D_MODEL),
        "b_enc": (FEATURES,),
        "b_dec": (D_MODEL,),
    }
    header: dict[str, dict[str, Any]] = {}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    written = json.dumps(header).encode()
    start = 8 + len(written)
    blob = folder / f"{layer:064x}"
    row = np.random.default_rng(layer).normal(size=D_MODEL).astype("<f4").tobytes()
    with blob.open("wb") as file:
        file.write(struct.pack("<Q", len(written)) + written)
        file.truncate(start + end)
        for index in ALIVE:
            for name, content in (("W_enc", row), ("W_dec", row), ("b_enc", struct.pack("<f", 1))):
                offset = header[name]["data_offsets"][0]
                file.seek(start + offset + index * len(content))
                file.write(content)
    (folder / f"layer_{layer}.safetensors").symlink_to(blob)
    return blob.stat().st_size
