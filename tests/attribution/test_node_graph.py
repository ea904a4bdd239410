"""Where features that are not listed stay as nodes, start, biases and errors have rows too."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.features.dictionaries import write_clt, write_plt
from tests.tiny_models import PROMPT, exact_tiny_model
from tests.tracing import trace_nodes
from tracer.attribution.node_graph import NodeGraph
from tracer.documents.graph import Graph
from tracer.documents.prompt_words import BIASES
from tracer.documents.trace_settings import TraceSettings
from tracer.model.load import Model

ALL = TraceSettings(candidates=150, coverage=1.0, node_threshold=1.0, edge_threshold=1.0)


def assert_shares_sum_to_the_question(found: NodeGraph, graph: Graph) -> None:
    shares = [node.effect for node in graph.nodes if node.kind in ("embedding", "error")]
    known = [share for share in shares if share is not None]
    asked = float(found.targets.values[0])
    if found.targets.feature is not None:
        asked = abs(asked)
    assert sum(known) == pytest.approx(asked, abs=1e-10 * sum(map(abs, known)))


def test_words_start_and_biases_sum_to_the_question(tiny: Model) -> None:
    found = trace_nodes(PROMPT, model=tiny, target=" w9", contrast=[" w2"], settings=ALL)
    assert_shares_sum_to_the_question(found, found.prune())


def test_so_they_do_for_a_feature(tiny: Model) -> None:
    found = trace_nodes(PROMPT, model=tiny, target=" w9", settings=ALL)
    strongest = max(
        (node for node in found.prune().nodes if node.kind == "feature"),
        key=lambda node: (node.layer_number or 0, abs(node.effect or 0)),
    )
    asked = trace_nodes(PROMPT, model=tiny, target_feature=strongest.node_id, settings=ALL)
    assert_shares_sum_to_the_question(asked, asked.prune())


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_so_they_do_with_what_transcoders_leave_out(
    tmp_path: Path, family: str, across: bool
) -> None:
    model = exact_tiny_model(tmp_path / "model", family)
    features = str((write_clt if across else write_plt)(tmp_path / "set"))
    found = trace_nodes(
        PROMPT, model=model, target=" w9", features=features, allow_misfit=True, settings=ALL
    )
    graph = found.prune()
    assert_shares_sum_to_the_question(found, graph)
    errors = [node for node in graph.nodes if node.feature_type == "mlp reconstruction error"]
    assert errors and all(node.effect is not None for node in errors if node.ctx_idx)


def test_biases_are_what_links_do_not_add(tiny: Model) -> None:
    found = trace_nodes(PROMPT, model=tiny, target=" w9", contrast=[" w2"], settings=ALL)
    graph = found.prune()
    rows = found.swept.rows
    gaps = torch.cat([activations(found), found.targets.values]) - rows.sum(1)
    expected = dict(zip([*names(found), graph.nodes[-1].node_id], gaps.tolist(), strict=True))
    sizes = dict(zip(expected, rows.abs().sum(1).tolist(), strict=True))
    there = [one for one in expected if one in graph.node_ids]
    assert len(there) > 20
    given = {link.target: link.weight for link in graph.links if link.source == BIASES}
    for node_id in there:
        close = pytest.approx(expected[node_id], abs=1e-10 * sizes[node_id])
        assert given.get(node_id, 0) == close, node_id
    parameters = [name for name, _ in tiny.causal_lm.named_parameters() if "vision" not in name]
    biased = any(name.endswith(".bias") for name in parameters)
    assert bool(given) == (BIASES in graph.node_ids) == biased


def activations(found: NodeGraph) -> Tensor:
    return torch.cat([one.activations for one in found.layers])[found.swept.expanded]


def names(found: NodeGraph) -> list[str]:
    every = [
        f"{layer}_{index}_{position}"
        for layer, one in enumerate(found.layers)
        for index, position in zip(one.indices.tolist(), one.positions.tolist(), strict=True)
    ]
    return [every[at] for at in found.swept.expanded.tolist()]
