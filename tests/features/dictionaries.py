"""One set of random numbers, written as each published layout has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

WIDTH, LAYERS, D_MODEL = 40, 3, 32
Numbers = dict[str, Tensor]
Write = Callable[..., Path]


def numbers(
    layer: int, *, across: bool = False, threshold: bool = False, skip: bool = False
) -> Numbers:
    """One layer of a set: encoder (features, d_model), decoder likewise or, `across` layers,
    (features, layers from its own on, d_model), biases, and what is asked for besides. The skip
    connection is for `x @ skip`."""
    torch.manual_seed(50 + layer)
    made = {
        "encoder": torch.randn(WIDTH, D_MODEL) * 0.3,
        "decoder": torch.randn(WIDTH, LAYERS, D_MODEL) * 0.2,
        "encoder_bias": torch.randn(WIDTH) * 0.1,
        "decoder_bias": torch.randn(D_MODEL) * 0.1,
        "skip": torch.randn(D_MODEL, D_MODEL) * 0.1,
        "threshold": torch.rand(WIDTH) * 0.5,
    }
    made["decoder"] = made["decoder"][:, layer:] if across else made["decoder"][:, layer]
    for name, wanted in (("skip", skip), ("threshold", threshold)):
        if not wanted:
            del made[name]
    return made


def config(folder: Path, *, reads: str = "", writes: str = "", more: str = "") -> None:
    lines = [f"feature_input_hook: {reads}"] if reads else []
    lines += [f"feature_output_hook: {writes}"] if writes else []
    text = "\n".join([*lines, more])
    if text:
        (folder / "config.yaml").write_text(text)


def write_plt(
    folder: Path, *, reads: str = "", writes: str = "", more: str = "", **of: bool
) -> Path:
    """circuit-tracer's own layout, per layer."""
    for layer in range(LAYERS):
        made = numbers(layer, **of)
        named = {
            "W_enc": made["encoder"],
            "W_dec": made["decoder"],
            "b_enc": made["encoder_bias"],
            "b_dec": made["decoder_bias"],
        }
        if "skip" in made:
            named["W_skip"] = made["skip"].T
        if "threshold" in made:
            named["activation_function.threshold"] = made["threshold"]
        save(named, folder / f"layer_{layer}.safetensors")
    config(folder, reads=reads, writes=writes, more=more)
    return folder


def write_clt(
    folder: Path, *, reads: str = "", writes: str = "", more: str = "", **of: bool
) -> Path:
    """circuit-tracer's own layout, across layers. It has no place for a skip connection."""
    for layer in range(LAYERS):
        made = numbers(layer, across=True, **of)
        named = {
            f"W_enc_{layer}": made["encoder"],
            f"b_enc_{layer}": made["encoder_bias"],
            f"b_dec_{layer}": made["decoder_bias"],
        }
        if "threshold" in made:
            named[f"threshold_{layer}"] = made["threshold"]
        save(named, folder / f"W_enc_{layer}.safetensors")
        save({f"W_dec_{layer}": made["decoder"]}, folder / f"W_dec_{layer}.safetensors")
    config(folder, reads=reads, writes=writes, more=more)
    return folder


def write_bytedance(folder: Path, *, k: int = 4, **said: object) -> Path:
    """No biases, the norms of all that features write, and one k for all layers."""
    for layer in range(LAYERS):
        made = numbers(layer, across=True)
        save({f"W_enc_{layer}": made["encoder"]}, folder / f"W_enc_{layer}.safetensors")
        written = {
            f"W_dec_{layer}": made["decoder"],
            f"W_dec_norm_{layer}": made["decoder"].flatten(1).norm(dim=1),
        }
        save(written, folder / f"W_dec_{layer}.safetensors")
    factors = {name: torch.ones(LAYERS) for name in ("resid_mid_l2", "mlp_out_l2")}
    save(factors, folder / "factors.safetensors")
    save({"W_dec_norm": torch.ones(LAYERS, WIDTH)}, folder / "W_dec_norm.safetensors")
    told = {"d_feature": WIDTH, "k": k, "base_model": "a", "num_hidden_layers": LAYERS, **said}
    (folder / "config.json").write_text(json.dumps(told))
    return folder


