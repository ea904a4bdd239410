"""The engine finds what is planted. What it misses was foretold by its method, and is."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.truth.build import Built, build
from tests.truth.circuit import Circuit
from tests.truth.circuits import CIRCUITS
from tests.truth.conftest import SEEDS
from tests.truth.judge import WAYS, Plant, Scores, area, compare, judged
from tests.truth.transcoders import fit_transcoders
from tracer.attribution.origin import FeatureName

GOAL = 0.95


@pytest.mark.parametrize("kind", ["neurons", "transcoders"])
def test_what_is_planted_is_found(built: Built, kind: str, tmp_path: Path) -> None:
    fitted = fit_transcoders(built, tmp_path) if kind == "transcoders" else None
    found = {way: judged(built, way, fitted) for way in WAYS}
    if not built.circuit.foretold:
        assert min(min(one) for one in found.values()) >= GOAL, found
    elif kind == "neurons":
        assert found["transparent"].top_nodes < 1, "it is found after all: say so in the circuit"


@pytest.mark.slow
@pytest.mark.parametrize("circuit", [one for one in CIRCUITS if one.foretold], ids=lambda c: c.name)
def test_transcoders_miss_what_was_foretold_but_for_a_seed_by_chance(
    circuit: Circuit, tmp_path: Path
) -> None:
    missed = 0
    for seed in range(SEEDS):
        built = build(circuit, tmp_path / f"model-{seed}", seed)
        fitted = fit_transcoders(built, tmp_path / f"set-{seed}")
        missed += judged(built, "transparent", fitted).top_nodes < 1
    assert missed > SEEDS / 2


def test_an_area_counts_draws_half_and_what_is_not_listed_as_nothing() -> None:
    def of(planted: list[float], others: list[float], count: int) -> float:
        return area(torch.tensor(planted), torch.tensor(others), count)

    assert of([3.0, 2.0], [1.0], 10) == 1
    assert of([1.0], [3.0, 2.0], 2) == 0
    assert of([1.0], [1.0], 1) == 0.5
    assert of([0.0], [1.0], 4) == pytest.approx(1.5 / 4)
    assert of([2.0, 0.0], [3.0, 1.0], 10) == pytest.approx((9 + 4) / 20)


def test_a_graph_is_compared_by_nodes_and_by_links() -> None:
    early, late, stranger = (FeatureName(*one) for one in ((0, 3, 1), (1, 4, 2), (0, 7, 2)))
    listed = [early, stranger, late]
    plant = Plant([early, late], [(1, early), (early, late), (late, None)], 40, 2)
    links = torch.zeros(4, 5)
    links[0, 3] = links[2, 0] = links[3, 2] = 1.0
    scores = Scores(listed, [1, 2], torch.tensor([2.0, 1.0, 3.0]), links)
    assert compare(scores, plant) == (1, 1, 1, 1)
    links[3, 1] = 2.0  # from the stranger straight to the answer
    scores = Scores(listed, [1, 2], torch.tensor([2.0, 5.0, 3.0]), links)
    found = compare(scores, plant)
    # Nine links could be: two among features, five from words, three to the answer and two from
    # words to it, less the three that are planted.
    assert found == pytest.approx((1 - 1 / 38, 1 - 1 / 9, 1 / 2, 2 / 3))
