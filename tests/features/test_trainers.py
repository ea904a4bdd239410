"""Sets as the programs that train them save them: what is read is what those programs compute."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

import tracer
from tests.features.dictionaries import (
    D_MODEL,
    LAYERS,
    WIDTH,
    numbers,
    write_bytedance,
    write_clt,
    write_clt_forge,
    write_openmoss,
    write_plt,
    write_saelens,
    write_sparsify,
)
from tests.tiny_models import PROMPT, exact_tiny_model
from tests.tracing import trace_nodes
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.features.choose import choose_features
from tracer.features.encode import encode
from tracer.features.over_layers import active_over_layers
from tracer.features.transcoders import Transcoders, skip_matrix
from tracer.features.weights.config import SetConfig
from tracer.features.weights.dictionary import Dictionary
from tracer.features.weights.listing import find_layers
from tracer.features.weights.recognise import SetFiles, open_dictionary
from tracer.features.weights.stored import whole
from tracer.interventions.targets import find_targets
from tracer.model.frozen_pass import freeze

EVERYTHING = TraceSettings(coverage=1.0, allow_misfit=True)
Given = tuple[list[Tensor], list[Tensor]]  # of each layer: activations, what is written


def opened(folder: Path) -> Dictionary:
    found = choose_features(str(folder), model_source="a", model_identity="b").dictionary
    assert found is not None
    return found


def inputs(n: int = 9) -> list[Tensor]:
    chance = torch.Generator().manual_seed(3)
    return [torch.randn(n, D_MODEL, generator=chance) for _ in range(LAYERS)]


def ours(found: Dictionary, xs: list[Tensor]) -> Given:
    acts, written = [], [torch.zeros(len(x), D_MODEL) for x in xs]
    for layer, (stored, x) in enumerate(zip(found.layers, xs, strict=True)):
        active = encode(stored, x, first=0, settings=found.settings)
        acts.append(torch.zeros(len(x), WIDTH))
        acts[-1][active.positions, active.indices] = active.activations
        rows = stored.decoder.take(active.indices)
        rows = rows[:, None] if rows.ndim == 2 else rows
        for above in range(rows.shape[1]):
            parts = active.activations[:, None] * rows[:, above].float()
            written[layer + above].index_add_(0, active.positions, parts)
        written[layer] += whole(stored.decoder_bias)
        skip = skip_matrix(stored, x)
        written[layer] += 0 if skip is None else x @ skip
    return acts, written


def check(found: Given, expected: Given) -> None:
    for mine, theirs in zip(found, expected, strict=True):
        for one, other in zip(mine, theirs, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def top_k(values: Tensor, k: int) -> Tensor:
    best = values.relu().topk(k, dim=-1)
    return torch.zeros_like(values).scatter_(-1, best.indices, best.values)


@pytest.mark.parametrize("by_norm", [True, False])
@pytest.mark.parametrize("norm", ["dataset-wise", "inference"])
@pytest.mark.parametrize("act_fn", ["topk", "jumprelu", "relu"])
def test_language_model_saes(tmp_path: Path, act_fn: str, norm: str, by_norm: bool) -> None:
    """Activations of norm √d in and out, chosen by how long what they write is."""

    def compute(xs: list[Tensor]) -> Given:
        acts, written = [], []
        for layer, x in enumerate(xs):
            made = numbers(layer, threshold=True)
            sizes = (4.0 + layer, 5.0 + layer) if norm == "dataset-wise" else (D_MODEL**0.5,) * 2
            read, gave = (D_MODEL**0.5 / size for size in sizes)
            before = x * read @ made["encoder"].T + made["encoder_bias"]
            lengths = made["decoder"].norm(dim=1) if by_norm else torch.ones(WIDTH)
            if act_fn == "topk":
                chosen = top_k(before * lengths, 6) / lengths
            elif act_fn == "jumprelu":
                chosen = before * (before * lengths > made["threshold"])
            else:
                chosen = before.relu()
            acts.append(chosen / read)  # in the model's own units
            written.append((chosen @ made["decoder"] + made["decoder_bias"]) / gave)
        return acts, written

    write_openmoss(tmp_path, act_fn=act_fn, norm=norm, sparsity_include_decoder_norm=by_norm)
    check(ours(opened(tmp_path), inputs()), compute(inputs()))


@pytest.mark.parametrize(
    "kind", ["transcoder", "skip_transcoder", "jumprelu_transcoder", "jumprelu_skip_transcoder"]
)
def test_saelens(tmp_path: Path, kind: str) -> None:
    def compute(xs: list[Tensor]) -> Given:
        acts, written = [], []
        for layer, x in enumerate(xs):
            made = numbers(layer, skip="skip" in kind, threshold="jumprelu" in kind)
            before = x @ made["encoder"].T + made["encoder_bias"]
            acts.append(before * (before > made.get("threshold", torch.zeros(()))))
            skipped = x @ made["skip"] if "skip" in made else 0
            written.append(acts[-1] @ made["decoder"] + made["decoder_bias"] + skipped)
        return acts, written

    check(ours(opened(write_saelens(tmp_path, kind=kind)), inputs()), compute(inputs()))


@pytest.mark.parametrize("across", [True, False])
def test_clt_forge(tmp_path: Path, across: bool) -> None:
    reads, gives = torch.tensor([1.5, 0.7, 1.2]), torch.tensor([0.8, 2.0, 1.1])

    def compute(xs: list[Tensor]) -> Given:
        acts, written = [], [torch.zeros_like(x) for x in xs]
        for layer, x in enumerate(xs):
            made = numbers(layer, across=across, threshold=True)
            before = x * reads[layer] @ made["encoder"].T + made["encoder_bias"]
            acts.append(before * (before > made["threshold"]))
            decoders = made["decoder"] if across else made["decoder"][:, None]
            for above in range(decoders.shape[1]):
                bias = made["decoder_bias"] / (1 + above)
                written[layer + above] += acts[-1] @ decoders[:, above] + bias
        return acts, [one / gives[layer] for layer, one in enumerate(written)]

    found = opened(write_clt_forge(tmp_path, across=across))
    assert found.settings.reads == "ln2.hook_normalized"
    check(ours(found, inputs()), compute(inputs()))


@pytest.mark.parametrize("k", [1, 4, WIDTH])
def test_one_k_for_all_layers_together(tmp_path: Path, k: int) -> None:
    """As the card of ByteDance's set has it: no biases, of all layers' activations times norms the
    k · layers highest, decoders from a layer's own on."""
    xs = inputs()
    before = [(x @ numbers(at, across=True)["encoder"].T).relu() for at, x in enumerate(xs)]
    norms = [numbers(at, across=True)["decoder"].flatten(1).norm(dim=1) for at in range(LAYERS)]
    scores = torch.cat([one * norm for one, norm in zip(before, norms, strict=True)], dim=1)
    kept = torch.zeros_like(scores).scatter_(1, scores.topk(k * LAYERS, dim=1).indices, 1.0)
    chosen = kept.view(len(kept), LAYERS, WIDTH).unbind(1)
    expected = [one * on for one, on in zip(before, chosen, strict=True)]
    found = opened(write_bytedance(tmp_path, k=k))
    assert (found.settings.reads, found.settings.writes) == ("hook_resid_mid", "mlp.hook_out")
    for mine, theirs in zip(active_over_layers(found, xs, 2), expected, strict=True):
        dense = torch.zeros(len(xs[0]), WIDTH)
        dense[mine.positions, mine.indices] = mine.activations
        assert not dense[:2].any()
        torch.testing.assert_close(dense[2:], theirs[2:], rtol=1e-5, atol=1e-6)
        order = mine.positions * WIDTH + mine.indices
        assert (order.diff() > 0).all()  # as everything behind it expects