def write_gemma_scope(folder: Path, *, width: str = "width_16k", l0: int = 7) -> Path:
    for layer in range(LAYERS):
        made = numbers(layer, threshold=True)
        file = folder / f"layer_{layer}" / width / f"average_l0_{layer + l0}" / "params.npz"
        file.parent.mkdir(parents=True)
        named = {
            "W_enc": made["encoder"].T,
            "W_dec": made["decoder"],
            "b_enc": made["encoder_bias"],
            "b_dec": made["decoder_bias"],
            "threshold": made["threshold"],
        }
        arrays: dict[str, Any] = {name: one.numpy() for name, one in named.items()}
        np.savez(file, **arrays)
    return folder


def write_gemma_scope_2(
    folder: Path, *, skip: bool = False, reads: str = "pre_feedforward_layernorm.output"
) -> Path:
    for layer in range(LAYERS):
        home = folder / f"layer_{layer}_width_16k_l0_small{'_affine' if skip else ''}"
        made = numbers(layer, threshold=True, skip=skip)
        save(_second(made, made["decoder"]), home / "params.safetensors")
        hooks = {
            "architecture": "jump_relu",
            "hf_hook_point_in": f"model.layers.{layer}.{reads}",
            "hf_hook_point_out": f"model.layers.{layer}.post_feedforward_layernorm.output",
            "model_name": "google/gemma-3-1b-pt",
        }
        (home / "config.json").write_text(json.dumps(hooks))
    return folder


def write_gemma_scope_2_clt(
    folder: Path, *, skip: bool = False, threshold: bool = True, reads: str = "", writes: str = ""
) -> Path:
    """Its decoders have a slice for every layer; those below a feature's own mean nothing."""
    for layer in range(LAYERS):
        made = numbers(layer, across=True, threshold=True, skip=skip)
        below = torch.full((WIDTH, layer, D_MODEL), 7.0)
        decoder = torch.cat([below, made["decoder"]], dim=1)
        save(_second(made, decoder), folder / f"params_layer_{layer}.safetensors")
    config(folder, reads=reads, writes=writes)
    return folder


def _second(made: Numbers, decoder: Tensor) -> Numbers:
    named = {
        "w_enc": made["encoder"].T,
        "w_dec": decoder,
        "b_enc": made["encoder_bias"],
        "b_dec": made["decoder_bias"],
        "threshold": made["threshold"],
    }
    return {**named, "affine_skip_connection": made["skip"]} if "skip" in made else named


def write_sparsify(
    folder: Path,
    *,
    transcode: bool = True,
    activation: str = "topk",
    k: int = 6,
    name: str = "layers",
) -> Path:
    for layer in range(LAYERS):
        made = numbers(layer, skip=True)
        named = {
            "encoder.weight": made["encoder"],
            "encoder.bias": made["encoder_bias"],
            "W_dec": made["decoder"],
            "b_dec": made["decoder_bias"],
            "W_skip": made["skip"].T,
        }
        home = folder / f"{name}.{layer}.mlp"
        save(named, home / "sae.safetensors")
        written = {"k": k, "activation": activation, "transcode": transcode}
        (home / "cfg.json").write_text(json.dumps(written))
    return folder


def save(tensors: Numbers, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: one.contiguous() for name, one in tensors.items()}, file)


