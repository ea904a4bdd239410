"""A checkpoint is all of the model that its configuration describes, and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.model.checkpoints import Tensors, reconfigure, rewrite, shard
from tests.tiny_models import PROMPT, save_tiny_model
from tracer.errors import TracerError
from tracer.model.files import find_model
from tracer.model.frozen_pass import freeze
from tracer.model.load import load_model

DOWN = "model.layers.1.mlp.down_proj.weight"
HEAD = "lm_head.weight"


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_folder, tmp_path / "model")


def refusal(folder: Path) -> str:
    with pytest.raises(TracerError) as refused:
        load_model(str(folder), device="cpu")
    return str(refused.value)


def renamed(tensors: Tensors, old: str, new: str) -> None:
    for name in [one for one in tensors if one.startswith(old)]:
        tensors[name.replace(old, new, 1)] = tensors.pop(name)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop(DOWN), f"it lacks `{DOWN}`, which the model needs"),
        (lambda t: t.pop(HEAD), "it lacks `lm_head.weight`.*or set `tie_word_embeddings: true`"),
        (lambda t: t.pop("model.norm.weight"), "it lacks `model.norm.weight`"),
        (
            lambda t: renamed(t, "model.", "mdoel."),
            "it lacks .* and 25 more, .*it holds `mdoel.*; give the tensors the names",
        ),
        (
            lambda t: t.update({DOWN.replace("weight", "bias"): torch.ones(32)}),
            r"it holds `model.layers.1.mlp.down_proj.bias`, which the model does not read",
        ),
        (
            lambda t: t.update({DOWN.replace("weight", "lora_A.weight"): torch.ones(2, 48)}),
            "lora_A.weight`, which .*; merge the adapter",
        ),
        (lambda t: t.update({"lm_head.bias": torch.ones(60)}), "it holds `lm_head.bias`"),
        (
            lambda t: t.update({DOWN: t[DOWN].T.contiguous()}),
            rf"`{DOWN}` has the shape \(48, 32\) where config.json asks for \(32, 48\)",
        ),
        (
            lambda t: t.update({DOWN: t[DOWN].to(torch.int8)}),
            f"`{DOWN}` is stored as I8: quantised",
        ),
    ],
)
def test_tensors_that_are_not_accounted_for(
    folder: Path, change: Callable[[Tensors], object], words: str
) -> None:
    rewrite(folder, change)
    with pytest.raises(TracerError, match=words):
        load_model(str(folder), device="cpu")


def test_both_of_a_tied_pair_missing(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path, "llama-tied-full-heads")
    rewrite(folder, lambda tensors: tensors.pop("model.embed_tokens.weight"))
    assert "it lacks `lm_head.weight`, `model.embed_tokens.weight`" in refusal(folder)


def test_a_head_that_is_not_the_embedding_it_is_said_to_be(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path, "llama-tied-full-heads")
    words = "model.embed_tokens.weight"
    rewrite(folder, lambda tensors: tensors.update({HEAD: tensors[words].clone()}))
    load_model(str(folder), device="cpu")
    rewrite(folder, lambda tensors: tensors.update({HEAD: tensors[words] + 1}))
    assert "holds two that differ; set it to false" in refusal(folder)


@pytest.mark.parametrize(
    ("family", "extra"),
    [
        ("llama", {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}),
        ("llama", {"v_head.summary.weight": torch.ones(1, 32)}),
        ("qwen2", {"mtp.layers.7.mlp.down_proj.weight": torch.ones(32, 48)}),
        ("gpt2", {"transformer.h.0.attn.bias": torch.ones(1, 1, 64, 64, dtype=torch.uint8)}),
        ("gpt2", {"transformer.h.0.attn.masked_bias": torch.tensor(-1e4)}),
        (
            "gpt-neox",
            {
                "gpt_neox.layers.0.attention.bias": torch.ones(1, 1, 64, 64, dtype=torch.bool),
                "gpt_neox.layers.0.attention.masked_bias": torch.tensor(-1e9),
                "gpt_neox.layers.0.attention.rotary_emb.inv_freq": torch.ones(1),
            },
        ),
    ],
)
def test_what_published_checkpoints_hold_besides(
    tmp_path: Path, family: str, extra: Tensors
) -> None:
    folder = save_tiny_model(tmp_path, family)
    rewrite(folder, lambda tensors: tensors.update(extra))
    assert load_model(str(folder), device="cpu").info.layers == 3


def test_published_names_without_a_prefix_are_read(tmp_path: Path) -> None:
    """As GPT-2's own checkpoint has them."""
    folder = save_tiny_model(tmp_path, "gpt2")
    plain = load_model(str(folder), device="cpu")
    rewrite(folder, lambda tensors: renamed(tensors, "transformer.", ""))
    bare = load_model(str(folder), device="cpu")
    for one, other in zip(bare.causal_lm.parameters(), plain.causal_lm.parameters(), strict=True):
        assert torch.equal(one, other)


