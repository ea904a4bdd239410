"""Features that do not belong, as a person meets them on the command line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.features.dictionaries import write_plt
from tests.tiny_models import PROMPT
from tracer.attribution.question import Ask, graph_id
from tracer.batch.session import build_graphs
from tracer.batch.single import trace_prompt
from tracer.batch.steering import steer_graph
from tracer.documents.graph import Graph, load_graph
from tracer.documents.prompts import load_prompts
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError

BELONG = "these features do not belong here"


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Random ones, which reconstruct nothing."""
    return str(write_plt(tmp_path_factory.mktemp("plt")))


def built(folder: Path, entries: str) -> tuple[int, str]:
    (folder / "prompts.yaml").write_text(entries)
    console = Console(file=io.StringIO(), width=400)
    prompts = load_prompts(folder / "prompts.yaml")
    status = build_graphs(prompts, folder / "graphs", device="cpu", console=console)
    return status, console.file.getvalue()  # type: ignore[attr-defined]


def test_only_the_entry_that_allows_it_is_traced(tmp_path: Path, model: str, features: str) -> None:
    status, text = built(
        tmp_path,
        f"defaults: {{model: {model}}}\ngraphs:\n"
        f"  - {{slug: refused, prompt: '{PROMPT}', features: {features}}}\n"
        f"  - {{slug: allowed, prompt: '{PROMPT}', features: {features}, allow_misfit: true}}\n"
        f"  - {{slug: neurons, prompt: '{PROMPT}', allow_misfit: true}}\n",
    )
    assert status == 1
    assert f"error: refused: {BELONG}" in text
    assert "`allow_misfit: true` (`--allow-misfit`) traces all the same" in text
    assert "plained" in text
    assert "allowed: these layers are reconstructed no better than without features: layer" in text
    graphs = {file.parent.name: load_graph(file) for file in tmp_path.rglob("graphs/*/1.json")}
    assert set(graphs) == {"allowed", "neurons"}
    allowed, neurons = (graphs[one].metadata.tracer for one in ("allowed", "neurons"))
    assert allowed is not None and neurons is not None
    assert allowed.settings.allow_misfit and allowed.fit is not None
    assert not neurons.settings.allow_misfit and neurons.fit is None


def test_trace_says_how_much_is_left_unexplained(tmp_path: Path, model: str, features: str) -> None:
    options = {"model": model, "features": features, "device": "cpu"}
    with pytest.raises(TracerError, match=BELONG):
        trace_prompt(PROMPT, **options)  # type: ignore[arg-type]
    console = Console(file=io.StringIO(), width=200)
    trace_prompt(PROMPT, **options, allow_misfit=True, console=console)  # type: ignore[arg-type]
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "of what the MLPs write unexplained (FVU, median over layers; most in layer" in text


def test_the_ids_of_other_graphs_are_as_they_were() -> None:
    assert "allow_misfit" not in TraceSettings().model_dump()
    ask = Ask("a", None, (0, 1), None, ())

    def named(settings: TraceSettings) -> str:
        return graph_id(ask, model_identity="m", features="f", settings=settings)

    # As it was before there was such a setting, but for the format's version.
    assert (
        named(TraceSettings()) == "4f999ce5d0485b8c16e03e7e9f764f822a1933fe31d3306415213f3a1240def9"
    )
    assert named(TraceSettings(allow_misfit=False)) == named(TraceSettings())
    assert named(TraceSettings(allow_misfit=True)) != named(TraceSettings())


def test_a_graph_from_before_it_was_measured_is_judged_when_it_is_steered(
    tmp_path: Path, model: str, features: str
) -> None:
    out = tmp_path / "graphs" / "tiny" / "1.json"
    options = {"model": model, "features": features, "device": "cpu"}
    quiet = Console(file=io.StringIO())
    trace_prompt(PROMPT, **options, allow_misfit=True, console=quiet, out=out)  # type: ignore[arg-type]
    graph = load_graph(out)
    node = next(one.node_id for one in graph.nodes if one.kind == "feature")

    def steered() -> None:
        steer_graph(tmp_path, "tiny", done=[("ablate", node)], console=quiet, **options)  # type: ignore[arg-type]

    steered()  # what was allowed once is allowed
    before(graph).save(out)
    with pytest.raises(TracerError, match=BELONG):
        steered()


def before(graph: Graph) -> Graph:
    """A graph as it was written without a measured fit."""
    info = graph.metadata.tracer
    assert info is not None
    settings = info.settings.model_copy(update={"allow_misfit": False})
    info = info.model_copy(update={"fit": None, "settings": settings})
    metadata = graph.metadata.model_copy(update={"tracer": info})
    return graph.model_copy(update={"metadata": metadata})
