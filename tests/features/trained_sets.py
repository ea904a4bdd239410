"""Sets that fit: a small trainer for transcoders of a tiny model, in the published layouts.

A few hundred steps of Adam on the squared error, with all layers at once. The words of a sentence
follow each other by a fixed table, so that there is something to learn.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.features.dictionaries import Numbers, save
from tests.tiny_models import WORDS
from tracer.model.load import Model

FEATURES, K, STEPS = 96, 12, 160
SENTENCES, LENGTH = 96, 13
Weights = list[Numbers]  # one a layer, as `numbers` has them


@dataclass(frozen=True)
class Seen:
    """What MLPs read and add on many sentences, (layers, positions, d_model) each."""

    streams: Tensor
    inputs: Tensor
    outputs: Tensor
    added: Tensor  # behind a post-norm, where there is one


def sentences(seed: int = 1) -> Tensor:
    """(sentences, tokens): each word is followed by one of four."""
    followers = torch.randint(
        2, len(WORDS), (len(WORDS), 4), generator=torch.Generator().manual_seed(0)
    )
    made = torch.Generator().manual_seed(seed)
    tokens = [torch.zeros(SENTENCES, dtype=torch.long)]
    tokens.append(torch.randint(2, len(WORDS), (SENTENCES,), generator=made))
    while len(tokens) < LENGTH:
        which = torch.randint(4, (SENTENCES,), generator=made)
        tokens.append(followers[tokens[-1], which])
    return torch.stack(tokens, 1)


def prompt(seed: int = 7) -> str:
    """A sentence of the same kind that was not trained on."""
    return "".join(WORDS[one] for one in sentences(seed)[0, 1:].tolist())


def look(model: Model, tokens: Tensor) -> Seen:
    """Start tokens are left out, as they are in traces."""
    kept: dict[str, list[Tensor]] = {"streams": [], "inputs": [], "outputs": [], "added": []}
    names, handles = model.architecture, []

    def keep(place: str, *, given: bool) -> Callable[..., None]:
        def hook(_: Any, read: tuple[Tensor, ...], output: Tensor) -> None:
            kept[place].append((output if given else read[0])[:, 1:].flatten(0, 1).float())

        return hook

    for block in model.module(names.layers):
        mlp = block.get_submodule(names.mlp)
        behind = block.get_submodule(names.mlp_post_norm) if names.mlp_post_norm else mlp
        norm = block.get_submodule(names.mlp_norm or names.mlp)
        for module, place, given in (
            (norm, "streams", False),
            (mlp, "inputs", False),
            (mlp, "outputs", True),
            (behind, "added", True),
        ):
            handles.append(module.register_forward_hook(keep(place, given=given)))
    with torch.no_grad():
        model.causal_lm(tokens)
    for handle in handles:
        handle.remove()
    return Seen(**{place: torch.stack(tensors) for place, tensors in kept.items()})


def train(
    x: Tensor,
    y: Tensor,
    *,
    activation: str = "relu",
    skip: bool = False,
    across: bool = False,
) -> Weights:
    """`relu`, `jumprelu` (thresholds fixed) or `topk` transcoders from x to y, both
    (layers, positions, d_model); `across` layers each writes to those above it too."""
    torch.manual_seed(1)
    layers, _, d = x.shape
    centre, reach = y.mean(1), (layers,) if across else ()
    encoder = torch.randn(layers, FEATURES, d) / x.pow(2).sum(-1).mean().sqrt()
    weights = {
        "encoder": encoder,
        "encoder_bias": torch.zeros(layers, FEATURES),
        "decoder": torch.randn(layers, FEATURES, *reach, d) * 0.1 * y.std() / layers,
        "decoder_bias": centre.clone(),
    }
    if skip:
        weights["skip"] = torch.linalg.lstsq(x, y - centre[:, None]).solution
    learnt = [one.requires_grad_() for one in weights.values()]
    thresholds = 0.2 + 0.4 * torch.rand(layers, FEATURES)
    upwards = torch.ones(layers, layers).triu()[:, None, :, None]
    optimizer = torch.optim.Adam(learnt, lr=0.02)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, STEPS)
    for _ in range(STEPS):
        before = torch.einsum("lnd,lfd->lnf", x, weights["encoder"])
        before = before + weights["encoder_bias"][:, None]
        acts = before.relu()
        if activation == "jumprelu":
            acts = before * (before > thresholds[:, None])
        elif activation == "topk":
            least = before.topk(K, dim=-1).values[..., -1:]
            acts = (before * (before >= least)).relu()
        given = weights["decoder_bias"][:, None] + (
            torch.einsum("lnf,lfmd->mnd", acts, weights["decoder"] * upwards)
            if across
            else acts @ weights["decoder"]
        )
        if skip:
            given = given + x @ weights["skip"]
        optimizer.zero_grad()
        loss = ((given - y) ** 2).sum() / ((y - centre[:, None]) ** 2).sum()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
    return [
        {
            **{name: one[layer].detach() for name, one in weights.items()},
            **({"decoder": weights["decoder"][layer, :, layer:].detach()} if across else {}),
            **({"threshold": thresholds[layer]} if activation == "jumprelu" else {}),
        }
        for layer in range(layers)
    ]


def native(weights: Weights, folder: Path, config: str = "") -> Path:
    """circuit-tracer's layout, per layer."""
    names = {
        "encoder": "W_enc",
        "decoder": "W_dec",
        "encoder_bias": "b_enc",
        "decoder_bias": "b_dec",
        "threshold": "activation_function.threshold",
    }
    for layer, made in enumerate(weights):
        named = {names[name]: one for name, one in made.items() if name in names}
        if "skip" in made:
            named["W_skip"] = made["skip"].T
        save(named, folder / f"layer_{layer}.safetensors")
    if config:
        (folder / "config.yaml").write_text(config)
    return folder