def test_features_chosen_over_all_layers_are_traced_and_not_set(tmp_path: Path) -> None:
    features = str(write_bytedance(tmp_path / "set"))
    model = exact_tiny_model(tmp_path / "model")
    found = trace_nodes(PROMPT, model=model, target=" w9", features=features, settings=EVERYTHING)
    counts = torch.cat([one.positions for one in found.layers]).bincount()
    assert counts[0] == 0 and (counts[1:] <= 4 * LAYERS).all() and counts.max() == 4 * LAYERS
    assert len({len(one) for one in found.layers}) > 1  # not k in each
    with pytest.raises(TracerError, match="they can be traced, not set"):
        find_targets(model, features)
    whole_account = EVERYTHING.model_copy(update={"remainder": "transparent"})
    with pytest.raises(TracerError, match="use `remainder: nodes`"):
        tracer.trace(PROMPT, model=model, target=" w9", features=features, settings=whole_account)


@pytest.mark.parametrize("name", ["layers", "h"])
def test_group_max_keeps_one_of_each_group(tmp_path: Path, name: str) -> None:
    def compute(xs: list[Tensor]) -> Given:
        acts, written = [], []
        for layer, x in enumerate(xs):
            made = numbers(layer, skip=True)
            before = (x @ made["encoder"].T + made["encoder_bias"]).relu()
            groups = before.view(len(x), 8, -1)
            best = groups.max(-1, keepdim=True)
            kept = torch.zeros_like(groups).scatter_(-1, best.indices, best.values)
            acts.append(kept.flatten(1))
            written.append(acts[-1] @ made["decoder"] + made["decoder_bias"] + x @ made["skip"])
        return acts, written

    folder = write_sparsify(tmp_path, activation="groupmax", k=8, name=name)
    check(ours(opened(folder), inputs()), compute(inputs()))


