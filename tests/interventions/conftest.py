from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.features.dictionaries import write_clt, write_gemma_scope_2_clt, write_plt
from tests.tiny_models import FAMILIES, LATER, UNLIKE, UNLIKE_FAMILIES, exact_tiny_model
from tracer.model.load import Model

SETS: dict[str, Callable[[Path], str]] = {
    "neurons": lambda _: "neurons",
    "per layer": lambda folder: str(write_plt(folder)),
    "skip": lambda folder: str(write_plt(folder, skip=True, reads="mlp.hook_in")),
    "jumprelu": lambda folder: str(write_plt(folder, threshold=True, writes="mlp.hook_out")),
    "top k": lambda folder: str(write_plt(folder, more="activation: topk\nk: 5\n")),
    "across layers": lambda folder: str(write_clt(folder)),
    "across, skip": lambda folder: str(write_gemma_scope_2_clt(folder, skip=True)),
}


EVERYWHERE = ("neurons", "skip", "across layers")
OTHERS = [name for name in SETS if name not in EVERYWHERE]
PAIRS = [(family, one) for family in FAMILIES for one in EVERYWHERE]
PAIRS += [(family, one) for family in LATER for one in EVERYWHERE]
PAIRS += [(family, one) for family in ("llama", "gemma2") for one in OTHERS]
# Neurons in the families that differ most, every kind of set with norms before and behind, and
# the two blocks that are put together differently: the other pairs are of the same parts.
EVERYDAY = [(family, "neurons") for family in UNLIKE]
EVERYDAY += [(family, one) for family, one in PAIRS if family == "gemma2"]
EVERYDAY += [("llama", "across layers"), ("gpt2", "skip"), ("gpt-neox", "across layers")]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Model]:
    return cache(lambda family: exact_tiny_model(tmp_path_factory.mktemp(family), family))


@pytest.fixture(params=UNLIKE_FAMILIES)
def model(request: pytest.FixtureRequest, models: Callable[[str], Model]) -> Model:
    return models(request.param)


@pytest.fixture(
    params=[
        pytest.param(one, id=", ".join(one), marks=() if one in EVERYDAY else pytest.mark.slow)
        for one in PAIRS
    ]
)
def pair(
    request: pytest.FixtureRequest, models: Callable[[str], Model], tmp_path: Path
) -> tuple[Model, str]:
    """A model of a family, and features of a kind."""
    family, kind = request.param
    return models(family), SETS[kind](tmp_path)


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A tiny Llama in float64."""
    return exact_tiny_model(tmp_path_factory.mktemp("llama"))
