"""Run in an environment of its own, by test_publishers.py: what a publisher's loader makes of sets.

`python publishers.py WHICH FOLDER INPUTS OUTPUTS`: the folders of all layers lie in FOLDER, by name
in the layers' order.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

Computed = tuple[Tensor, Tensor]  # activations, what is written


def saelens(folder: Path, x: Tensor) -> Computed:
    from sae_lens import SAE

    theirs: Any = SAE.load_from_disk(folder)
    return theirs.encode(x), theirs(x)


def llamascopium(folder: Path, x: Tensor) -> Computed:
    import json

    from llamascopium.models.sae import SparseAutoEncoder

    said = json.loads((folder / "config.json").read_text())
    fold = said["norm_activation"] == "dataset-wise"
    theirs: Any = SparseAutoEncoder.from_pretrained(str(folder), fold_activation_scale=fold)
    return theirs.encode(x), theirs(x)


def sparsify(folder: Path, x: Tensor) -> Computed:
    from sparsify import SparseCoder

    theirs: Any = SparseCoder.load_from_disk(folder)
    given = theirs(x, x)
    acts = torch.zeros(len(x), theirs.num_latents)
    return acts.scatter_(1, given.latent_indices, given.latent_acts), given.sae_out


LOADERS: dict[str, Callable[[Path, Tensor], Computed]] = {
    "saelens": saelens,
    "llamascopium": llamascopium,
    "sparsify": sparsify,
}


@torch.no_grad()
def main(which: str, home: Path, inputs: Path, outputs: Path) -> None:
    found: dict[str, Tensor] = {}
    folders = sorted(one for one in home.iterdir() if one.is_dir())
    xs = load_file(inputs)
    for layer, folder in enumerate(folders):
        acts, written = LOADERS[which](folder, xs[str(layer)])
        found[f"acts {layer}"], found[f"written {layer}"] = acts.contiguous(), written.contiguous()
    save_file(found, outputs)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:5]))
