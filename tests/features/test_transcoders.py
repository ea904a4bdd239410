"""Transcoders, per-layer and across layers: activations, completeness, edges."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.attribution.frozen_rerun import FrozenModel, Nudge, Skip
from tests.features.dictionaries import (
    D_MODEL,
    LAYERS,
    WIDTH,
    Write,
    numbers,
    write_clt,
    write_gemma_scope_2_clt,
    write_plt,
)
from tests.tiny_models import FAMILIES as TINY
from tests.tiny_models import LATER as TINY_LATER
from tests.tiny_models import PROMPT, exact_tiny_model, save_tiny_model
from tests.tracing import trace_nodes
from tracer.attribution.node_graph import NodeGraph
from tracer.documents.prompt_words import BIASES
from tracer.documents.trace_settings import Precision, TraceSettings
from tracer.errors import TracerError
from tracer.model.load import Model, load_model
from tracer.model.tokens import Tokenizer

FAMILIES = (
    "llama-biases",
    "gpt2",
    "gpt-neox",
    "gemma2",
    "gemma3",
    "olmo2-biases",
)
LATER = ("glm4", "granite", "cohere2", "gpt-neo")
OTHERS = tuple(one for one in (*TINY, *TINY_LATER) if one not in (*FAMILIES, *LATER))
READS = ("mlp.hook_in", "ln2.hook_normalized", "hook_resid_mid")
WRITES = ("mlp.hook_out", "hook_mlp_out")
CASES = [
    pytest.param(
        *case,
        # Each family with both kinds and both forms, and the one with every norm with all four.
        marks=()
        if case[0] == "gemma2" or (case[0] in FAMILIES and case[3] == case[4])
        else pytest.mark.slow,
    )
    for case in product((*FAMILIES, *LATER), READS, WRITES, [False, True], [False, True])
]
# Of all other families each kind of set once.
KINDS = [
    ("ln2.hook_normalized", "hook_mlp_out", False, False),
    ("mlp.hook_in", "mlp.hook_out", True, False),
    ("hook_resid_mid", "hook_mlp_out", False, True),
]
CASES += [pytest.param(one, *kind, marks=pytest.mark.slow) for one in OTHERS for kind in KINDS]
EVERYTHING = TraceSettings(coverage=1.0, allow_misfit=True)  # random sets


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    return exact_tiny_model(tmp_path_factory.mktemp(request.param), request.param)


def traced(model: Model, folder: Path) -> NodeGraph:
    return trace_nodes(PROMPT, model=model, target=" w9", features=str(folder), settings=EVERYTHING)


@pytest.mark.parametrize(
    ("model", "reads", "writes", "skip", "across"), CASES, indirect=["model"], scope="module"
)
def test_rows_add_up_and_are_causal(
    model: Model, tmp_path: Path, reads: str, writes: str, skip: bool, across: bool
) -> None:
    if reads == "ln2.hook_normalized" and model.architecture.mlp_norm is None:
        with pytest.raises(TracerError, match="behind a norm that the model does not have"):
            traced(model, write_plt(tmp_path, reads=reads))
        return
    hooks: dict[str, Any] = {"reads": reads, "writes": writes}
    if not across:
        write_plt(tmp_path, skip=skip, **hooks)
    elif skip:
        write_gemma_scope_2_clt(tmp_path, skip=True, **hooks)
    else:
        write_clt(tmp_path, **hooks)
    found = traced(model, tmp_path)
    assert len(found.swept.expanded) > 20
    assert complete(found)
    kind = "cross-layer transcoders" if across else "transcoders"
    assert found.features_info.kind == kind
    # `hook_mlp_out` stands behind a post-norm only where a norm stands in front as well, and in
    # front of a multiplier.
    in_front = model.info.family.startswith(("olmo", "exaone", "granite"))
    behind = writes == "hook_mlp_out" and not in_front
    check_edges(found, reads=reads, behind_post_norm=behind, across=across, skip=skip)


def complete(found: NodeGraph) -> bool:
    """Incoming edges and biases sum to the target, for every row."""
    swept, targets = found.swept, found.targets
    activations = torch.cat([one.activations for one in found.layers])[swept.expanded]
    biases = torch.cat([one.biases for one in found.layers])[swept.expanded]
    values = torch.cat([activations, targets.values])
    gap = swept.rows.sum(1) + swept.biases + torch.cat([biases, targets.biases]) - values
    return bool((gap.abs() <= 1e-10 * swept.rows.abs().sum(1)).all())


def check_edges(
    found: NodeGraph, *, reads: str, behind_post_norm: bool, across: bool, skip: bool
) -> None:
    """Doubling what a feature writes moves each target by the edge, in transformers' own model
    frozen, with numbers that tracer has not touched."""
    own = [
        {name: one.double() for name, one in numbers(layer, across=across, skip=skip).items()}
        for layer in range(LAYERS)
    ]
    passing = Skip([one["skip"] for one in own], reads, behind_post_norm) if skip else None
    model, swept, columns = found.frozen.model, found.swept, found.swept.columns
    independent = FrozenModel(model, found.frozen.token_ids, passing)
    moved = 0
    for column in range(2, columns.n_features, columns.n_features // 6):
        layer = next(i for i in range(LAYERS) if column < columns.starts[i + 1])
        one, row = found.layers[layer], column - columns.starts[layer]
        index, position = int(one.indices[row]), int(one.positions[row])
        decoders = own[layer]["decoder"][index].view(-1, D_MODEL) * one.activations[row]
        written = {(layer + above, position): decoder for above, decoder in enumerate(decoders)}
        after = independent.run(Nudge(streams=written) if behind_post_norm else Nudge(mlps=written))
        logits = after.raw_logits - independent.real.raw_logits
        change = logits[found.targets.token_ids[0]] - logits.mean()
        assert float(change) == pytest.approx(float(swept.rows[-1, column]), abs=1e-9)
        for rank in range(0, len(swept.expanded), 7):
            target = int(swept.expanded[rank])
            at = next(i for i in range(LAYERS) if target < columns.starts[i + 1])
            there, spot = found.layers[at], target - columns.starts[at]
            encoder = own[at]["encoder"][there.indices[spot]]
            read = [run.read[reads][at][there.positions[spot]] for run in (independent.real, after)]
            change = encoder @ (read[1] - read[0])
            assert float(change) == pytest.approx(float(swept.rows[rank, column]), abs=1e-9)
            moved += abs(float(change)) > 1e-6
    assert moved > 3


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return exact_tiny_model(tmp_path_factory.mktemp("llama"))


TOP_5 = "activation: topk\nk: 5\n"


@pytest.mark.parametrize("across", [False, True], ids=["per layer", "across layers"])
@pytest.mark.parametrize("kind", ["relu", "jumprelu", "topk"])
def test_activations_are_the_definitions(
    llama: Model, tmp_path: Path, kind: str, across: bool
) -> None:
    write = write_clt if across else write_plt
    jump = kind == "jumprelu"
    more = TOP_5 if kind == "topk" else ""
    found = traced(llama, write(tmp_path, reads="mlp.hook_in", threshold=jump, more=more))
    for layer, one in enumerate(found.layers):
        own = {name: tensor.double() for name, tensor in numbers(layer, threshold=True).items()}
        x = found.frozen.mlp_inputs[layer]
        before = x @ own["encoder"].T + own["encoder_bias"]
        active = before * (before > (own["threshold"] if jump else 0))
        if kind == "topk":
            active = active * (active >= active.topk(5, dim=1).values[:, -1:])
        active[0] = 0  # the start token is the same for every prompt
        positions, indices = active.nonzero(as_tuple=True)
        assert torch.equal(one.positions, positions)
        assert torch.equal(one.indices, indices)
        torch.testing.assert_close(one.activations, active[positions, indices])
    assert complete(found)


def test_nothing_at_the_first_position_but_its_token(llama: Model, tmp_path: Path) -> None:
    found = traced(llama, write_clt(tmp_path))
    columns = found.swept.columns
    assert all((one.positions > 0).all() for one in found.layers)
    for layer in range(LAYERS):
        assert (found.swept.rows[:, columns.error(layer)] == 0).all()
    assert (found.swept.rows[:, columns.tokens] != 0).any()


@pytest.mark.parametrize("across", [False, True], ids=["per layer", "across layers"])
def test_effects_are_the_sum_over_every_path(llama: Model, tmp_path: Path, across: bool) -> None:
    found = traced(llama, (write_clt if across else write_plt)(tmp_path))
    columns, rows, expanded = found.swept.columns, found.swept.rows, found.swept.expanded
    activations = torch.cat([one.activations for one in found.layers])[expanded]
    effects = rows[-1].clone()
    for rank in reversed(range(len(expanded))):
        effects += effects[expanded[rank]] * rows[rank] / activations[rank]
    total = torch.cat([one.effects for one in found.layers])
    torch.testing.assert_close(effects[: columns.n_features], total, rtol=1e-8, atol=1e-9)
    torch.testing.assert_close(
        effects[columns.tokens + 1 :], found.effects.tokens[1:], rtol=1e-8, atol=1e-9
    )


@pytest.mark.parametrize("across", [False, True], ids=["per layer", "across layers"])
def test_a_published_graph_says_what_its_features_are(
    llama: Model, tmp_path: Path, across: bool
) -> None:
    features = str((write_clt if across else write_plt)(tmp_path / "features"))
    graph = trace_nodes(
        PROMPT, model=llama, target=" w9", features=features, allow_misfit=True
    ).prune()
    info = graph.metadata.tracer
    assert info is not None
    assert info.features.kind == ("cross-layer transcoders" if across else "transcoders")
    assert info.features.source == f"local.{info.features.identity[:8]}"
    assert info.counts.candidates == info.counts.active
    assert info.settings.max_links is None
    assert str(tmp_path) not in graph.to_json()
    kinds = {node.feature_type for node in graph.nodes}
    assert "cross layer transcoder" in kinds and "neuron" not in kinds
    errors = [node for node in graph.nodes if node.kind == "error" and node.node_id != BIASES]
    assert errors and all(node.ctx_idx > 0 for node in errors)


@pytest.mark.parametrize("across", [False, True], ids=["per layer", "across layers"])
def test_what_feeds_one_feature(llama: Model, tmp_path: Path, across: bool) -> None:
    features = str((write_clt if across else write_plt)(tmp_path / "features"))
    whole = trace_nodes(PROMPT, model=llama, features=features, settings=EVERYTHING)
    last = whole.layers[2]
    name = f"2_{last.indices[3]}_{last.positions[3]}"
    fed = trace_nodes(
        PROMPT, model=llama, features=features, target_feature=name, settings=EVERYTHING
    )
    total = fed.swept.rows[-1].sum() + fed.swept.biases[-1] + fed.targets.biases[0]
    assert float(total) == pytest.approx(float(last.activations[3]), abs=1e-9)
    node = fed.prune().nodes[-1]
    assert (node.node_id, node.feature_type) == (name, "cross layer transcoder")
    active = last.indices[last.positions == 5].tolist()
    quiet = next(one for one in range(WIDTH) if one not in active)
    with pytest.raises(TracerError, match=f"the feature `2_{quiet}_5` is not active"):
        trace_nodes(
            PROMPT,
            model=llama,
            features=features,
            target_feature=f"2_{quiet}_5",
            settings=EVERYTHING,
        )


class Instructed(Tokenizer):
    """Three of the tiny model's words are how Gemma 3's instruction-tuned prompts begin."""

    def text(self, token_id: int) -> str:
        names = {0: "<bos>", 5: "<start_of_turn>", 7: "user", 9: "\n"}
        return names.get(token_id, super().text(token_id))


@pytest.mark.parametrize("write", [write_plt, write_clt])
def test_the_first_four_positions_of_gemma_3_it(tmp_path: Path, write: Write) -> None:
    model = exact_tiny_model(tmp_path / "model", "gemma3")
    model = replace(
        model,
        info=model.info.model_copy(update={"name": "google/gemma-3-1b-it"}),
        tokenizer=Instructed(**vars(model.tokenizer)),
    )
    features = str(write(tmp_path / "features"))
    settings: dict[str, Any] = {"model": model, "features": features, "settings": EVERYTHING}
    found = trace_nodes(" w3 w5 w7 w8 w9 w10", **settings)
    assert all((one.positions > 3).all() for one in found.layers)
    columns = found.swept.columns
    for layer in range(LAYERS):
        errors = found.swept.rows[:, columns.error(layer) : columns.error(layer) + 7]
        assert not errors[:, :4].any() and errors[:, 4:].any()
    assert complete(found)
    with pytest.raises(TracerError, match=r"must begin with '<bos><start_of_turn>user\\n', not"):
        trace_nodes(PROMPT, **settings)


def test_equal_activations_beyond_k_leave_the_first(llama: Model, tmp_path: Path) -> None:
    write_plt(tmp_path, reads="mlp.hook_in", more=TOP_5)
    for layer in range(LAYERS):
        file = tmp_path / f"layer_{layer}.safetensors"
        tensors = load_file(file)
        tensors["W_enc"][3::2] = 0
        tensors["b_enc"][3::2] = 0.25  # many of them equal, whatever is read
        save_file(tensors, file)
    found = traced(llama, tmp_path)
    for layer, one in enumerate(found.layers):
        tensors = load_file(tmp_path / f"layer_{layer}.safetensors")
        x = found.frozen.mlp_inputs[layer]
        before = x @ tensors["W_enc"].double().T + tensors["b_enc"].double()
        for position in range(1, len(x)):
            # Python's sort is stable: of equal values the first come first.
            ranked = sorted(range(WIDTH), key=lambda index: -float(before[position, index]))
            expected = sorted(one for one in ranked[:5] if before[position, one] > 0)
            assert one.indices[one.positions == position].tolist() == expected


@pytest.mark.parametrize("precision", ["bf16", "fp16", "fast"])
@pytest.mark.parametrize("write", [write_plt, write_clt])
@pytest.mark.parametrize("family", ["llama", "gemma2"])
def test_half_precision_keeps_the_strongest(
    tmp_path: Path, family: str, write: Write, precision: Precision
) -> None:
    folder, features = tmp_path / "model", str(write(tmp_path / "features"))
    save_tiny_model(folder, family)
    strongest = []
    for one in ("float32", precision):
        model = load_model(str(folder), device="cpu", precision=one)
        settings = TraceSettings(coverage=1.0, precision=one, allow_misfit=True)
        found = trace_nodes(PROMPT, model=model, target=" w9", features=features, settings=settings)
        names = [
            (layer, *place)
            for layer, there in enumerate(found.layers)
            for place in zip(there.indices.tolist(), there.positions.tolist(), strict=True)
        ]
        effects = torch.cat([there.effects for there in found.layers]).abs()
        strongest.append([names[rank] for rank in effects.argsort(descending=True).tolist()])
    assert len(set(strongest[0][:20]) & set(strongest[1][:24])) >= 16


def test_two_checkpoints_give_graphs_that_align(tmp_path: Path) -> None:
    """The same features, by the same names, on a base model and a tuned one."""
    features = str(write_plt(tmp_path / "features"))
    base = exact_tiny_model(tmp_path / "base")
    tuned = exact_tiny_model(tmp_path / "tuned")
    with torch.no_grad():
        for weight in tuned.causal_lm.parameters():
            weight.mul_(1 + 0.01 * torch.rand_like(weight))
    graphs = [
        trace_nodes(PROMPT, model=one, target=" w9", features=features, settings=EVERYTHING).prune()
        for one in (base, tuned)
    ]
    names = [{node.node_id for node in one.nodes if node.kind == "feature"} for one in graphs]
    assert len(names[0] & names[1]) > 0.7 * len(names[0])
    sources = [one.metadata.tracer.features for one in graphs if one.metadata.tracer]
    assert sources[0] == sources[1]
