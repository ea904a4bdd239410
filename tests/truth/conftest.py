"""Every circuit at one seed, a different one each; at all ten where it may take longer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.truth.build import Built, build
from tests.truth.circuits import CIRCUITS

SEEDS = 10


def _cases() -> list[Any]:
    return [
        pytest.param(
            (circuit, seed),
            id=f"{circuit.name}, {seed}",
            marks=() if seed == at % SEEDS else pytest.mark.slow,
        )
        for at, circuit in enumerate(CIRCUITS)
        for seed in range(SEEDS)
    ]


@pytest.fixture(scope="session", params=_cases())
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    circuit, seed = request.param
    return build(circuit, tmp_path_factory.mktemp("planted"), seed)
