"""Per-layer transcoders: activations, completeness, edges, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.attribution.frozen_rerun import FrozenModel, Nudge
from tests.tiny_models import PROMPT, exact_tiny_model
from tracer.attribution.trace import Attribution, trace
from tracer.documents.prompts import TraceSettings
from tracer.errors import TracerError
from tracer.features.choose import find_features
from tracer.features.weights.recognise import open_dictionary
from tracer.model.load import Model

FAMILIES = ("llama", "llama-biases", "gpt2", "gpt-neox")
WIDTH, LAYERS, D_MODEL = 40, 3, 32
EVERYTHING = TraceSettings(coverage=1.0)


def write_set(folder: Path, *, skip: bool = False, jump: bool = False, config: str = "") -> Path:
    """The native layout: `layer_{i}.safetensors`, in float64 so that identities are exact."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    for layer in range(LAYERS):
        tensors = {
            "W_enc": torch.randn(WIDTH, D_MODEL) / D_MODEL**0.5,
            "W_dec": torch.randn(WIDTH, D_MODEL) / D_MODEL**0.5,
            "b_enc": torch.randn(WIDTH) * 0.3,
            "b_dec": torch.randn(D_MODEL) * 0.1,
        }
        if skip:
            tensors["W_skip"] = torch.randn(D_MODEL, D_MODEL) / D_MODEL
        if jump:
            tensors["activation_function.threshold"] = torch.full((WIDTH,), 0.4)
        double = {name: one.double() for name, one in tensors.items()}
        save_file(double, folder / f"layer_{layer}.safetensors")
    if config:
        (folder / "config.yaml").write_text(config)
    return folder


