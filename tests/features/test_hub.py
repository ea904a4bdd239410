"""Sets on the hub: `huggingface_hub`'s own code against a server that answers as the hub does."""

from __future__ import annotations

import io
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.features.dictionaries import (
    LAYERS,
    config,
    write_clt,
    write_gemma_scope,
    write_gemma_scope_2,
    write_gemma_scope_2_clt,
    write_plt,
    write_sparsify,
)
from tests.features.hub_server import COMMIT, Hub, the_only_hub
from tests.tiny_models import PROMPT, exact_tiny_model, save_tiny_model
from tests.tracing import trace_nodes
from tracer.batch.cluster import Tools
from tracer.batch.plan import make_plan
from tracer.batch.run_here import LastModel
from tracer.batch.run_on_ray import GraphTask
from tracer.batch.session import build_graphs
from tracer.batch.sources import Sources
from tracer.batch.trace_job import Traced
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import load_prompts
from tracer.documents.sources import SHORTHANDS
from tracer.documents.trace_info import FeaturesInfo
from tracer.errors import TracerError
from tracer.features.choose import find_features

REPO = "someone/some-set"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with the_only_hub(tmp_path, monkeypatch) as hub:
        yield hub


def found(name: str) -> FeaturesInfo:
    return find_features(name, model_source="m", model_identity="0")


@pytest.mark.parametrize(
    "write",
    [write_plt, write_clt, write_gemma_scope, write_gemma_scope_2_clt, write_sparsify],
)
def test_a_repository_that_is_one_set(hub: Hub, write) -> None:  # type: ignore[no-untyped-def]
    folder = write(hub.root / REPO)
    (folder / "README.md").write_text("a card")
    (folder / "features").mkdir()
    (folder / "features" / "layer_0.bin").write_bytes(b"examples")
    info = found(f"hf:{REPO}")
    assert info.source == "someone.some-set"
    assert info.identity == found(str(folder)).identity
    assert not any(one.endswith((".md", ".bin")) for one in hub.fetched)


def test_a_subfolder_at_a_revision(hub: Hub) -> None:
    write_plt(hub.root / REPO / "wide")
    write_plt(hub.root / REPO / "narrow", threshold=True)
    wide = found(f"hf:{REPO}/wide@{COMMIT}")
    assert wide.source == "someone.some-set.wide"
    assert len(hub.fetched) == LAYERS
    assert all("/wide/" in one for one in hub.fetched)
    assert found(f"hf:{REPO}/narrow").identity != wide.identity
    with pytest.raises(TracerError, match="`someone/some-set` could not be fetched"):
        found(f"hf:{REPO}@no-such-branch")


def test_one_width_of_many(hub: Hub) -> None:
    """Gemma Scope 2 has the layer's number in the middle of a folder's name."""
    write_gemma_scope_2(hub.root / REPO / "transcoder_all")
    write_gemma_scope_2(hub.root / REPO / "transcoder_all", skip=True)
    with pytest.raises(TracerError, match="there are several sets here: `transcoder_all/wid"):
        found(f"hf:{REPO}")
    assert not hub.fetched, "nothing is fetched of what is refused"
    info = found(f"hf:{REPO}/transcoder_all/width_16k_l0_small_affine")
    assert info.source == "someone.some-set.transcoder.all.width.16k.l0.small.affine"
    assert len(hub.fetched) == 2 * LAYERS
    assert all("_affine/" in one for one in hub.fetched)
    with pytest.raises(TracerError, match="there is no set `width_1m` here; there are: `transco"):
        found(f"hf:{REPO}/width_1m")


def test_several_sparsities_of_gemma_scope(hub: Hub) -> None:
    write_gemma_scope(hub.root / REPO)
    write_gemma_scope(hub.root / REPO, width="width_65k")
    assert found(f"hf:{REPO}/width_65k").identity == found(f"hf:{REPO}/width_16k").identity
    write_gemma_scope(hub.root / REPO, l0=90)
    with pytest.raises(TracerError, match=r"layer 0 is in `layer_0/width_16k/average_l0_7.*list"):
        found(f"hf:{REPO}/width_16k")


