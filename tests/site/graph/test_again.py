"""The exact command that traces a graph again."""

from __future__ import annotations

import shlex
from typing import Any

from click.testing import CliRunner

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.cli import build_graphs
from tracer.cli.trace_prompt import command
from tracer.documents.graph import Graph
from tracer.site.build import build
from tracer.site.graph.again import again


def with_info(prompt: str = 'It\'s a "test" of', **changed: Any) -> Graph:
    graph = make_graph(prompt=prompt)
    info = graph.metadata.tracer
    assert info is not None
    metadata = graph.metadata.model_copy(update={"tracer": info.model_copy(update=changed)})
    return graph.model_copy(update={"metadata": metadata})


def test_it_names_prompt_tokens_and_model_so_that_a_shell_reads_them() -> None:
    said = again(with_info())
    assert said is not None
    words = shlex.split(said)
    assert words[:3] == ["tracer", "trace", 'It\'s a "test" of']
    assert words[3:9] == ["--target-id", "42", "--contrast-id", "43", "--model", "tiny"]


def test_a_prompt_that_begins_with_a_dash_is_read_as_the_prompt() -> None:
    said = again(with_info("--force is an option of"))
    assert said is not None
    given = command.make_context("trace", shlex.split(said)[2:]).params
    assert given["prompt"] == "--force is an option of"
    assert given["out"].name.endswith(".json") and given["model"] == "tiny"


def test_every_option_it_names_is_one_of_the_command() -> None:
    info = make_graph().metadata.tracer
    assert info is not None
    settings = info.settings.model_copy(
        update={"precision": "fast", "remainder": "nodes", "allow_misfit": True}
    )
    said = again(with_info(settings=settings))
    assert said is not None and "--precision fast" in said and "--remainder nodes" in said
    known = CliRunner().invoke(command, ["--help"]).output
    assert all(one in known for one in shlex.split(said) if one.startswith("--"))


def test_what_no_one_command_traces_is_not_promised() -> None:
    info = make_graph().metadata.tracer
    assert info is not None
    assert again(with_info(settings=info.settings.model_copy(update={"max_nodes": 7}))) is None
    assert again(make_graph(tracer=None)) is None


def test_what_only_its_list_can_ask_is_traced_again_from_there(gallery: GalleryFolder) -> None:
    info = make_graph().metadata.tracer
    assert info is not None
    few = with_info(settings=info.settings.model_copy(update={"candidates": 7}))
    few.save(gallery.root / "graphs" / "france-paris" / "1.json")
    prompts = "graphs:\n  - {slug: france-paris, prompt: The capital of France is}\n"
    gallery.write("site_src/prompts.yaml", prompts)
    build(gallery.root, gallery.root / "public")
    text = (gallery.root / "public/graphs/france-paris/index.html").read_text("utf-8")
    said = "tracer build-graphs --only france-paris --force"
    assert f"<dt>Trace it again</dt><dd><code>{said}</code>" in text
    known = CliRunner().invoke(build_graphs.command, ["--help"]).output
    assert all(one in known for one in said.split() if one.startswith("--"))