def write_openmoss(
    folder: Path, *, act_fn: str = "topk", k: int = 6, norm: str = "dataset-wise", **said: Any
) -> Path:
    """Language-Model-SAEs' layout, per layer; the mean norms are other ones in each."""
    for layer in range(LAYERS):
        made = numbers(layer, threshold=True)
        hooks = {
            "hook_point_in": f"blocks.{layer}.ln2.hook_normalized",
            "hook_point_out": f"blocks.{layer}.hook_mlp_out",
        }
        named = {
            "W_E": made["encoder"].T,
            "b_E": made["encoder_bias"],
            "W_D": made["decoder"],
            "b_D": made["decoder_bias"],
        }
        if act_fn == "jumprelu":
            named["activation_function.log_jumprelu_threshold"] = made["threshold"].log()
        for place, hook in enumerate(hooks.values()):
            named[f"dataset_average_activation_norm.{hook}"] = torch.tensor(4.0 + layer + place)
        home = folder / f"layer{layer}_transcoder_8x_k{k}"
        save(named, home / "sae_weights.safetensors")
        written = {
            "sae_type": "sae",
            "d_model": D_MODEL,
            "expansion_factor": WIDTH / D_MODEL,
            "act_fn": act_fn,
            "top_k": k,
            "norm_activation": norm,
            **hooks,
            **said,
        }
        (home / "config.json").write_text(json.dumps(written))
    return folder


def write_saelens(folder: Path, *, kind: str = "transcoder", reads: str = "mlp.hook_in") -> Path:
    """SAELens' folders, one a layer, named after hooks."""
    for layer in range(LAYERS):
        made = numbers(layer, skip="skip" in kind, threshold="jumprelu" in kind)
        named = {
            "W_enc": made["encoder"].T,
            "b_enc": made["encoder_bias"],
            "W_dec": made["decoder"],
            "b_dec": made["decoder_bias"],
        }
        if "skip" in made:
            named["W_skip"] = made["skip"].T
        if "threshold" in made:
            named["threshold"] = made["threshold"]
        home = folder / f"blocks.{layer}.hook_mlp_out"
        save(named, home / "sae_weights.safetensors")
        hooks = {
            "hook_name": f"blocks.{layer}.{reads}",
            "hook_name_out": f"blocks.{layer}.hook_mlp_out",
        }
        written = {
            "architecture": kind,
            "d_in": D_MODEL,
            "d_out": D_MODEL,
            "d_sae": WIDTH,
            "apply_b_dec_to_input": False,
            "normalize_activations": "none",
            "reshape_activations": "none",
            "dtype": "float32",
            "metadata": hooks,
        }
        (home / "cfg.json").write_text(json.dumps(written))
    return folder


def write_clt_forge(folder: Path, *, across: bool = True) -> Path:
    """CLT-Forge's one file, with norm factors of its own for each layer."""
    made = [numbers(layer, across=across, threshold=True) for layer in range(LAYERS)]
    pairs = [
        (one["decoder"][:, above], one["decoder_bias"] / (1 + above))
        for layer, one in enumerate(made)
        for above in range(LAYERS - layer)
    ]
    if not across:
        pairs = [(one["decoder"], one["decoder_bias"]) for one in made]
    named = {
        "W_enc": torch.stack([one["encoder"].T for one in made]),
        "b_enc": torch.stack([one["encoder_bias"] for one in made]),
        "W_dec": torch.stack([decoder for decoder, _ in pairs]),
        "b_dec": torch.stack([bias for _, bias in pairs]),
        "log_threshold": torch.stack([one["threshold"] for one in made]).log(),
        "estimated_norm_scaling_factor_in": torch.tensor([1.5, 0.7, 1.2]),
        "estimated_norm_scaling_factor_out": torch.tensor([0.8, 2.0, 1.1]),
        "feature_count": torch.zeros(LAYERS, WIDTH, dtype=torch.long),
    }
    save(named, folder / "clt_weights.safetensors")
    written = {
        "d_in": D_MODEL,
        "d_latent": WIDTH,
        "n_layers": LAYERS,
        "model_name": "tiny",
        "cross_layer_decoders": across,
        "normalize_decoder": False,
        "dtype": "float32",
        "jumprelu_bandwidth": 1.0,
        "jumprelu_init_threshold": 0.03,
        "context_size": 16,
        "device": "cpu",
        "seed": 0,
        "dead_feature_window": 10,
        "l0_coefficient": 1.0,
    }
    (folder / "clt_cfg.json").write_text(json.dumps(written))
    return folder