def test_what_is_refused_is_not_fetched(hub: Hub) -> None:
    write_sparsify(hub.root / REPO, transcode=False)
    with pytest.raises(TracerError, match="sparse autoencoder, not a transcoder"):
        found(f"hf:{REPO}")
    assert all(one.endswith("cfg.json") for one in hub.fetched)
    write_gemma_scope_2(hub.root / "someone/residual", reads="output")
    with pytest.raises(TracerError, match=r"features at `model.layers.0.output` are no transcoder"):
        found("hf:someone/residual")
    write_gemma_scope(hub.root / "google/gemma-scope-2b-pt-res")
    with pytest.raises(TracerError, match="`gemma-scope-2b-pt-res` are sparse autoencoders of the"):
        found("hf:google/gemma-scope-2b-pt-res")
    write_gemma_scope_2(hub.root / "google/gemma-scope-2-1b-pt/attn_out_all")
    with pytest.raises(TracerError, match="`attn_out_all` are sparse autoencoders of attention"):
        found("hf:google/gemma-scope-2-1b-pt/attn_out_all")
    with pytest.raises(TracerError, match="`someone/absent` could not be fetched"):
        found("hf:someone/absent")
    assert not any(one.endswith("safetensors") for one in hub.fetched)


def test_a_layer_that_no_file_of_a_repository_holds_was_left_out(hub: Hub) -> None:
    write_plt(hub.root / REPO)
    (hub.root / REPO / "layer_1.safetensors").unlink()
    found(f"hf:{REPO}")
    assert sorted(hub.fetched) == [f"{REPO}/layer_{layer}.safetensors" for layer in (0, 2)]