def native_across(weights: Weights, folder: Path, config: str = "") -> Path:
    for layer, made in enumerate(weights):
        named = {
            f"W_enc_{layer}": made["encoder"],
            f"b_enc_{layer}": made["encoder_bias"],
            f"b_dec_{layer}": made["decoder_bias"],
        }
        save(named, folder / f"W_enc_{layer}.safetensors")
        save({f"W_dec_{layer}": made["decoder"]}, folder / f"W_dec_{layer}.safetensors")
    if config:
        (folder / "config.yaml").write_text(config)
    return folder


def gemma_scope(weights: Weights, folder: Path) -> Path:
    for layer, made in enumerate(weights):
        file = folder / f"layer_{layer}" / "width_16k" / f"average_l0_{layer + 7}" / "params.npz"
        file.parent.mkdir(parents=True)
        named = {
            "W_enc": made["encoder"].T,
            "W_dec": made["decoder"],
            "b_enc": made["encoder_bias"],
            "b_dec": made["decoder_bias"],
        }
        if "threshold" in made:
            named["threshold"] = made["threshold"]
        arrays: dict[str, Any] = {name: one.numpy() for name, one in named.items()}
        np.savez(file, **arrays)
    return folder


def gemma_scope_2(weights: Weights, folder: Path, **config: object) -> Path:
    for layer, made in enumerate(weights):
        home = folder / f"layer_{layer}_width_16k_l0_small"
        named = {
            "w_enc": made["encoder"].T,
            "w_dec": made["decoder"],
            "b_enc": made["encoder_bias"],
            "b_dec": made["decoder_bias"],
            "threshold": made["threshold"],
        }
        if "skip" in made:
            named["affine_skip_connection"] = made["skip"]
        save(named, home / "params.safetensors")
        block = f"model.layers.{layer}"
        said = {  # the fields of the published ones
            "hf_hook_point_in": f"{block}.pre_feedforward_layernorm.output",
            "hf_hook_point_out": f"{block}.post_feedforward_layernorm.output",
            "width": FEATURES,
            "model_name": "google/gemma-3-1b-pt",
            "architecture": "jump_relu",
            "l0": 20,
            "affine_connection": "skip" in made,
            "type": "transcoder",
        }
        (home / "config.json").write_text(json.dumps({**said, **config}))
    return folder


def sparsify(weights: Weights, folder: Path, **config: object) -> Path:
    for layer, made in enumerate(weights):
        home = folder / f"layers.{layer}.mlp"
        named = {
            "encoder.weight": made["encoder"],
            "encoder.bias": made["encoder_bias"],
            "W_dec": made["decoder"],
            "b_dec": made["decoder_bias"],
        }
        if "skip" in made:
            named["W_skip"] = made["skip"].T
        save(named, home / "sae.safetensors")
        said = {  # sets with a skip connection are older than `transcode`
            "expansion_factor": 32,
            "normalize_decoder": True,
            "num_latents": FEATURES,
            "k": K,
            "multi_topk": False,
            **({"skip_connection": True} if "skip" in made else {"transcode": True}),
            "d_in": made["encoder"].shape[1],
        }
        (home / "cfg.json").write_text(json.dumps({**said, **config}))
    return folder