def test_groups_that_are_not_equal_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TracerError, match="40 features of layer 0 are no equal groups"):
        opened(write_sparsify(tmp_path, activation="groupmax", k=7))


WRITERS: dict[str, Callable[[Path], Path]] = {
    "Language-Model-SAEs": write_openmoss,
    "SAELens": lambda folder: write_saelens(folder, kind="jumprelu_skip_transcoder"),
    "CLT-Forge": write_clt_forge,
    "one TopK for all layers": write_bytedance,
    "group-max": lambda folder: write_sparsify(folder, activation="groupmax", k=8),
}


@pytest.mark.parametrize("layout", WRITERS)
def test_rows_add_up(tmp_path: Path, layout: str) -> None:
    features = str(WRITERS[layout](tmp_path / "set"))
    model = exact_tiny_model(tmp_path / "model", "gemma2")
    found = trace_nodes(PROMPT, model=model, target=" w9", features=features, settings=EVERYTHING)
    swept, layers, targets = found.swept, found.layers, found.targets
    values = torch.cat([one.activations for one in layers])[swept.expanded]
    biases = torch.cat([one.biases for one in layers])[swept.expanded]
    gap = swept.rows.sum(1) + swept.biases + torch.cat([biases, targets.biases])
    gap = (gap - torch.cat([values, targets.values])).abs()
    assert len(values) > 10 and (gap <= 1e-9 * swept.rows.abs().sum(1)).all()


AUTOENCODER = {"hook_point_out": "blocks.0.ln2.hook_normalized"}
REFUSED: list[tuple[Callable[[Path], Path], dict[str, object], str]] = [
    (write_openmoss, dict(AUTOENCODER), "autoencoder"),
    (write_openmoss, {"hook_point_out": "blocks.0.hook_attn_out"}, "no transcoder's"),
    (write_openmoss, {"hook_point_in": "blocks.1.hook_resid_mid"}, "stand for layer 0"),
    (write_openmoss, {"sae_type": "lorsa"}, "replacement of attention"),
    (write_openmoss, {"sae_type": "clt"}, "cross-layer transcoder"),
    (write_openmoss, {"use_glu_encoder": True}, "use_glu_encoder"),
    (write_openmoss, {"act_fn": "batchtopk"}, "published as jumprelu"),
    (write_openmoss, {"act_fn": "jumprelu"}, "do not agree"),
    (write_openmoss, {"norm_activation": "token-wise"}, "each token by itself"),
    (write_openmoss, {"expansion_factor": 9}, "this says 288"),
    (write_openmoss, {"of_tomorrow": 1}, "of_tomorrow"),
    (write_saelens, {"architecture": "jumprelu"}, "is no transcoder"),
    (write_saelens, {"architecture": "skip_transcoder"}, "have none"),
    (write_saelens, {"architecture": "jumprelu_transcoder"}, "lack thresholds"),
    (write_saelens, {"metadata": {"hook_name": "blocks.0.hook_mlp_in"}}, "autoencoder"),
    (write_saelens, {"normalize_activations": "layer_norm"}, "layer_norm"),
    (write_clt_forge, {"feature_sharding": True}, "in shards"),
    (write_clt_forge, {"cross_layer_decoders": False}, "do not agree"),
    (write_clt_forge, {"d_latent": 7}, "this says 7"),
    (write_bytedance, {"k": None}, "k, the number of features kept"),
    (write_bytedance, {"k": True}, "k, the number of features kept"),
    (write_bytedance, {"k": 41}, "k is 41, but layer 0 has 40 features"),
    (write_bytedance, {"d_feature": 7}, "this says 7"),
    (write_bytedance, {"normalize_activations": "layer_norm"}, "layer_norm"),
]