def test_half_a_set_is_completed_and_a_whole_one_needs_no_network(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = write_clt(hub.root / REPO)
    whole = found(f"hf:{REPO}")
    assert len(hub.fetched) == 2 * LAYERS
    cached = next((tmp_path / "cache").rglob("snapshots")) / COMMIT
    (cached / "W_dec_1.safetensors").resolve().unlink()
    (cached / "W_dec_1.safetensors").unlink()
    hub.fetched.clear()
    assert found(f"hf:{REPO}") == whole
    assert hub.fetched == [f"{REPO}/W_dec_1.safetensors"]
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert found(f"hf:{REPO}") == whole
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert found(f"hf:{REPO}@{COMMIT}") == whole
    for name in ("W_dec_1.safetensors", "W_enc_1.safetensors"):
        (cached / name).unlink()
    lost = "only a part is in the cache.*: W_dec_1.safetensors, W_enc_1.safetensors are missing"
    with pytest.raises(TracerError, match=f"{lost}; run it again with a network"):
        found(f"hf:{REPO}")
    shutil.rmtree(tmp_path / "remembered")  # as if others had filled the cache
    with pytest.raises(TracerError, match="layers are missing: found 0, 2; the hub cannot be re"):
        found(f"hf:{REPO}")
    shutil.rmtree(folder)
    with pytest.raises(TracerError, match="`someone/absent` could not be fetched"):
        found("hf:someone/absent")


def test_the_last_layers_missing_from_a_cache_are_missed(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without them it would be a whole set of fewer layers."""
    write_plt(hub.root / REPO)
    found(f"hf:{REPO}")
    cached = next((tmp_path / "cache").rglob("snapshots")) / COMMIT
    (cached / f"layer_{LAYERS - 1}.safetensors").unlink()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(TracerError, match=f"layer_{LAYERS - 1}.safetensors is missing"):
        found(f"hf:{REPO}")


def test_a_hub_that_is_down_is_one_that_cannot_be_reached(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plt(hub.root / REPO)
    whole = found(f"hf:{REPO}")
    monkeypatch.setattr(hub, "answer", lambda _: (503, {}, b""))
    assert found(f"hf:{REPO}") == whole
    with pytest.raises(TracerError, match="`someone/absent` could not be fetched"):
        found("hf:someone/absent")


def test_a_batch_lists_a_repository_once_however_many_prompts_it_has(
    hub: Hub, tmp_path: Path
) -> None:
    write_plt(hub.root / REPO)
    model = save_tiny_model(tmp_path / "model")
    found(f"hf:{REPO}")
    hub.listed.clear()
    found(f"hf:{REPO}")
    once = hub.listed.count(REPO)  # by us, and by huggingface_hub for what is there
    assert once > 0

    def listed_for(*prompts: str) -> int:
        hub.listed.clear()
        entries = "".join(f"  - {{slug: s{n}, prompt: {one}}}\n" for n, one in enumerate(prompts))
        defaults = f"defaults: {{model: {model}, features: hf:{REPO}, allow_misfit: true}}\n"
        (tmp_path / "prompts.yaml").write_text(f"{defaults}graphs:\n{entries}")
        listed = load_prompts(tmp_path / "prompts.yaml")
        console = Console(file=io.StringIO())
        assert build_graphs(listed, tmp_path / "graphs", device="cpu", console=console) == 0
        return hub.listed.count(REPO)

    assert listed_for("w3 w4") == once
    assert listed_for("w3 w4", "w5 w6", "w7 w8") == once, "the next batch looks again, once"
    assert len(list((tmp_path / "graphs").rglob("1.json"))) == 3


def test_a_worker_of_a_cluster_lists_a_repository_once_too(hub: Hub, tmp_path: Path) -> None:
    """Ray needs to be there for none of this: a worker is a class, and a job goes by pickle."""
    write_plt(hub.root / REPO)
    model = save_tiny_model(tmp_path / "model")
    found(f"hf:{REPO}")
    hub.listed.clear()
    found(f"hf:{REPO}")
    once = hub.listed.count(REPO)
    (tmp_path / "prompts.yaml").write_text(
        f"defaults: {{model: {model}, features: hf:{REPO}, allow_misfit: true}}\n"
        "graphs: [{slug: a, prompt: w3 w4}, {slug: b, prompt: w5 w6}]\n"
    )
    jobs = make_plan(load_prompts(tmp_path / "prompts.yaml"), GraphFolder(tmp_path / "graphs"))
    sent = pickle.loads(pickle.dumps(jobs))
    hub.listed.clear()
    tools = Tools(LastModel("cpu"), Sources())
    for job in sent:
        assert isinstance(GraphTask(job).do(tools), Traced)
    assert hub.listed.count(REPO) == once
    write_plt(hub.root / REPO, threshold=True)
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(TracerError, match="are others than this machine's"):
        GraphTask(sent[0]).do(Tools(LastModel("cpu"), Sources()))


def gemma(hub: Hub, *, layers: list[int], more: str = "") -> None:
    """circuit-tracer's `gemma`: a list of files in Gemma Scope's repository."""
    source = "google/gemma-scope-2b-pt-transcoders"
    if not (hub.root / source).exists():
        write_gemma_scope(hub.root / source)
        write_gemma_scope(hub.root / source, l0=300)
    lines = [
        f'- "hf://{source}/layer_{one}/width_16k/average_l0_{one + 7}/params.npz?revision={COMMIT}"'
        for one in layers
    ]
    home = hub.root / SHORTHANDS["gemma"].removeprefix("hf:")
    home.mkdir(parents=True, exist_ok=True)
    config(
        home,
        reads="ln2.hook_normalized",
        writes="hook_mlp_out",
        more="\n".join(["model_kind: transcoder_set", "transcoders:", *lines, more]),
    )


def test_the_shorthands(hub: Hub, tmp_path: Path) -> None:
    gemma(hub, layers=[0, 1, 2])
    write_plt(hub.root / SHORTHANDS["llama"].removeprefix("hf:"), reads="mlp.hook_in")
    assert found("llama").source == "mntss.transcoder-llama-3.2-1b"
    hub.fetched.clear()
    info = found("gemma")
    assert info.source == "mwhanna.gemma-scope-transcoders"
    assert info.identity == found(str(write_gemma_scope(tmp_path / "same"))).identity
    assert len(hub.fetched) == 1 + LAYERS, "the list, and one file a layer"


def test_a_last_file_named_twice_and_a_list_for_another_model(hub: Hub, tmp_path: Path) -> None:
    gemma(hub, layers=[0, 1, 2, 2])
    model = exact_tiny_model(tmp_path / "model", "gemma2")
    traced = trace_nodes(PROMPT, model=model, features="gemma", allow_misfit=True)
    assert traced.active.count > 20
    gemma(hub, layers=[0, 1])
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(TracerError, match=r"has 2 layers of width 32, the model .* has 3"):
        trace_nodes(PROMPT, model=model, features="gemma")


def test_a_local_list_of_files_elsewhere(hub: Hub, tmp_path: Path) -> None:
    write_plt(hub.root / REPO / "wide")
    folder = tmp_path / "mine"
    write_plt(folder / "own")
    (folder / "config.yaml").write_text(
        "feature_input_hook: mlp.hook_in\nactivation: topk\nk: 5\ntranscoders:\n"
        f"- hf://{REPO}/wide/layer_0.safetensors\n- own/layer_1.safetensors\n"
        f"- hf://{REPO}/wide/layer_2.safetensors\n"
    )
    same = write_plt(tmp_path / "same", reads="mlp.hook_in", more="activation: topk\nk: 5\n")
    assert found(str(folder)) == found(str(same))
    (folder / "config.yaml").write_text("transcoders:\n- hf://x/layer_0.safetensors\n")
    with pytest.raises(TracerError, match=r"config.yaml:2:3: `hf://x/layer_0.* is no file; write"):
        found(str(folder))
    (folder / "config.yaml").write_text(f"transcoders: [hf://{REPO}/wide/layer_7.safetensors]\n")
    with pytest.raises(TracerError, match=r"not all there: wide/layer_7.safetensors is missing"):
        found(str(folder))
