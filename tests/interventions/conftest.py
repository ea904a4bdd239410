from __future__ import annotations

import pytest

from tests.tiny_models import exact_tiny_model
from tracer.model.load import Model


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A tiny Llama in float64."""
    return exact_tiny_model(tmp_path_factory.mktemp("llama"))
