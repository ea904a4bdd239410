"""Compares interventions with circuit-tracer 0.5 on the same random weights, in one run:
`make bench-interventions`.

For per-layer transcoders with and without skip connection and for cross-layer ones, the same
features are set under each option, on both sides. What differs of logits and of all activations
goes to `bench/interventions.json`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.workload import SIZES, write_workload  # noqa: E402
from tracer.interventions.held import Held  # noqa: E402
from tracer.interventions.steered_pass import Setting, SteeredPrompt  # noqa: E402
from tracer.interventions.targets import find_targets  # noqa: E402
from tracer.model.load import load_model  # noqa: E402

SIZE = SIZES["S"]
FOLDER = ROOT / ".tracer" / "bench" / "interventions"
KINDS = ("features", "skip", "clt")
OPTIONS: dict[str, dict[str, Any]] = {
    "recomputed": {"attention": False, "layers": None},
    "attention frozen": {"attention": True, "layers": None},
    "layers 1 and 2 constrained": {"attention": True, "layers": [1, 3]},
    "direct effects": {"attention": True, "layers": [0, SIZE.layers]},
}


def main() -> None:
    peer_python = sys.argv[1]
    write_workload(SIZE, FOLDER)
    write_others()
    model = load_model(str(FOLDER / "model"), device="cpu")
    ids = tuple(json.loads((FOLDER / "tokens.json").read_text()))
    cases, ours = [], {}
    for kind in KINDS:
        targets = find_targets(model, str(FOLDER / kind))
        settings = choose(SteeredPrompt(model, targets, ids))
        for option, how in OPTIONS.items():
            name = f"{kind}, {option}"
            layers = range(*how["layers"]) if how["layers"] else range(0)
            prompt = SteeredPrompt(model, targets, ids, Held(how["attention"], layers))
            run = prompt.run(settings, watch=range(SIZE.layers))
            ours[name] = (prompt, run)
            places = [[one.layer, one.position, one.index, one.value] for one in settings]
            cases.append({"name": name, "kind": kind, "settings": places, **how})
    (FOLDER / "cases.json").write_text(json.dumps(cases))
    script = str(ROOT / "bench" / "peer_interventions.py")
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONWARNINGS": "ignore"}
    subprocess.run([peer_python, script, str(FOLDER)], check=True, env=environment)
    peer = torch.load(FOLDER / "peer.pt", weights_only=True)
    results = [compare(name, prompt, run, peer[name]) for name, (prompt, run) in ours.items()]
    record = {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, no GPU",
        "date": time.strftime("%Y-%m-%d"),
        "cases": results,
    }
    (ROOT / "bench" / "interventions.json").write_text(json.dumps(record, indent=1) + "\n")
    for one in results:
        sys.stdout.write(json.dumps(one) + "\n")


def write_others() -> None:
    """The workload's features once more, with skip connections, and across layers."""
    torch.manual_seed(1)
    d = SIZE.d_model
    for kind in ("skip", "clt"):
        (FOLDER / kind).mkdir(exist_ok=True)
        head = "model_name: local\nfeature_input_hook: mlp.hook_in\n"
        model_kind = "cross_layer_transcoder" if kind == "clt" else "transcoder_set"
        text = f"{head}feature_output_hook: hook_mlp_out\nmodel_kind: {model_kind}\n"
        (FOLDER / kind / "config.yaml").write_text(text)
    for layer in range(SIZE.layers):
        made = load_file(FOLDER / "features" / f"layer_{layer}.safetensors")
        skip = {"W_skip": torch.randn(d, d) / d}
        save_file({**made, **skip}, FOLDER / "skip" / f"layer_{layer}.safetensors")
        decoders = torch.randn(SIZE.features, SIZE.layers - layer, d) / d**0.5
        named = {"W_enc": made["W_enc"], "b_enc": made["b_enc"], "b_dec": made["b_dec"]}
        named = {f"{name}_{layer}": one.contiguous() for name, one in named.items()}
        save_file(named, FOLDER / "clt" / f"W_enc_{layer}.safetensors")
        save_file({f"W_dec_{layer}": decoders}, FOLDER / "clt" / f"W_dec_{layer}.safetensors")


def choose(prompt: SteeredPrompt) -> list[Setting]:
    """In layers 1 and 2: an active feature to zero, one turned round, one that is off turned on."""
    settings = []
    for layer in (1, 2):
        active = prompt.targets.active(layer, prompt.baseline.reads[layer][0])
        first, second = (int(len(active.indices) * share) for share in (0.4, 0.8))
        for row, factor in ((first, 0.0), (second, -2.0)):
            place = int(active.indices[row]), int(active.positions[row])
            settings.append(Setting(layer, *place, factor * float(active.activations[row])))
        position = int(active.positions[first])
        on = set(active.indices[active.positions == position].tolist())
        off = next(index for index in range(SIZE.features) if index not in on)
        settings.append(Setting(layer, off, position, 3.0))
    return settings


def compare(name: str, prompt: SteeredPrompt, run: Any, peer: dict[str, torch.Tensor]) -> Any:
    """Relative differences: of the change of logits, and of all activations afterwards."""
    change = run.logits[0] - prompt.baseline.logits[0]
    theirs = peer["logits"] - prompt.baseline.logits[0]
    mine = torch.zeros_like(peer["activations"])
    for layer, read in run.reads.items():
        active = prompt.targets.active(layer, read[0])
        mine[layer, active.positions, active.indices] = active.activations
    there = peer["activations"]
    return {
        "case": name,
        "logits_changed_by": float(theirs.norm()),
        "logits_differ": float((change - theirs).norm() / theirs.norm()),
        "activations_differ": float((mine - there)[:, 1:].norm() / there[:, 1:].norm()),
    }


if __name__ == "__main__":
    main()