def test_text_needs_no_vision(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path, "gemma3-multimodal")

    def blind(tensors: Tensors) -> None:
        for name in [one for one in tensors if "vision" in one or "projector" in one]:
            del tensors[name]

    rewrite(folder, blind)
    load_model(str(folder), device="cpu")
    rewrite(folder, lambda tensors: tensors.pop(next(one for one in tensors if "mlp" in one)))
    assert "which the model needs" in refusal(folder)


@pytest.mark.parametrize("layers", [4, 2, 10**9, 0, -1])
def test_more_or_fewer_layers_than_there_are(folder: Path, layers: int) -> None:
    reconfigure(folder, num_hidden_layers=layers)
    with pytest.raises(TracerError, match=rf"config.json: {layers:,} layers .* holds 3; correct"):
        find_model(str(folder))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("vocab_size", 10**12, "`vocab_size: 1000000000000` is more than .* wide together"),
        ("head_dim", 10**10, "`head_dim: 10000000000` is more than"),
        ("intermediate_size", 40, r"has the shape \(.*48.*where config.json asks for \(.*40"),
        ("num_attention_heads", 0, "cannot be loaded"),
        ("hidden_act", "none such", "cannot be loaded"),
        ("rope_scaling", {"rope_type": "none such"}, "cannot be loaded"),
    ],
)
def test_a_configuration_that_no_model_is_built_from(
    folder: Path, field: str, value: object, words: str
) -> None:
    reconfigure(folder, **{field: value})
    with pytest.raises(TracerError, match=words):
        load_model(str(folder), device="cpu")


def test_a_billion_layers_of_vision(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path, "gemma3-multimodal")
    vision = json.loads((folder / "config.json").read_text())["vision_config"]
    reconfigure(folder, vision_config={**vision, "num_hidden_layers": 10**9})
    with pytest.raises(TracerError, match="more layers are asked for than the checkpoint has"):
        find_model(str(folder))


@pytest.mark.parametrize(
    ("number", "kind"), [(float("nan"), "NaN"), (float("inf"), "infinity"), (-torch.inf, "infin")]
)
@pytest.mark.parametrize("precision", ["float32", "bf16", "fp16"])
def test_what_is_no_number(folder: Path, number: float, kind: str, precision: str) -> None:
    names = shard(folder)
    file = folder / next(one for one in names if _holds(folder / one, DOWN))

    def spoil(tensors: Tensors) -> None:
        tensors[DOWN][3, 5] = number

    file.rename(folder / "model.safetensors")
    rewrite(folder, spoil)
    (folder / "model.safetensors").rename(file)
    with pytest.raises(TracerError) as refused:
        load_model(str(folder), device="cpu", precision=precision)  # type: ignore[arg-type]
    said = str(refused.value)
    assert f"{file}: `{DOWN}` (layer 1) holds {kind}" in said
    assert ": 1 of its 1,536 numbers; the checkpoint is damaged" in said
    assert "precision" not in said


def _holds(file: Path, tensor: str) -> bool:
    return tensor.encode() in file.read_bytes()


def test_weights_that_only_fp16_cannot_hold(folder: Path) -> None:
    rewrite(folder, lambda tensors: tensors[DOWN].fill_(70000.0))
    load_model(str(folder), device="cpu", precision="bf16")
    with pytest.raises(TracerError, match=rf"too large for float16: `{DOWN}`; .*float32"):
        load_model(str(folder), device="cpu", precision="fp16")


def test_who_traces_in_float32_is_not_told_to(folder: Path) -> None:
    rewrite(folder, lambda tensors: tensors.update({DOWN: tensors[DOWN].double().fill_(1e300)}))
    with pytest.raises(TracerError, match=r"too large for float32: .*; no precision is wider"):
        load_model(str(folder), device="cpu")
    rewrite(folder, lambda tensors: tensors.update({DOWN: tensors[DOWN].float().fill_(1e38)}))
    model = load_model(str(folder), device="cpu")
    with pytest.raises(TracerError, match="not finite in float32; no precision is wider: check"):
        freeze(model, model.tokenizer.encode_prompt(PROMPT))


@pytest.mark.parametrize("method", ["gptq", "awq", "bitsandbytes", "fp8", "mxfp4", None])
def test_quantised_checkpoints(folder: Path, method: str | None) -> None:
    reconfigure(folder, quantization_config={"quant_method": method, "bits": 4})
    with pytest.raises(TracerError, match=rf"are quantised \({method or 'by an unnamed'}.*; take"):
        find_model(str(folder))