@pytest.mark.parametrize(("write", "said", "words"), REFUSED)
def test_what_is_not_understood_is_refused(
    tmp_path: Path, write: Callable[[Path], Path], said: dict[str, object], words: str
) -> None:
    file = sorted(write(tmp_path).rglob("*.json"))[0]
    file.write_text(json.dumps({**json.loads(file.read_text()), **said}))
    with pytest.raises(TracerError, match=words):
        opened(tmp_path)


def test_pickled_weights_are_named() -> None:
    with pytest.raises(TracerError, match=r"only pickled weights here \(`layer_0/sae\.pt`"):
        find_layers(["layer_0/sae.pt", "README.md"])


def without_layer(folder: Path, more: str = "") -> Path:
    folder.mkdir()
    write_plt(folder, more=more)
    (folder / "layer_1.safetensors").unlink()
    return folder


def test_a_set_that_was_published_with_a_gap_says_so(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path / "model")
    with pytest.raises(TracerError, match=r"layers are missing.*`missing_layers: \[1\]`"):
        opened(without_layer(tmp_path / "cut"))
    folder = str(without_layer(tmp_path / "set", more="missing_layers: [1]\n"))
    found = trace_nodes(PROMPT, model=model, target=" w9", features=folder, settings=EVERYTHING)
    fit = found.fit
    assert fit is not None and fit.left_out == (1,) and fit.unexplained[1] is None
    assert len(found.layers[1]) == 0
    frozen = found.frozen
    written = frozen.push_through_mlp_post_norm(1, frozen.mlp_outputs[1])[1:]
    torch.testing.assert_close(found.layers[1].error[1:], written)
    (told,) = [one for one in found.notices if "no features for layers" in one]
    assert "layers 1: all that their MLPs write is error" in told


@pytest.mark.parametrize("across", [False, True])
def test_layers_that_a_hub_lacks_at_the_top_are_a_gap_too(tmp_path: Path, across: bool) -> None:
    """What was published whole, and ends below the model's last layer."""
    write = write_clt if across else write_plt
    folder = write(tmp_path / "set")
    for file in folder.glob(f"*_{LAYERS - 1}.safetensors"):
        file.unlink()
    names = sorted(file.name for file in folder.iterdir())
    layers = [[folder / one for one in layer] for layer in find_layers(names, as_published=True)]
    files = SetFiles(SetConfig(), layers, folder, complete=True)
    model = exact_tiny_model(tmp_path / "model")
    info = choose_features(
        str(write(tmp_path / "whole")), model_source="a", model_identity="b"
    ).info
    source = Transcoders(info, open_dictionary(files))
    frozen = freeze(model, model.tokenizer.encode_prompt(PROMPT))
    found = source.read(frozen)
    assert [len(one) > 0 for one in found.layers] == [True] * (LAYERS - 1) + [False]
    assert found.fit is not None and found.fit.left_out == (LAYERS - 1,)
    assert len(found.widths) == LAYERS
    with pytest.raises(TracerError, match=r"has \d layers|has shape"):  # a folder may be half there
        Transcoders(info, open_dictionary(replace(files, complete=False))).read(frozen)


def test_a_gap_in_all_that_a_hub_holds_is_the_publishers() -> None:
    names = ["layer_0.safetensors", "layer_2.safetensors"]
    assert find_layers(names, as_published=True) == [[names[0]], [], [names[1]]]