VARIANTS: dict[str, dict[str, Any]] = {
    "relu": {},
    "jumprelu": {"jump": True},
    "skip": {"skip": True},
    "topk": {"config": "activation: topk\nk: 5\n"},
    "normalised": {"config": "feature_input_hook: ln2.hook_normalized\n", "skip": True},
    "stream": {"config": "feature_input_hook: hook_resid_mid\n", "skip": True},
}


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    return exact_tiny_model(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture
def found(model: Model, tmp_path: Path) -> Callable[[str], Attribution]:
    def run(variant: str) -> Attribution:
        features = str(write_set(tmp_path / "features", **VARIANTS[variant]))
        return trace(PROMPT, model=model, target=" w9", features=features, settings=EVERYTHING)

    return run


@pytest.mark.parametrize("variant", VARIANTS)
def test_incoming_edges_and_biases_sum_to_the_target(
    found: Callable[[str], Attribution], variant: str
) -> None:
    attribution = found(variant)
    swept, targets = attribution.swept, attribution.targets
    activations = torch.cat([one.activations for one in attribution.layers])[swept.expanded]
    biases = torch.cat([one.biases for one in attribution.layers])[swept.expanded]
    values = torch.cat([activations, targets.values])
    gap = swept.rows.sum(1) + swept.biases + torch.cat([biases, targets.biases]) - values
    assert (gap.abs() <= 1e-10 * swept.rows.abs().sum(1)).all()
    assert len(swept.expanded) > 20


def test_doubling_a_feature_moves_others_by_its_edge(found: Callable[[str], Attribution]) -> None:
    attribution = found("relu")
    swept, columns = attribution.swept, attribution.swept.columns
    independent = FrozenModel(attribution.frozen.model, attribution.frozen.token_ids)
    moved = 0
    for rank in range(0, len(swept.expanded), 7):
        target = int(swept.expanded[rank])
        at = next(i for i in range(LAYERS) if target < columns.starts[i + 1])
        there, spot = attribution.layers[at], target - columns.starts[at]
        encoder = stored(attribution, "W_enc", at)[there.indices[spot]]
        for column in range(0, columns.starts[at], 11):
            layer = next(i for i in range(LAYERS) if column < columns.starts[i + 1])
            one, row = attribution.layers[layer], column - columns.starts[layer]
            written = one.activations[row] * one.decoders[row]
            after = independent.run(Nudge(mlps={(layer, int(one.positions[row])): written}))
            read = [run.mlp_inputs[at][there.positions[spot]] for run in (independent.real, after)]
            change = float(encoder @ (read[1] - read[0]))
            assert change == pytest.approx(float(swept.rows[rank, column]), abs=1e-9)
            moved += abs(change) > 1e-6
    assert moved > 3


@pytest.mark.parametrize("variant", ["relu", "jumprelu", "topk"])
def test_activations_are_the_definitions(found: Callable[[str], Attribution], variant: str) -> None:
    attribution = found(variant)
    for layer, one in enumerate(attribution.layers):
        x = attribution.frozen.mlp_inputs[layer]
        before = x @ stored(attribution, "W_enc", layer).T + stored(attribution, "b_enc", layer)
        active = before * (before > (0.4 if variant == "jumprelu" else 0))
        if variant == "topk":
            least = active.topk(5, dim=1).values[:, -1:]
            active = active * (active >= least)
        active[0] = 0  # the start token is the same for every prompt
        positions, indices = active.nonzero(as_tuple=True)
        assert torch.equal(one.positions, positions)
        assert torch.equal(one.indices, indices)
        torch.testing.assert_close(one.activations, active[positions, indices])


def stored(attribution: Attribution, name: str, layer: int) -> Tensor:
    """A tensor of the random set, drawn again."""
    torch.manual_seed(1)
    for _ in range(layer + 1):
        drawn = {
            "W_enc": torch.randn(WIDTH, D_MODEL) / D_MODEL**0.5,
            "W_dec": torch.randn(WIDTH, D_MODEL) / D_MODEL**0.5,
            "b_enc": torch.randn(WIDTH) * 0.3,
        }
        torch.randn(D_MODEL)
    assert attribution.layers
    return drawn[name].double()


def test_a_published_graph_says_what_its_features_are(model: Model, tmp_path: Path) -> None:
    features = str(write_set(tmp_path / "features"))
    graph = trace(PROMPT, model=model, target=" w9", features=features).prune(slug="plt")
    info = graph.metadata.tracer
    assert info is not None
    assert info.features.kind == "transcoders"
    assert info.features.source == f"local.{info.features.identity[:8]}"
    assert info.settings.max_links is None
    assert str(tmp_path) not in graph.to_json()
    kinds = {node.feature_type for node in graph.nodes}
    assert "cross layer transcoder" in kinds and "neuron" not in kinds
    assert not any(node.kind == "error" and node.ctx_idx == 0 for node in graph.nodes)


def test_what_feeds_one_feature(model: Model, tmp_path: Path) -> None:
    features = str(write_set(tmp_path / "features"))
    whole = trace(PROMPT, model=model, features=features, settings=EVERYTHING)
    last = whole.layers[2]
    name = f"2_{last.indices[3]}_{last.positions[3]}"
    fed = trace(PROMPT, model=model, features=features, target_feature=name)
    total = fed.swept.rows[-1].sum() + fed.swept.biases[-1] + fed.targets.biases[0]
    assert float(total) == pytest.approx(float(last.activations[3]), abs=1e-9)
    node = fed.prune().nodes[-1]
    assert (node.node_id, node.feature_type) == (name, "cross layer transcoder")
    active = last.indices[last.positions == 5].tolist()
    quiet = next(one for one in range(WIDTH) if one not in active)
    with pytest.raises(TracerError, match=f"the feature `2_{quiet}_5` is not active"):
        trace(PROMPT, model=model, features=features, target_feature=f"2_{quiet}_5")


def test_a_model_that_normalises_what_its_mlp_gives_is_refused(tmp_path: Path) -> None:
    gemma = exact_tiny_model(tmp_path / "model", "gemma2")
    features = str(write_set(tmp_path / "features"))
    with pytest.raises(TracerError, match=r"not read for `gemma2` models.*features: neurons"):
        trace(PROMPT, model=gemma, features=features)


def test_identity_follows_content(tmp_path: Path) -> None:
    def identity(folder: Path) -> str:
        return find_features(str(folder), model_source="m", model_identity="0").identity

    first = identity(write_set(tmp_path / "a"))
    assert identity(write_set(tmp_path / "b")) == first
    assert identity(write_set(tmp_path / "c", jump=True)) != first


def test_an_unknown_layout_says_what_was_found(tmp_path: Path) -> None:
    save_file({"weird": torch.zeros(2)}, tmp_path / "layer_0.safetensors")
    with pytest.raises(TracerError, match=r"found layer_0.* with weird; understood: per-layer"):
        open_dictionary(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(TracerError, match="there are no transcoders here"):
        open_dictionary(tmp_path / "empty")


def test_a_missing_layer_or_tensor(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "features")
    save_file({"W_enc": torch.zeros(4, 4)}, folder / "layer_1.safetensors")
    with pytest.raises(TracerError, match=r"layout of these weights is not known.* with W_enc"):
        open_dictionary(folder)
    (folder / "layer_1.safetensors").unlink()
    with pytest.raises(TracerError, match="layers are missing: found 0, 2; fetch the whole set"):
        open_dictionary(folder)


def test_a_set_for_another_model(model: Model, tmp_path: Path) -> None:
    folder = write_set(tmp_path / "features")
    (folder / "layer_2.safetensors").unlink()
    with pytest.raises(TracerError, match=r"has 2 layers of width 32, the model .* has 3"):
        trace(PROMPT, model=model, features=str(folder))


def test_a_file_cut_short(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "features")
    file = folder / "layer_0.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(TracerError, match=r"layer_0.safetensors: is damaged or cut short"):
        open_dictionary(folder)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("feature_input_hook: hook_elsewhere", r"config.yaml:1:21: `feature_input_hook: hook_else"),
        ("feature_output_hook: hook_attn_out", r"`feature_output_hook: hook_attn_out` is not"),
        ("activation: topk", r"add `k`"),
        ("activation: gelu", r"config.yaml:1:13: `activation`: input should be .topk. or .relu."),
    ],
)
def test_a_configuration_not_understood(tmp_path: Path, config: str, words: str) -> None:
    with pytest.raises(TracerError, match=words):
        open_dictionary(write_set(tmp_path / "features", config=config))


