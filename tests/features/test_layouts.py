"""Each published layout is recognised by its content and read to the same graph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.features.dictionaries import (
    WIDTH,
    write_clt,
    write_gemma_scope,
    write_gemma_scope_2,
    write_gemma_scope_2_clt,
    write_plt,
    write_sparsify,
)
from tests.same_graph import EXACT, assert_same_graph
from tests.tiny_models import PROMPT, exact_tiny_model
from tests.tracing import trace_nodes
from tracer.documents.graph import Graph
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.features.choose import choose_features, find_features
from tracer.model.load import Model

EVERYTHING = TraceSettings(coverage=1.0, allow_misfit=True)  # random sets
Writer = Callable[[Path], Path]


@pytest.fixture(scope="module", params=["llama", "gemma3"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    return exact_tiny_model(tmp_path_factory.mktemp(request.param), request.param)


def with_k(folder: Path, k: int) -> Path:
    """TopK as circuit-tracer saves it: k is a tensor of its own."""
    for file in folder.glob("*.safetensors"):
        save_file({**load_file(file), "k": torch.tensor(k)}, file)
    return folder


BEHIND: dict[str, Any] = {"writes": "hook_mlp_out"}
NATIVE: dict[str, tuple[Writer, Writer]] = {
    "native, its defaults": (
        write_plt,
        lambda to: write_plt(to, reads="mlp.hook_in", writes="mlp.hook_out"),
    ),
    "native across layers, its defaults": (
        write_clt,
        lambda to: write_clt(to, reads="hook_resid_mid", **BEHIND),
    ),
    "Gemma Scope": (
        write_gemma_scope,
        lambda to: write_plt(to, reads="ln2.hook_normalized", threshold=True, **BEHIND),
    ),
    "Gemma Scope 2": (
        write_gemma_scope_2,
        lambda to: write_plt(to, reads="mlp.hook_in", threshold=True, **BEHIND),
    ),
    "Gemma Scope 2, affine": (
        lambda to: write_gemma_scope_2(to, skip=True),
        lambda to: write_plt(to, reads="mlp.hook_in", threshold=True, skip=True, **BEHIND),
    ),
    "Gemma Scope 2, another hook": (
        lambda to: write_gemma_scope_2(to, reads="pre_feedforward_layernorm.input"),
        lambda to: write_plt(to, reads="hook_resid_mid", threshold=True, **BEHIND),
    ),
    "Gemma Scope 2 across layers": (
        write_gemma_scope_2_clt,
        lambda to: write_clt(to, reads="mlp.hook_in", threshold=True, **BEHIND),
    ),
    "TopK that circuit-tracer saved": (
        lambda to: with_k(write_plt(to), 5),
        lambda to: write_plt(to, more="activation: topk\nk: 5\n"),
    ),
    "ReLU whatever the thresholds": (
        lambda to: write_plt(to, threshold=True, more="activation: relu\n"),
        write_plt,
    ),
    "sparsify": (
        write_sparsify,
        lambda to: write_plt(to, reads="mlp.hook_in", skip=True, more="activation: topk\nk: 6\n"),
    ),
}


@pytest.mark.parametrize("layout", NATIVE)
def test_every_layout_is_read_to_the_same_graph(model: Model, tmp_path: Path, layout: str) -> None:
    one, other = (
        graph(model, write(tmp_path / name))
        for write, name in zip(NATIVE[layout], "ab", strict=True)
    )
    assert len(one.nodes) > 20
    assert_same_graph(one, other, tolerance=EXACT)


def opened(folder: Path) -> object:
    return choose_features(str(folder), model_source="m", model_identity="0").dictionary


def graph(model: Model, folder: Path) -> Graph:
    found = trace_nodes(PROMPT, model=model, features=str(folder), settings=EVERYTHING)
    return found.prune(slug="one")


def test_identity_follows_content(tmp_path: Path) -> None:
    def identity(folder: Path) -> str:
        return find_features(str(folder), model_source="m", model_identity="0").identity

    first = identity(write_plt(tmp_path / "a"))
    assert identity(write_plt(tmp_path / "b")) == first
    assert identity(write_plt(tmp_path / "c", threshold=True)) != first
    assert identity(write_plt(tmp_path / "d", reads="hook_resid_mid")) != first


def test_an_unknown_layout_says_what_was_found(tmp_path: Path) -> None:
    save_file({"weird": torch.zeros(2)}, tmp_path / "layer_0.safetensors")
    with pytest.raises(TracerError, match=r"found layer_0.* with weird; understood: per-layer"):
        opened(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(TracerError, match="there are no transcoders here"):
        opened(tmp_path / "empty")


def test_a_missing_layer_or_tensor(tmp_path: Path) -> None:
    folder = write_plt(tmp_path / "features")
    save_file({"W_enc": torch.zeros(4, 4)}, folder / "layer_1.safetensors")
    with pytest.raises(TracerError, match=r"layer 1 are missing: `W_dec`, `b_dec`, `b_enc` \(f"):
        opened(folder)
    (folder / "layer_1.safetensors").unlink()
    with pytest.raises(TracerError, match="layers are missing: found 0, 2; fetch the whole set"):
        opened(folder)


@pytest.mark.parametrize("write", [write_plt, write_clt])
def test_a_set_for_another_model(model: Model, tmp_path: Path, write: Writer) -> None:
    folder = write(tmp_path)
    for file in folder.glob("*_2.safetensors"):
        file.unlink()
    with pytest.raises(TracerError, match=r"has 2 layers of width 32, |of layer 0 has shape"):
        trace_nodes(PROMPT, model=model, features=str(folder))


def test_a_file_cut_short(tmp_path: Path) -> None:
    folder = write_plt(tmp_path / "features")
    file = folder / "layer_0.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(TracerError, match=r"layer_0.safetensors: is damaged or cut short"):
        opened(folder)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            "feature_input_hook: hook_elsewhere",
            r"config.yaml:1:21: `feature_input_hook`: inp",
        ),
        (
            "feature_output_hook: hook_attn_out",
            r"`feature_output_hook`: input should be .hoo",
        ),
        ("activation: topk", r"config.yaml:1:13: .*add the line `k: N`"),
        ("activation: gelu", r"config.yaml:1:13: `activation`: input should be .topk., .relu., .j"),
    ],
)
def test_a_configuration_not_understood(tmp_path: Path, config: str, words: str) -> None:
    with pytest.raises(TracerError, match=words):
        opened(write_plt(tmp_path / "features", more=config))


def test_layers_that_do_not_fit_together(tmp_path: Path) -> None:
    folder = write_sparsify(tmp_path / "k")
    file = folder / "layers.1.mlp" / "cfg.json"
    file.write_text(file.read_text().replace("6", "7"))
    with pytest.raises(TracerError, match="the layers do not agree on where they read and write"):
        opened(folder)
    folder = write_plt(tmp_path / "shapes")
    tensors = load_file(folder / "layer_1.safetensors")
    tensors["b_enc"] = tensors["b_enc"][1:].clone()
    save_file(tensors, folder / "layer_1.safetensors")
    with pytest.raises(TracerError, match=r"encoder's bias of layer 1 has shape \(39,\), not \(4"):
        opened(folder)
    write_plt(tmp_path / "both" / "a")
    write_clt(tmp_path / "both" / "b")
    with pytest.raises(TracerError, match="there are several sets here: `a`, `b`; name one of"):
        opened(tmp_path / "both")


def test_one_threshold_for_all(model: Model, tmp_path: Path) -> None:
    graphs = []
    for name, shape in (("a", ()), ("b", (WIDTH,))):
        folder = write_plt(tmp_path / name)
        for file in folder.glob("*.safetensors"):
            threshold = {"activation_function.threshold": torch.full(shape, 0.3)}
            save_file({**load_file(file), **threshold}, file)
        graphs.append(graph(model, folder))
    assert_same_graph(graphs[0], graphs[1], tolerance=EXACT)


@pytest.mark.parametrize("activation", ["batchtopk", "groupmax_of_others"])
def test_another_activation_of_sparsify_is_refused(tmp_path: Path, activation: str) -> None:
    with pytest.raises(TracerError, match=f"`activation: {activation}` with `k: 6` is not unders"):
        opened(write_sparsify(tmp_path, activation=activation))


def test_an_autoencoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TracerError, match="sparse autoencoder, not a transcoder"):
        opened(write_sparsify(tmp_path, transcode=False))
