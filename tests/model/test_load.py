"""Finding and loading models: local folders, names, families, devices."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from tests.tiny_models import EVERY_FAMILY, save_tiny_model
from tracer.errors import TracerError
from tracer.features.choose import find_features
from tracer.model.architectures import ARCHITECTURES
from tracer.model.cache import cached_models
from tracer.model.files import find_model
from tracer.model.load import choose_device, load_model
from tracer.model.refused_families import why_refused
from tracer.model.tokens import load_tokenizer


def test_a_local_folder_gets_a_name_without_its_path(tiny_folder: Path) -> None:
    files = find_model(str(tiny_folder))
    assert files.name == f"local.{files.identity[:8]}"
    assert files.family == "llama"
    model = load_model(str(tiny_folder), device="cpu")
    assert (model.info.layers, model.info.d_model) == (3, 32)


def test_identity_follows_content_not_place(tiny_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_folder, tmp_path / "copy")
    other = save_tiny_model(tmp_path / "other", seed=1)
    identity = find_model(str(tiny_folder)).identity
    assert find_model(str(tmp_path / "copy")).identity == identity
    assert find_model(str(other)).identity != identity
    config = json.loads((tmp_path / "copy" / "config.json").read_text())
    (tmp_path / "copy" / "config.json").write_text(json.dumps({**config, "rms_norm_eps": 1e-3}))
    assert find_model(str(tmp_path / "copy")).identity != identity


def test_a_hub_model_is_found_in_the_hubs_own_cache(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    repo = tmp_path / "models--someone--tiny-llama"
    commit = "0123456789abcdef0123456789abcdef01234567"
    shutil.copytree(tiny_folder, repo / "snapshots" / commit)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(commit)
    (repo / "blobs").mkdir()
    files = find_model("someone/tiny-llama")
    assert files.name == "someone/tiny-llama"
    assert files.source_name == "someone.tiny-llama"
    assert load_model("someone/tiny-llama", device="cpu").info.layers == 3
    assert "someone/tiny-llama" in [name for name, _ in cached_models()]


def test_a_hub_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(TracerError, match=r"`someone/absent` could not be fetched from the hub"):
        find_model("someone/absent")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("smollm2-135m-instrct", "did you mean `smollm2-135m-instruct`"),
        ("gpt5", "name `smollm2-135m-instruct`, a hub id such as `org/repo`, or a local folder"),
        ("/no/such/folder", "a local folder"),
    ],
)
def test_an_unknown_model_says_what_is_known(name: str, words: str) -> None:
    with pytest.raises(TracerError, match=words):
        find_model(name)


def test_an_unsupported_family_names_the_supported(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "mamba"}')
    with pytest.raises(TracerError, match=r"`mamba` are not supported: carries a state .*SmolLM2"):
        find_model(str(tmp_path))


@pytest.mark.parametrize(
    ("model_type", "why"),
    [
        ("gpt_oss", "a mixture of experts"),
        ("some_new_moe", "a mixture of experts"),
        ("gemma4", "further embeddings"),
        ("t5", "does not continue a text"),
        ("falcon", "no row yet"),
        ("of_tomorrow", r"`of_tomorrow` are not supported;"),
    ],
)
def test_a_family_that_is_not_followed_is_refused_with_the_reason(
    tmp_path: Path, model_type: str, why: str
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type}))
    with pytest.raises(TracerError, match=why):
        find_model(str(tmp_path))


def test_no_family_is_both_followed_and_refused() -> None:
    followed = [one for row in ARCHITECTURES for one in row.model_types]
    assert len(followed) == len(set(followed))
    assert [one for one in followed if why_refused(one)] == []


def test_a_release_of_transformers_without_the_family_says_so(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformers.CONFIG_MAPPING", {"gpt2": None})
    with pytest.raises(TracerError, match=r"has no `llama` models; .*from 5\.0 on"):
        load_model(str(tiny_folder), device="cpu")


@pytest.mark.parametrize("model_type", ["mixtral", "qwen3_moe", "olmoe", "phimoe", "gemma3n"])
def test_mixtures_of_experts_and_the_like_are_refused(tmp_path: Path, model_type: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type}))
    with pytest.raises(TracerError) as refusal:
        find_model(str(tmp_path))
    for family in ("Llama", "Qwen", "GPT-2", "Pythia", "Gemma 2", "Gemma 3", "OLMo 2", "Phi-3"):
        assert family in str(refusal.value)


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_every_family_says_its_context_and_shape(tmp_path: Path, family: str) -> None:
    folder = str(save_tiny_model(tmp_path, family))
    model = load_model(folder, device="cpu")
    assert (model.info.layers, model.info.d_model) == (3, 32)
    assert model.context == model.tokenizer.context == 64


def test_pickled_weights_are_refused(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04N.")
    with pytest.raises(TracerError, match="pickled weights are never loaded"):
        find_model(str(folder))


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "[" * 100_000, '{"a": NaN}', '{"a": 1e999}', '{"a": 1, "a": 2}'),
        '{"model_type": ' + "9" * 5000 + "}",
        "[" + "0," * 1_900_000 + "0]",
    ],
    ids=range(9),
)
def test_a_broken_configuration(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(TracerError, match=r"config\.json"):
        find_model(str(tmp_path))


@pytest.mark.parametrize("name", ["~nobody-of-this-name/model", "x" * 5000, "a\0b"])
def test_a_name_that_is_no_path_is_no_model(name: str) -> None:
    with pytest.raises(TracerError, match="there is no model"):
        find_model(name)
    with pytest.raises(TracerError, match="unknown features"):
        find_features(name, model_source="a", model_identity="b")


@pytest.mark.parametrize("context", ["many", None])
def test_a_configuration_without_a_usable_context(
    tiny_folder: Path, tmp_path: Path, context: object
) -> None:
    shutil.copytree(tiny_folder, tmp_path / "model")
    file = tmp_path / "model" / "config.json"
    config = {**json.loads(file.read_text()), "max_position_embeddings": context}
    file.write_text(json.dumps(config))
    with pytest.raises(TracerError, match=r"cannot be (used|loaded).*; check"):
        load_model(str(tmp_path / "model"), device="cpu")
    with pytest.raises(TracerError, match=r"cannot be used.*; check its config\.json"):
        load_tokenizer(find_model(str(tmp_path / "model")))


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(TracerError, match=r"no config\.json; give a folder"):
        find_model(str(tmp_path))


def test_weights_cut_short(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(TracerError, match=r"model\.safetensors: is damaged or cut short"):
        find_model(str(folder))


def test_a_model_without_a_tokenizer(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_folder, folder)
    for file in folder.glob("*token*"):
        file.unlink()
    with pytest.raises(TracerError, match="has no tokenizer"):
        load_model(str(folder), device="cpu")


def test_an_absent_device_names_those_that_are_there() -> None:
    if torch.cuda.is_available():
        assert choose_device("auto").type == "cuda"
    else:
        with pytest.raises(TracerError, match=r"no cuda device .*--device auto \(here: .*cpu"):
            choose_device("cuda")
