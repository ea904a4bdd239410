from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.tiny_models import EVERY_FAMILY, UNLIKE_FAMILIES, exact_tiny_model
from tracer.model.load import Model


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Model]:
    return cache(lambda family: exact_tiny_model(tmp_path_factory.mktemp(family), family))


@pytest.fixture(scope="session", params=EVERY_FAMILY)
def tiny(request: pytest.FixtureRequest, models: Callable[[str], Model]) -> Model:
    """Each tiny family, in float64."""
    return models(request.param)


@pytest.fixture(scope="session", params=UNLIKE_FAMILIES)
def unlike(request: pytest.FixtureRequest, models: Callable[[str], Model]) -> Model:
    """Tiny families whose blocks are put together differently, in float64."""
    return models(request.param)
