"""The peer's side of the interventions: circuit-tracer's `feature_intervention`, in its own
environment.

`python peer_interventions.py FOLDER` runs every case of FOLDER/cases.json and writes what came of
it to FOLDER/peer.pt.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from circuit_tracer.transcoder.cross_layer_transcoder import load_clt
from peer_side import load, load_set


def features(folder: Path, kind: str) -> Any:
    """A set of per-layer or cross-layer transcoders, as the library's own classes."""
    if kind != "clt":
        return load_set(folder / kind)
    return load_clt(
        str(folder / kind),
        feature_input_hook="mlp.hook_in",
        feature_output_hook="hook_mlp_out",
        scan="local",
        device=torch.device("cpu"),
        dtype=torch.float32,
    )


def main() -> None:
    folder = Path(sys.argv[1])
    tokens = torch.tensor(json.loads((folder / "tokens.json").read_text()))
    cases = json.loads((folder / "cases.json").read_text())
    found = {}
    for kind in dict.fromkeys(case["kind"] for case in cases):
        model = load(folder, features(folder, kind))
        for case in (one for one in cases if one["kind"] == kind):
            layers = case["layers"]
            logits, activations = model.feature_intervention(
                tokens,
                [tuple(one) for one in case["settings"]],
                constrained_layers=None if layers is None else range(*layers),
                freeze_attention=case["attention"],
            )
            found[case["name"]] = {"logits": logits[0, -1].clone(), "activations": activations}
    torch.save(found, folder / "peer.pt")


if __name__ == "__main__":
    main()
