"""Layouts against the loaders of those who publish them, from PyPI, in an environment of their own
(`make test-all`). CLT-Forge is no package: what it computes is written down in test_trainers.py."""

from __future__ import annotations

import json
import subprocess
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.features.dictionaries import (
    D_MODEL,
    LAYERS,
    WIDTH,
    write_openmoss,
    write_saelens,
    write_sparsify,
)
from tests.features.test_trainers import inputs, opened, ours

HOME = Path(__file__).parents[2] / ".tracer" / "publishers"
PACKAGES = ("sae-lens==6.54.12", "llamascopium==2.0.0b34", "eai-sparsify==1.3.3")
SCRIPT = Path(__file__).with_name("publishers.py")


def sparsify(folder: Path, **more: Any) -> Path:
    write_sparsify(folder, **more)
    for file in folder.rglob("cfg.json"):
        sizes = {"d_in": D_MODEL, "num_latents": WIDTH, "skip_connection": True}
        file.write_text(json.dumps({**json.loads(file.read_text()), **sizes}))
    return folder


Write = Callable[[Path], Path]


def of_saelens(kind: str) -> Write:
    return lambda folder: write_saelens(folder, kind=kind)


def of_openmoss(act_fn: str, norm: str, *, by_norm: bool) -> Write:
    said = {"act_fn": act_fn, "norm": norm, "sparsity_include_decoder_norm": by_norm}
    return lambda folder: write_openmoss(folder, **said)  # type: ignore[arg-type]


CASES: dict[str, tuple[str, Write]] = {
    "SAELens": ("saelens", of_saelens("transcoder")),
    "SAELens, skip": ("saelens", of_saelens("skip_transcoder")),
    "SAELens, JumpReLU": ("saelens", of_saelens("jumprelu_transcoder")),
    "SAELens, JumpReLU, skip": ("saelens", of_saelens("jumprelu_skip_transcoder")),
    # Its own folding leaves thresholds as they were in training, unlike what it trained, so
    # JumpReLU is compared where nothing is folded.
    **{
        f"Language-Model-SAEs, {act_fn}, {norm}, {by_norm}": (
            "llamascopium",
            of_openmoss(act_fn, norm, by_norm=by_norm),
        )
        for act_fn, norm in (
            *(("topk", "dataset-wise"), ("topk", "inference")),
            *(("relu", "dataset-wise"), ("jumprelu", "inference")),
        )
        for by_norm in (True, False)
    },
    "sparsify, TopK": ("sparsify", sparsify),
    "sparsify, group-max": (
        "sparsify",
        lambda folder: sparsify(folder, activation="groupmax", k=8, name="h"),
    ),
}


@pytest.fixture(scope="module")
def python() -> str:
    """An interpreter with the publishers' packages, which finds torch where the tests do."""
    found = HOME / "bin" / "python"
    done = HOME / "installed"
    if not done.exists() or done.read_text() != " ".join(PACKAGES):
        venv.create(HOME, clear=True, with_pip=True)
        site = next(HOME.glob("lib/python*/site-packages"))
        (site / "tests.pth").write_text(sysconfig.get_path("purelib"))
        pins = HOME / "pins.txt"
        pins.write_text(f"torch=={torch.__version__}\n")
        install = [str(found), "-m", "pip", "install", "-q", "-c", str(pins), *PACKAGES]
        subprocess.run(install, check=True)
        done.write_text(" ".join(PACKAGES))
    return str(found)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_set_is_read_as_its_publisher_reads_it(tmp_path: Path, python: str, case: str) -> None:
    which, write = CASES[case]
    folder = write(tmp_path / "set")
    xs = inputs()
    save_file({str(layer): x for layer, x in enumerate(xs)}, tmp_path / "inputs.safetensors")
    files = [str(tmp_path / name) for name in ("inputs.safetensors", "outputs.safetensors")]
    run = [python, str(SCRIPT), which, str(folder), *files]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = load_file(files[1])
    acts, written = ours(opened(folder), xs)
    for layer in range(LAYERS):
        assert int((acts[layer] != 0).sum()) > 10
        for name, one in (("acts", acts[layer]), ("written", written[layer])):
            other = theirs[f"{name} {layer}"]
            gap = float((one - other).norm() / other.norm())
            assert gap <= 1e-6, f"{name} of layer {layer}: {gap:.1e}"
