"""Sets that were trained for a model are taken, and twenty ways to spoil one are told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.features.trained_sets import (
    FEATURES,
    Weights,
    gemma_scope,
    gemma_scope_2,
    look,
    native,
    native_across,
    prompt,
    sentences,
    sparsify,
    train,
)
from tests.tiny_models import save_tiny_model
from tests.tracing import trace_nodes
from tracer.attribution.node_graph import NodeGraph
from tracer.documents.graph import parse_graph
from tracer.errors import TracerError
from tracer.features.fit import measure_fit
from tracer.interventions.interventions import Ablate
from tracer.interventions.steer import steer
from tracer.model.load import Model, load_model

NORMALISED = "feature_input_hook: ln2.hook_normalized\nfeature_output_hook: "
WRITE: Mapping[str, Callable[..., Path]] = {
    "relu": native,
    "jumprelu": native,
    "skip": native,
    "topk": sparsify,
    "topk, skip": sparsify,
    "across": native_across,
    "gemma": gemma_scope,
    "gemma native": native,
    "gemma 2": gemma_scope_2,
}


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    home = tmp_path_factory.mktemp("models")
    families = {"llama": "llama", "gemma": "gemma3"}
    return {
        name: load_model(str(save_tiny_model(home / name, family)), device="cpu")
        for name, family in families.items()
    }


def model_of(models: dict[str, Model], kind: str) -> Model:
    return models["gemma" if kind.startswith("gemma") else "llama"]


@pytest.fixture(scope="session")
def trained(models: dict[str, Model]) -> dict[str, Weights]:
    """Sets of every kind, of real training on two tiny models."""
    llama, gemma = (look(models[name], sentences()) for name in ("llama", "gemma"))
    normalised = gemma.streams / (gemma.streams.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt()
    gemma_scope_like = train(normalised, gemma.added, activation="jumprelu")
    return {
        "relu": train(llama.inputs, llama.outputs),
        "jumprelu": train(llama.inputs, llama.outputs, activation="jumprelu"),
        "skip": train(llama.inputs, llama.outputs, skip=True),
        "topk": train(llama.inputs, llama.outputs, activation="topk"),
        "topk, skip": train(llama.inputs, llama.outputs, activation="topk", skip=True),
        "across": train(llama.streams, llama.outputs, across=True),
        "gemma": gemma_scope_like,
        "gemma native": gemma_scope_like,
        "gemma 2": train(gemma.inputs, gemma.added, activation="jumprelu", skip=True),
    }


def traced(model: Model, folder: Path, text: str | None = None, **options: Any) -> NodeGraph:
    return trace_nodes(text or prompt(), model=model, features=str(folder), **options)


@pytest.mark.parametrize("kind", WRITE)
def test_a_trained_set_is_taken_without_a_word(
    models: dict[str, Model], trained: dict[str, Weights], tmp_path: Path, kind: str
) -> None:
    hooks = {"config": f"{NORMALISED}hook_mlp_out"} if kind == "gemma native" else {}
    folder = WRITE[kind](trained[kind], tmp_path / "set", **hooks)
    model = model_of(models, kind)
    texts = [prompt(seed) for seed in (7, 8)]
    for text in [*texts, " w3", " w3 w3 w3 w3 w3"]:
        found = traced(model, folder, text)
        assert found.fit is not None
        assert found.notices == ()
        if text in texts:
            assert found.fit.median and found.fit.median < 0.5


Change = Callable[[Weights], Weights]


def each(change: Callable[[Tensor], Tensor], *names: str) -> Change:
    """These tensors changed in every layer."""
    return lambda weights: [
        {name: change(tensor) if name in names else tensor for name, tensor in one.items()}
        for one in weights
    ]


def in_one(change: Change, layer: int = 1) -> Change:
    """Only one layer changed."""
    return lambda weights: [*weights[:layer], change(weights)[layer], *weights[layer + 1 :]]


def without(name: str) -> Change:
    return lambda weights: [{k: v for k, v in one.items() if k != name} for one in weights]


def shifted(weights: Weights) -> Weights:
    return [*weights[1:], weights[0]]


def with_next(name: str) -> Change:
    """Each layer with one tensor of the layer above."""
    return lambda weights: [
        {**one, name: other[name]} for one, other in zip(weights, shifted(weights), strict=True)
    ]


def misread(one: Tensor) -> Tensor:
    """Half precision read as the other kind of half precision."""
    return one.half().view(torch.bfloat16).float()


def shuffled(size: int) -> Tensor:
    return torch.randperm(size, generator=torch.Generator().manual_seed(0))


def autoencoder(weights: Weights) -> Weights:
    """An exact one, whatever it reads."""
    both = torch.cat([torch.eye(32), -torch.eye(32)])
    nothing = {"encoder_bias": torch.zeros(64), "decoder_bias": torch.zeros(32)}
    return [{"encoder": both, "decoder": both, "threshold": torch.zeros(64), **nothing}] * 3


def with_config(**config: str) -> dict[str, str]:
    return {"config": "".join(f"{key}: {value}\n" for key, value in config.items())}


UNBELONGING = "these features do not belong here: on this prompt `local.* leaves [0-9.]+ of"
LITTLE = r"the features leave 0\.[5-9]"
ONE_LAYER = r"these layers are reconstructed no better than without features: layer 1 \(FVU"
SPOILT: Mapping[str, tuple[str, Change, Mapping[str, object], str]] = {
    "encoder transposed": ("relu", each(torch.t, "encoder"), {}, r"layer 0 has shape \("),
    "encoder negated": ("relu", each(torch.neg, "encoder"), {}, UNBELONGING),
    "encoder a hundred times": ("relu", each(lambda x: 100 * x, "encoder"), {}, UNBELONGING),
    "decoder negated": ("relu", each(torch.neg, "decoder"), {}, UNBELONGING),
    "decoder without its scale": ("relu", each(lambda x: x / 10, "decoder"), {}, LITTLE),
    "decoders of the layer above": ("relu", with_next("decoder"), {}, UNBELONGING),
    "one layer's decoder negated": ("relu", in_one(each(torch.neg, "decoder")), {}, ONE_LAYER),
    "features permuted in the decoder": (
        "relu",
        each(lambda x: x[shuffled(FEATURES)], "decoder"),
        {},
        UNBELONGING,
    ),
    "d_model permuted": ("relu", each(lambda x: x[:, shuffled(32)], "decoder"), {}, UNBELONGING),
    "decoder's bias ten times": ("relu", each(lambda x: 10 * x, "decoder_bias"), {}, UNBELONGING),
    "half precision misread": ("relu", each(misread, "encoder", "decoder"), {}, "FVU|holds|large"),
    "layers in reverse": ("relu", lambda weights: weights[::-1], {}, UNBELONGING),
    "layers shifted by one": ("relu", shifted, {}, UNBELONGING),
    "features cut short": (
        "relu",
        each(lambda x: x[: FEATURES // 4], "encoder", "decoder", "encoder_bias"),
        {},
        "FVU",
    ),
    "another hook read": (
        "across",
        list,
        with_config(feature_input_hook="mlp.hook_in"),
        "FVU",
    ),
    "another hook written to": (
        "gemma native",
        list,
        {"config": f"{NORMALISED}mlp.hook_out"},
        "FVU",
    ),
    "thresholds dropped": (
        "jumprelu",
        without("threshold"),
        with_config(activation="jumprelu"),
        "`activation: jumprelu`, but the weights hold no thresholds",
    ),
    "thresholds of one layer dropped": (
        "jumprelu",
        in_one(without("threshold")),
        {},
        "layer 1 has no thresholds, others have",
    ),
    "Gemma Scope's thresholds dropped": (
        "gemma",
        without("threshold"),
        {},
        "tensors of layer 0 are missing: `threshold`",
    ),
    "skip connection dropped": ("skip", without("skip"), {}, UNBELONGING),
    "skip connection transposed": ("skip", each(torch.t, "skip"), {}, UNBELONGING),
    "skip connection promised": (
        "skip",
        without("skip"),
        with_config(skip_connection="true"),
        "`skip_connection: true`, but the weights have none",
    ),
    "k of one": ("topk", list, {"k": 1}, "FVU"),
    "k beyond all": ("topk", list, {"k": 1000}, "k is 1000, but layer 0 has 96 features"),
    "layers written to in reverse": (
        "across",
        each(lambda x: x.flip(1), "decoder"),
        {},
        UNBELONGING,
    ),
    "autoencoders of the residual stream": ("gemma", autoencoder, {}, UNBELONGING),
    "affine Gemma Scope 2, its connection dropped": (
        "gemma 2",
        without("skip"),
        {"affine_connection": True},
        "`affine_connection: true`, but the weights have none",
    ),
    "Gemma Scope 2's layers out of order": (
        "gemma 2",
        list,
        {"hf_hook_point_in": "model.layers.2.pre_feedforward_layernorm.output"},
        "but stand for layer 0",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_set_is_told(
    models: dict[str, Model], trained: dict[str, Weights], tmp_path: Path, name: str
) -> None:
    kind, change, options, words = SPOILT[name]
    folder = WRITE[kind](change(trained[kind]), tmp_path / "set", **options)
    assert re.search(words, told(model_of(models, kind), folder))


def test_a_set_for_another_model_of_the_same_shape_is_told(
    trained: dict[str, Weights], tmp_path: Path
) -> None:
    other = load_model(str(save_tiny_model(tmp_path / "other", seed=5)), device="cpu")
    for kind in ("relu", "topk", "across"):
        folder = WRITE[kind](trained[kind], tmp_path / kind)
        assert re.search(UNBELONGING, told(other, folder))


def told(model: Model, folder: Path) -> str:
    """What is said of a set: why it is refused, or what is to be noted."""
    try:
        return "; ".join(traced(model, folder).notices)
    except TracerError as error:
        return str(error)


@pytest.mark.parametrize("value", [float("nan"), float("inf")], ids=["NaN", "inf"])
@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("encoder", "W_enc"),
        ("encoder_bias", "b_enc"),
        ("decoder", "W_dec"),
        ("decoder_bias", "b_dec"),
        ("skip", "W_skip"),
        ("threshold", "activation_function.threshold"),
    ],
)
def test_what_is_no_number_is_named(
    models: dict[str, Model],
    trained: dict[str, Weights],
    tmp_path: Path,
    name: str,
    tensor: str,
    value: float,
) -> None:
    kind = "jumprelu" if name == "threshold" else "skip"

    def spoil(one: Tensor) -> Tensor:
        one = one.clone()
        one.view(len(one), -1)[:, 0] = value
        return one

    folder = native(in_one(each(spoil, name))(trained[kind]), tmp_path)
    what = "NaN" if value != value else "inf"
    words = rf"layer_1\.safetensors: the tensor `{tensor}` of layer 1 holds {what}; fetch the file"
    with pytest.raises(TracerError, match=words):
        traced(models["llama"], folder, allow_misfit=True)


def test_a_misfit_that_is_allowed_says_so(
    models: dict[str, Model], trained: dict[str, Weights], tmp_path: Path
) -> None:
    good, bad = (tmp_path / name for name in ("good", "bad"))
    native(trained["relu"], good)
    native(shifted(trained["relu"]), bad)
    graph = traced(models["llama"], bad, allow_misfit=True).prune()
    info = graph.metadata.tracer
    assert info is not None and info.fit is not None and info.fit.median
    assert info.settings.allow_misfit and info.fit.median > 1
    assert '"allow_misfit": true' in graph.to_json()
    plain = traced(models["llama"], good).prune()
    assert plain.metadata.tracer is not None and plain.metadata.tracer.fit is not None
    written = json.loads(plain.to_json())["metadata"]["tracer"]
    assert "allow_misfit" not in written["settings"]
    shown = [float(f"{one:.5g}") for one in plain.metadata.tracer.fit.unexplained if one]
    assert written["fit"]["unexplained"] == shown
    read = parse_graph(plain.to_json().encode(), good).metadata.tracer
    assert read is not None and read.fit is not None
    assert read.fit.worst()[0][1] == max(shown)


def test_the_fit_is_the_definition() -> None:
    output, error = torch.randn(6, 4).double() + 3, torch.randn(6, 4).double()
    found = measure_fit([output, torch.zeros(6, 4)], [error, torch.zeros(6, 4)], [1, 2, 3, 4, 5, 6])
    variance = output.var(0, unbiased=True).sum()
    assert found is not None and found.unexplained[1] is None
    assert found.unexplained[0] == pytest.approx(float((error**2).sum() / 6 / variance), rel=1e-5)
    few = measure_fit([output], [error], [1, 2, 3, 1, 2, 3])
    assert few is not None and few.against == "mean square"
    assert few.unexplained[0] == pytest.approx(
        float((error**2).sum() / (output**2).sum()), rel=1e-5
    )
    assert measure_fit([output[:0]], [error[:0]], []) is None
    constant = measure_fit([torch.ones(6, 4)], [torch.full((6, 4), 1e-4)], [1, 2, 3, 4, 5, 6])
    assert constant is not None and constant.median is not None and constant.median < 0.01


def test_steering_with_a_set_that_does_not_belong_is_refused(
    models: dict[str, Model], trained: dict[str, Weights], tmp_path: Path
) -> None:
    folder = native(shifted(trained["relu"]), tmp_path)
    with pytest.raises(TracerError, match=UNBELONGING):
        steer(models["llama"], str(folder), prompt(), [Ablate("1_7_4")])
    found = steer(models["llama"], str(folder), prompt(), [Ablate("1_7_4")], allow_misfit=True)
    assert found.logits_after.isfinite().all()
