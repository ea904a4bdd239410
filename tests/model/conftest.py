from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_models import save_tiny_model
from tracer.model.load import Model, load_model


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def default_model() -> Model:
    return load_model(device="cpu")
