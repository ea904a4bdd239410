"""`tracer heads` on a small gallery of its own."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from tests.batch.test_verify import GOOD, annotate
from tests.tiny_models import PROMPT
from tracer.attribution.trace import trace
from tracer.batch.heads import heads_of_graph
from tracer.documents.graph import Graph
from tracer.errors import TracerError
from tracer.model.load import load_model


def said(root: Path, model: str) -> str:
    file = io.StringIO()
    console = Console(file=file, width=160)
    heads_of_graph(root, "tiny", device="cpu", model=model, most=6, console=console)
    return file.getvalue()


def test_heads_are_told_and_tried(root: Path, traced: Graph, model: str) -> None:
    annotate(root, traced, GOOD)
    text = said(root, model)
    assert "strong (strong)" in text and "the start" in text and "the answer" in text
    flows, looks, told = text.split("\n\n")
    assert len(flows.splitlines()) > 3 and len(looks.splitlines()) == 1 + 6
    assert "correlate" in told


def test_a_feature_that_is_asked_about_has_heads_too(root: Path, traced: Graph, model: str) -> None:
    above = [one for one in traced.nodes if one.kind == "feature" and (one.layer_number or 0) > 1]
    asked = trace(PROMPT, model=load_model(model, device="cpu"), target_feature=above[0].node_id)
    asked.prune(slug="tiny").save(root / "graphs" / "tiny" / "1.json")
    assert "the answer" in said(root, model)


def test_graphs_that_cannot_be_run_are_refused(root: Path, traced: Graph, model: str) -> None:
    file = root / "graphs" / "tiny" / "1.json"
    data = json.loads(file.read_text())
    del data["metadata"]["tracer"]
    file.write_text(json.dumps(data))
    with pytest.raises(TracerError, match="not made by tracer"):
        said(root, model)