@pytest.mark.parametrize(
    "field",
    [{"residual_multiplier": 0.22}, {"logit_scale": 0.0625}, {"final_logit_softcapping": 30.0}],
)
def test_a_field_that_this_family_does_not_heed(folder: Path, field: dict[str, float]) -> None:
    reconfigure(folder, **dict.fromkeys(field, 1 if "soft" not in next(iter(field)) else None))
    find_model(str(folder))
    reconfigure(folder, **field)
    name = next(iter(field))
    with pytest.raises(TracerError, match=rf"`{name}: {field[name]}` changes what the model"):
        find_model(str(folder))


def test_a_softcap_is_heeded_where_the_family_has_one(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path, "gemma2")
    reconfigure(folder, final_logit_softcapping=2.0)
    assert load_model(str(folder), device="cpu").config.final_logit_softcapping == 2.0
    reconfigure(folder, use_bidirectional_attention=True)
    with pytest.raises(TracerError, match="reads texts from both sides"):
        find_model(str(folder))


def test_shards_are_read_by_their_index(folder: Path, tiny_folder: Path) -> None:
    names = shard(folder)
    identity = find_model(str(folder)).identity
    one = load_model(str(folder), device="cpu").causal_lm.state_dict()
    for name, tensor in load_model(str(tiny_folder), device="cpu").causal_lm.state_dict().items():
        assert torch.equal(one[name], tensor)
    (folder / names[1]).unlink()
    with pytest.raises(TracerError, match=f"`{names[1]}` of 3 files of weights are missing"):
        find_model(str(folder))
    assert identity != find_model(str(tiny_folder)).identity


def test_an_index_of_another_state(folder: Path) -> None:
    shard(folder)
    file = folder / "model.safetensors.index.json"
    index = json.loads(file.read_text())
    index["weight_map"]["model.layers.7.mlp.down_proj.weight"] = next(
        iter(index["weight_map"].values())
    )
    file.write_text(json.dumps(index))
    with pytest.raises(TracerError, match=r"the shards do not hold `model.layers.7.mlp.down_proj"):
        find_model(str(folder))
    file.write_text(json.dumps({"weight_map": {DOWN: "../elsewhere.safetensors"}}))
    with pytest.raises(TracerError, match="is not the name of a safetensors file beside it"):
        find_model(str(folder))
    file.write_text("{}")
    with pytest.raises(TracerError, match="is no index of shards"):
        find_model(str(folder))


def test_the_identity_is_of_what_is_read(folder: Path) -> None:
    before = find_model(str(folder)).identity
    other = {"w": torch.ones(2)}
    for name in ("consolidated", "adapter_model", "model-00001-of-00002", "model.fp16"):
        save_file(other, folder / f"{name}.safetensors")
    (folder / "original").mkdir()
    save_file(other, folder / "original" / "model.safetensors")
    (folder / "README.md").write_text("a card")
    assert find_model(str(folder)).identity == before
    load_model(str(folder), device="cpu")
    rewrite(folder, lambda tensors: tensors[DOWN].add_(1e-3))
    assert find_model(str(folder)).identity != before


def test_identities_of_before_are_kept(folder: Path) -> None:
    """sha256 over the names and hashes of config.json and the weights, one a line."""
    import hashlib

    shard(folder)
    files = [folder / "config.json", *sorted(folder.glob("*.safetensors"))]
    lines = "".join(f"{one.name} {hashlib.sha256(one.read_bytes()).hexdigest()}\n" for one in files)
    assert find_model(str(folder)).identity == hashlib.sha256(lines.encode()).hexdigest()


def test_what_would_be_read_besides_is_refused(folder: Path) -> None:
    part = folder / "shard-00000-model-00001-of-00001.safetensors"
    save_file({"w": torch.ones(2)}, part)
    with pytest.raises(TracerError, match="is a part of a distributed checkpoint"):
        find_model(str(folder))
    part.unlink()
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "org/base"}')
    with pytest.raises(TracerError, match=r"an adapter beside the model .* name that as `adapter`"):
        find_model(str(folder))
    (folder / "config.json").unlink()
    with pytest.raises(
        TracerError, match="there is an adapter here, and no model; name its base as the model"
    ):
        find_model(str(folder))


def test_a_file_without_tensors(folder: Path) -> None:
    rewrite(folder, lambda tensors: tensors.clear())
    with pytest.raises(TracerError, match=r"model\.safetensors: holds no tensors"):
        find_model(str(folder))


def test_weights_under_another_name(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "consolidated.safetensors")
    with pytest.raises(TracerError, match=r"here, only `consolidated.safetensors`; save the model"):
        find_model(str(folder))
