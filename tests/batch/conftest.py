"""A gallery with one graph of a tiny model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_models import PROMPT, save_tiny_model
from tracer.attribution.trace import trace
from tracer.documents.graph import Graph
from tracer.model.load import load_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny_model(tmp_path_factory.mktemp("tiny") / "model"))


@pytest.fixture(scope="session")
def traced(model: str) -> Graph:
    found = trace(PROMPT, model=load_model(model, device="cpu"), target=" w9", contrast=[" w2"])
    return found.prune(slug="tiny")


@pytest.fixture
def root(tmp_path: Path, traced: Graph) -> Path:
    traced.save(tmp_path / "graphs" / "tiny" / "1.json")
    return tmp_path
