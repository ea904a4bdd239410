"""Models of the hub: `huggingface_hub`'s own code against a server that answers as the hub does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from huggingface_hub import hf_hub_download
from safetensors.torch import save_file

from tests.features.hub_server import COMMIT, Hub, the_only_hub
from tests.model.checkpoints import reconfigure, shard
from tests.tiny_models import save_tiny_model
from tracer.errors import TracerError
from tracer.model.cache import cached_models
from tracer.model.files import find_model
from tracer.model.load import load_model

REPO = "someone/tiny"
INDEX = "model.safetensors.index.json"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with the_only_hub(tmp_path, monkeypatch) as hub:
        save_tiny_model(hub.root / REPO)
        yield hub


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    """Where the cache keeps the repository."""
    return tmp_path / "cache" / "models--someone--tiny" / "snapshots" / COMMIT


def fetched(hub: Hub) -> set[str]:
    """The names of the files whose content was sent since the last call."""
    names = {one.removeprefix(f"{REPO}/") for one in hub.fetched}
    hub.fetched.clear()
    return names


def fetched_by_others(hub: Hub, cached: Path, *names: str) -> None:
    """A cache that another program filled, file by file, with what it wanted."""
    small = [one.name for one in (hub.root / REPO).iterdir() if one.suffix == ".json"]
    for name in {*small, *names}:
        hf_hub_download(REPO, name)
    assert (cached / "config.json").is_file()
    hub.fetched.clear()


def go_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def test_only_what_is_read_is_fetched(hub: Hub) -> None:
    folder = hub.root / REPO
    shards = shard(folder)
    save_file({"w": torch.ones(2)}, folder / "consolidated.safetensors")
    (folder / "original").mkdir()
    for other in ("pytorch_model.bin", "original/params.json", "README.md", "model.gguf"):
        (folder / other).write_bytes(b"{}")
    files = find_model(REPO)
    names = fetched(hub)
    assert {"config.json", "tokenizer.json", "tokenizer_config.json", INDEX, *shards} <= names
    assert not names & {"consolidated.safetensors", "pytorch_model.bin", "README.md", "model.gguf"}
    assert "original/params.json" not in names
    assert files.identity == find_model(str(folder)).identity
    assert load_model(REPO, device="cpu").info.layers == 3


def test_one_file_is_taken_where_shards_lie_beside_it(hub: Hub) -> None:
    folder = hub.root / REPO
    whole = folder / "model.safetensors"
    whole.rename(folder / "kept")
    shutil.copy(folder / "kept", whole)
    shards = shard(folder)
    (folder / "kept").rename(whole)
    find_model(REPO)
    assert not fetched(hub) & {*shards, INDEX}


def test_a_cache_of_small_files_only_is_completed(hub: Hub, cached: Path) -> None:
    fetched_by_others(hub, cached)
    assert find_model(REPO).identity == find_model(str(hub.root / REPO)).identity
    assert fetched(hub) == {"model.safetensors"}
    assert load_model(REPO, device="cpu").info.layers == 3


def test_a_cache_without_a_tokenizer_is_completed(hub: Hub, cached: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        hf_hub_download(REPO, name)
    fetched(hub)
    find_model(REPO)
    assert {"tokenizer.json", "tokenizer_config.json"} <= fetched(hub)
    (cached / "tokenizer_config.json").unlink()
    find_model(REPO)
    assert (cached / "tokenizer_config.json").is_file(), "it says which tokens start and end"


def test_one_shard_of_six_is_completed(hub: Hub, cached: Path) -> None:
    shards = shard(hub.root / REPO, 6)
    fetched_by_others(hub, cached, shards[0])
    assert not cached_models(), "a part is none"
    whole = find_model(REPO)
    assert fetched(hub) == set(shards[1:])
    assert [name for name, _ in cached_models()] == [REPO]
    (cached / shards[4]).resolve().unlink()  # a link to what an interrupted download did not end
    assert find_model(REPO) == whole
    assert fetched(hub) == {shards[4]}


def test_a_whole_model_needs_no_network(
    hub: Hub, cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = find_model(REPO)
    hub.listed.clear()
    fetched(hub)
    assert find_model(REPO) == whole
    assert find_model(f"{REPO}@{COMMIT}").identity == whole.identity
    assert not hub.listed
    assert not fetched(hub)
    go_offline(monkeypatch)
    assert find_model(REPO) == whole
    (cached / "tokenizer_config.json").unlink()
    assert find_model(REPO) == whole, "some repositories have none"


def test_offline_it_says_what_is_missing(
    hub: Hub, cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shards = shard(hub.root / REPO, 6)
    fetched_by_others(hub, cached, shards[0])
    go_offline(monkeypatch)
    with pytest.raises(TracerError) as refused:
        find_model(REPO)
    said = str(refused.value)
    assert f"{shards[1]}, {shards[2]}, {shards[3]}, {shards[4]} and 1 more are missing" in said
    assert "run it again with a network" in said
    with pytest.raises(TracerError, match="`someone/absent` could not be fetched from the hub"):
        find_model("someone/absent")


def test_a_revision_that_is_not_there(hub: Hub, cached: Path) -> None:
    whole = find_model(REPO)
    (cached.parents[1] / "refs" / "main").write_text("")  # what a full disk leaves behind
    assert find_model(REPO) == whole
    with pytest.raises(TracerError, match="`someone/tiny` could not be fetched from the hub"):
        find_model(f"{REPO}@no-such-branch")


def test_what_is_refused_is_not_fetched(hub: Hub) -> None:
    folder = hub.root / REPO
    reconfigure(folder, quantization_config={"quant_method": "gptq"})
    with pytest.raises(TracerError, match=r"quantised \(gptq\)"):
        find_model(REPO)
    assert "model.safetensors" not in fetched(hub)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["config.json", "pytorch_model.bin"], "no safetensors weights.*pickled weights are never"),
        (["config.json", "consolidated.safetensors"], "only `consolidated.safetensors`"),
        (["model.safetensors"], "there is no config.json"),
        (["adapter_config.json", "adapter_model.safetensors"], "an adapter here, and no model"),
    ],
)
def test_a_repository_that_holds_no_model(hub: Hub, names: list[str], words: str) -> None:
    folder = hub.root / "someone" / "other"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("{}")
    with pytest.raises(TracerError, match=f"`someone/other`: .*{words}"):
        find_model("someone/other")
    assert not hub.fetched


def test_an_index_that_names_a_shard_that_is_not_there(hub: Hub) -> None:
    shards = shard(hub.root / REPO)
    (hub.root / REPO / shards[1]).unlink()
    with pytest.raises(TracerError, match=f"not all there: {shards[1]} is missing"):
        find_model(REPO)
