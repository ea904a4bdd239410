"""What a set holds or says beside what is read is known to change nothing, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.features.dictionaries import (
    D_MODEL,
    WIDTH,
    write_clt,
    write_gemma_scope,
    write_gemma_scope_2,
    write_gemma_scope_2_clt,
    write_plt,
    write_sparsify,
)
from tracer.errors import TracerError
from tracer.features.choose import choose_features
from tracer.features.weights.dictionary import Dictionary

Writer = Callable[[Path], Path]


def opened(folder: Path) -> Dictionary:
    found = choose_features(str(folder), model_source="m", model_identity="0").dictionary
    assert found is not None
    return found


def with_tensor(folder: Path, name: str, tensor: torch.Tensor) -> Path:
    for file in (one for one in folder.rglob("*.safetensors") if "W_dec" not in one.name):
        save_file({**load_file(file), name: tensor}, file)
    return folder


UNREAD: dict[str, tuple[Writer, str]] = {
    "a threshold by another name": (write_plt, "threshold"),
    "its logarithm": (write_plt, "log_threshold"),
    "a gate": (write_plt, "W_enc_glu"),
    "a scale": (write_plt, "activation_function.scale"),
    "a skip connection across layers": (write_clt, "W_skip_0"),
    "a threshold of no layer": (write_clt, "threshold"),
    "k across layers": (write_clt, "k"),
    "a skip connection by another name": (write_gemma_scope_2, "W_skip"),
    "a scale across layers": (write_gemma_scope_2_clt, "output_scale"),
    "an encoder behind the encoder": (write_sparsify, "post_enc"),
    "a threshold beside TopK": (write_sparsify, "threshold"),
}


@pytest.mark.parametrize("what", UNREAD)
def test_a_tensor_that_would_not_be_read_is_named(tmp_path: Path, what: str) -> None:
    write, name = UNREAD[what]
    folder = with_tensor(write(tmp_path), name, torch.rand(WIDTH))
    with pytest.raises(TracerError) as caught:
        opened(folder)
    place, _, message = str(caught.value).partition(".safetensors: ")
    assert place.startswith(str(tmp_path))
    assert f"tensor `{name}` of layer 0 is not read, and may change what the feat" in message


def test_what_trainers_leave_behind_is_no_matter(tmp_path: Path) -> None:
    plain = opened(write_plt(tmp_path / "plain", threshold=True))
    folder = write_plt(tmp_path / "counted", threshold=True)
    counted = opened(with_tensor(folder, "num_tokens_since_fired", torch.zeros(WIDTH)))
    assert counted.settings == plain.settings


def test_an_array_that_would_not_be_read_is_named(tmp_path: Path) -> None:
    folder = write_gemma_scope(tmp_path)
    file = next(folder.rglob("layer_1/**/params.npz"))
    arrays = dict(np.load(file))
    np.savez(file, **arrays, scale=np.ones(1, dtype=np.float32))
    with pytest.raises(TracerError, match=r"params.npz: the tensor `scale` of layer 1 is not read"):
        opened(folder)
    np.savez(file, **arrays, k=np.array(7))
    with pytest.raises(TracerError, match=r"params.npz: the array `k` is of int64, not of flo"):
        opened(folder)
    np.savez(file, **{name: one for name, one in arrays.items() if name != "threshold"})
    with pytest.raises(TracerError, match=r"params.npz: tensors of layer 1 are missing: `threshol"):
        opened(folder)


def test_a_number_format_that_is_not_read_is_named(tmp_path: Path) -> None:
    """Otherwise a threshold of one byte would be no threshold."""
    name = "activation_function.threshold"
    folder = with_tensor(write_plt(tmp_path), name, torch.zeros(WIDTH).to(torch.float8_e4m3fn))
    with pytest.raises(TracerError, match=rf"tensor `{name}` is stored as F8_E4M3, which is not"):
        opened(folder)


def test_a_tensor_in_two_files_of_a_layer(tmp_path: Path) -> None:
    folder = write_clt(tmp_path)
    file = folder / "W_dec_1.safetensors"
    save_file({**load_file(file), "b_dec_1": torch.zeros(D_MODEL)}, file)
    with pytest.raises(TracerError, match=r"the tensor `b_dec_1` of layer 1 is in W_\w+_1.safete"):
        opened(folder)


def test_thresholds_and_k_at_once(tmp_path: Path) -> None:
    folder = write_plt(tmp_path, threshold=True, more="activation: topk\nk: 5\n")
    with pytest.raises(TracerError, match="layer 0 has thresholds, which TopK would leave unread"):
        opened(folder)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("normalize_decoder: true", r"config.yaml:1:1: `normalize_decoder: true` may change"),
        ("apply_b_dec_to_input: true", "`apply_b_dec_to_input: true` may change"),
        ("norm_activation: dataset-wise", "`norm_activation: dataset-wise` may change"),
        ("scale_factor: 3.5", "`scale_factor: 3.5` may change"),
        ("encoder_twist: 2", "`encoder_twist: 2` may change what the features are, and is not kn"),
        ("skip_connection: true", "`skip_connection: true`, but the weights have none"),
        ("architecture: topk", "`architecture: topk`, but k, the number of features"),
        ("architecture: gated", r"config.yaml:1:15: `architecture`: input should be"),
        ("activation: jump_relu", "`activation: jump_relu`, but the weights hold no thresholds"),
        ("activation: relu\nk: 5", r":2:4: `k: 5`, but `activation: relu` keeps them all"),
        ("activation: relu\narchitecture: topk\nk: 5", "`architecture: topk`, but `activation: re"),
        ("model_kind: cross_layer_transcoder", "but the features write to one layer each"),
        ("model_kind: sae_set", "`model_kind`: input should be"),
    ],
)
def test_what_a_config_says_is_honoured_or_refused(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(TracerError, match=words):
        opened(write_plt(tmp_path, more=f"{said}\n"))


def test_what_published_configs_say_is_understood(tmp_path: Path) -> None:
    said = (
        "model_name: google/gemma-2-2b\nmodel_kind: transcoder_set\nscan: org/repo//sub@main\n"
        "repo_id: org/repo\nrevision: main\nsubfolder: sub\nnormalize_activations: none\n"
        "apply_b_dec_to_input: false\nsomething_new: false\narchitecture: topk\nk: 5\n"
    )
    assert opened(write_plt(tmp_path / "set", more=said)).settings.top_k == 5
    assert opened(write_plt(tmp_path / "jump", threshold=True, more="activation: jumprelu\n"))
    assert opened(write_clt(tmp_path / "clt", more="model_kind: cross_layer_transcoder\n"))
    bluelight = (
        "features_per_layer: 40\nnum_layers: 3\nbase_model: Qwen/Qwen3-1.7B-Base\nquant: bf16\n"
    )
    more = f"{bluelight}activation: jump_relu\n"
    assert opened(write_clt(tmp_path / "blue", threshold=True, more=more)).settings.top_k is None


def rewritten(folder: Path, name: str, **fields: object) -> Path:
    for file in folder.rglob(name):
        file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))
    return folder


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": "sae"}, "this is a sparse autoencoder, not a transcoder"),
        ({"type": "probe"}, "`type: probe` may change"),
        ({"architecture": "topk"}, "`architecture: topk` may change"),
        ({"affine_connection": True}, "`affine_connection: true`, but the weights have none"),
        ({"width": 16384}, "the weights beside it have features 40, this says 16384"),
        ({"apply_b_dec_to_input": True}, "`apply_b_dec_to_input: true` may change"),
        ({"gain": 2}, "`gain: 2` may change what the features are, and is not known"),
        (
            {"hf_hook_point_out": "model.layers.1.post_feedforward_layernorm.output"},
            "of `model.layers.1.post_feedforward_layernorm.output`, but stand for layer 0",
        ),
    ],
)
def test_what_gemma_scope_2_says(tmp_path: Path, fields: dict[str, object], words: str) -> None:
    published = {"l0": 20, "width": WIDTH, "affine_connection": False, "type": "transcoder"}
    folder = rewritten(write_gemma_scope_2(tmp_path), "config.json", **published)
    assert opened(folder)
    with pytest.raises(TracerError, match=words):
        opened(rewritten(folder, "config.json", **fields))


# As EleutherAI's repositories on the hub have them.
PUBLISHED: dict[str, dict[str, object]] = {
    "with a skip connection": {
        "expansion_factor": 32,
        "normalize_decoder": True,
        "num_latents": WIDTH,
        "k": 6,
        "multi_topk": False,
        "skip_connection": True,
        "d_in": D_MODEL,
    },
    "of the fork that trains across layers": {
        "dtype": "none",
        "activation": "topk",
        "expansion_factor": 32,
        "normalize_decoder": True,
        "num_latents": WIDTH,
        "k": 6,
        "multi_topk": False,
        "skip_connection": True,
        "transcode": True,
        "tp_output": True,
        "n_targets": 0,
        "n_sources": 1,
        "normalize_io": False,
        "divide_cross_layer": False,
        "train_post_encoder": True,
        "post_encoder_scale": False,
        "per_source_tied": False,
        "secondary_target_tied": False,
        "coalesce_topk": "none",
        "topk_coalesced": False,
        "use_fp8": False,
        "d_in": D_MODEL,
    },
}


@pytest.mark.parametrize("which", PUBLISHED)
def test_what_sparsify_says(tmp_path: Path, which: str) -> None:
    folder = write_sparsify(tmp_path)
    for file in folder.rglob("cfg.json"):
        file.write_text(json.dumps(PUBLISHED[which]))
    assert opened(folder).settings.top_k == 6
    changes: tuple[tuple[dict[str, object], str], ...] = (
        ({"skip_connection": False, "transcode": True}, "`skip_connection: false`, but the weigh"),
        ({"num_latents": 64}, "have features 40, this says 64"),
        ({"num_latents": 0}, "have features 40, this says 1024"),
        ({"d_in": 16}, "have d_model 32, this says 16"),
        ({"embed_skip": True}, "`embed_skip: true` may change what the features are"),
        ({"gram_lookup": True}, "`gram_lookup: true` may change"),
        ({"normalize_io": True}, "`normalize_io: true` may change"),
        ({"n_targets": 3}, "`n_targets: 3` may change"),
        ({"k": True}, "with `k: True` is not understood"),
    )
    for fields, words in changes:
        with pytest.raises(TracerError, match=words):
            opened(rewritten(folder, "cfg.json", **{**PUBLISHED[which], **fields}))
        for file in folder.rglob("cfg.json"):
            file.write_text(json.dumps(PUBLISHED[which]))


def test_sparsify_elsewhere_than_at_an_mlp(tmp_path: Path) -> None:
    folder = write_sparsify(tmp_path)
    for layer in range(3):
        (folder / f"layers.{layer}.mlp").rename(folder / f"layers.{layer}.self_attn")
    with pytest.raises(TracerError, match=r"`layers.0.self_attn` is not an MLP; understood are"):
        opened(folder)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"apply_b_dec_to_input": True}, "`apply_b_dec_to_input: true` may change"),
        ({"normalize_activations": "expected_average_only_in"}, "`normalize_activations: expec"),
        ({"architecture": "gated"}, "`architecture: gated` may change"),
        ({"hook_name": "blocks.0.hook_resid_post"}, "`hook_name: blocks.0.hook_resid_post` may"),
        ({"transcode": False}, "`transcode: false` may change"),
        ({"activation": "topk", "k": 64}, "`activation: topk`, but the weights are read as ReLU"),
        ({"skip_connection": True}, "`skip_connection: true`, but the weights have none"),
    ],
)
def test_what_a_trainer_wrote_beside_a_layout_without_a_configuration(
    tmp_path: Path, said: dict[str, object], words: str
) -> None:
    folder = write_plt(tmp_path)
    harmless = {"d_in": 32, "lr": 0.1, "architecture": "transcoder", "normalize_decoder": True}
    (folder / "cfg.json").write_text(json.dumps(harmless))
    assert opened(folder)
    (folder / "cfg.json").write_text(json.dumps(said))
    with pytest.raises(TracerError, match=words):
        opened(folder)


@pytest.mark.parametrize(
    ("home", "write", "words"),
    [
        ("gemma-scope-2b-pt-res", write_gemma_scope, "autoencoders of the residual stream"),
        ("gemma-scope-9b-pt-att-canonical", write_gemma_scope, "autoencoders of attention"),
        ("gemma-scope-2b-pt-mlp", write_gemma_scope, "autoencoders of MLP outputs, which they rea"),
        ("models--google--gemma-scope-2b-pt-res/snapshots/0", write_gemma_scope, "the residual st"),
        ("set/resid_post_all", write_gemma_scope_2, "`resid_post_all` are sparse autoencoders of"),
        ("set/attn_out", write_gemma_scope_2, "`attn_out` are sparse autoencoders of attention"),
        ("set/mlp_out_all", write_gemma_scope_2, "`mlp_out_all` are sparse autoencoders of MLP"),
    ],
)
def test_folders_of_autoencoders(tmp_path: Path, home: str, write: Writer, words: str) -> None:
    write(tmp_path / home)
    with pytest.raises(TracerError, match=f"{words}.*they stand in for no MLP"):
        opened(tmp_path / home)
    assert opened(write(tmp_path / "mlp_out" / "gemma-scope-2b-pt-transcoders"))
