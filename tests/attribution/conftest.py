from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_models import EVERY_FAMILY, exact_tiny_model
from tracer.model.load import Model


@pytest.fixture(scope="session", params=EVERY_FAMILY)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Each tiny family, in float64."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    return exact_tiny_model(folder, request.param)