def layer_tensors(layer: int) -> dict[str, Tensor]:
    torch.manual_seed(50 + layer)
    return {
        "W_enc": torch.randn(WIDTH, D_MODEL) * 0.3,
        "W_dec": torch.randn(WIDTH, D_MODEL) * 0.2,
        "b_enc": torch.randn(WIDTH) * 0.1,
        "b_dec": torch.randn(D_MODEL) * 0.1,
        "W_skip": torch.randn(D_MODEL, D_MODEL) * 0.1,
        "threshold": torch.rand(WIDTH) * 0.5,
    }


def save(tensors: dict[str, Tensor], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: one.contiguous() for name, one in tensors.items()}, file)


def native(folder: Path, *, hook: str, threshold: bool, skip: bool, more: str = "") -> Path:
    for layer in range(LAYERS):
        made = layer_tensors(layer)
        limit = made.pop("threshold")
        if threshold:
            made["activation_function.threshold"] = limit
        if not skip:
            made.pop("W_skip")
        save(made, folder / f"layer_{layer}.safetensors")
    (folder / "config.yaml").write_text(f"feature_input_hook: {hook}\n{more}")
    return folder


def gemma_scope(folder: Path) -> Path:
    for layer in range(LAYERS):
        made = layer_tensors(layer)
        made.pop("W_skip")
        file = folder / f"layer_{layer}" / "width_16k" / f"average_l0_{layer + 7}" / "params.npz"
        file.parent.mkdir(parents=True)
        made["W_enc"] = made["W_enc"].T
        np.savez(file, **{name: one.numpy() for name, one in made.items()})
    return folder


def gemma_scope_2(folder: Path) -> Path:
    for layer in range(LAYERS):
        made = layer_tensors(layer)
        renamed = {"w_enc": made["W_enc"].T, "w_dec": made["W_dec"]}
        renamed |= {name: made[name] for name in ("b_enc", "b_dec", "threshold")}
        renamed["affine_skip_connection"] = made["W_skip"].T
        save(renamed, folder / f"layer_{layer}_width_16k_l0_small_affine" / "params.safetensors")
    return folder


def sparsify(folder: Path, *, transcode: str = "true") -> Path:
    for layer in range(LAYERS):
        made = layer_tensors(layer)
        renamed = {"encoder.weight": made["W_enc"], "encoder.bias": made["b_enc"]}
        renamed |= {name: made[name] for name in ("W_dec", "b_dec", "W_skip")}
        save(renamed, folder / f"layers.{layer}.mlp" / "sae.safetensors")
        config = f'{{"k": 6, "activation": "topk", "transcode": {transcode}}}'
        (folder / f"layers.{layer}.mlp" / "cfg.json").write_text(config)
    return folder


LAYOUTS: dict[str, tuple[Callable[[Path], Path], dict[str, Any]]] = {
    "gemma scope": (
        gemma_scope,
        {"hook": "ln2.hook_normalized", "threshold": True, "skip": False},
    ),
    "gemma scope 2": (gemma_scope_2, {"hook": "mlp.hook_in", "threshold": True, "skip": True}),
    "sparsify": (
        sparsify,
        {
            "hook": "mlp.hook_in",
            "threshold": False,
            "skip": True,
            "more": "activation: topk\nk: 6\n",
        },
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_read_to_the_same_graph(model: Model, tmp_path: Path, layout: str) -> None:
    write, as_native = LAYOUTS[layout]
    folders = write(tmp_path / "a"), native(tmp_path / "b", **as_native)
    mine, theirs = (
        trace(PROMPT, model=model, features=str(folder), settings=EVERYTHING) for folder in folders
    )
    assert len(mine.swept.expanded) > 20
    torch.testing.assert_close(mine.swept.rows, theirs.swept.rows, rtol=1e-9, atol=1e-12)


def test_an_autoencoder_and_a_cross_layer_set_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TracerError, match="sparse autoencoder, not a transcoder"):
        open_dictionary(sparsify(tmp_path / "sae", transcode="false"))
    made = layer_tensors(0)
    across = {"w_enc": made["W_enc"].T, "w_dec": torch.zeros(WIDTH, LAYERS, D_MODEL)}
    across |= {name: made[name] for name in ("b_enc", "b_dec", "threshold")}
    save(across, tmp_path / "clt" / "params_layer_0.safetensors")
    with pytest.raises(TracerError, match="cross-layer transcoders are not read; understood"):
        open_dictionary(tmp_path / "clt")


def test_a_set_in_the_hubs_own_cache(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    repo, commit = tmp_path / "models--someone--some-set", "0123456789abcdef" * 2 + "01234567"
    native(repo / "snapshots" / commit / "wide", hook="mlp.hook_in", threshold=True, skip=False)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(commit)
    (repo / "blobs").mkdir()
    found = trace(PROMPT, model=model, features="hf:someone/some-set/wide", settings=EVERYTHING)
    assert found.features_info.source == "someone.some-set.wide"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(TracerError, match="the features `someone/absent` could not be fetched"):
        trace(PROMPT, model=model, features="hf:someone/absent")
