"""What heads carried adds up to the flows, in every family."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.attribution.account.test_account import SETS, Case
from tests.tiny_models import exact_tiny_model
from tracer.attribution.account.account import Account
from tracer.attribution.account.heads import HeadFlows, _Split, head_flows
from tracer.attribution.targets import Targets
from tracer.features.source import LayerFeatures
from tracer.model.frozen_pass import FrozenPass
from tracer.model.load import Model

WORDS = [[1], [2, 3], [4], [5], [6], [7]]


def split(
    case: Case, listed: list[LayerFeatures], targets: Targets, nodes: int = 4
) -> tuple[Account, Tensor, HeadFlows]:
    account = case.account(listed, targets)
    generator = torch.Generator().manual_seed(3)
    owner = torch.randint(0, 3, (len(account),), generator=generator)
    groups = torch.stack([(owner == one).double() for one in range(3)])
    found = head_flows(
        case.frozen,
        case.active,
        listed,
        account,
        groups,
        WORDS,
        targets.effect_direction,
        origin=targets.origin,
        nodes=nodes,
    )
    return account, groups, found


def flows(account: Account, groups: Tensor) -> Tensor:
    """What the account says: (groups and the answer, groups, words and the start)."""
    places: dict[tuple[str, int | None], int] = {("start", None): 0}
    places |= {("word", one): 1 + at for at, word in enumerate(WORDS) for one in word}
    gather = torch.zeros(len(account.sources), 1 + len(WORDS)).double()
    for row, source in enumerate(account.sources):
        if (place := places.get((source.kind, source.position))) is not None:
            gather[row, place] = 1
    gather = torch.cat([gather[:, 1:], gather[:, :1]], dim=1)
    among = torch.cat([groups @ account.flows, account.answer_flows[None]]) @ groups.T
    inputs = torch.cat([groups @ account.input_flows, account.answer_inputs[None]]) @ gather
    return torch.cat([among, inputs], dim=1)


def assert_heads_carry_it_all(account: Account, groups: Tensor, found: HeadFlows) -> None:
    expected = flows(account, groups)
    total = found.in_place + found.carried.sum((2, 3))
    gross = found.carried.abs().sum((2, 3)) + found.in_place.abs()
    assert ((total - expected).abs() <= 1e-9 * gross.clamp(min=1)).all()
    assert float(found.carried.abs().max()) > 0
    assert not found.in_place[:, -1].any(), "from the start everything moves"


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_heads_carry_all_that_moves(unlike: Model, share: float) -> None:
    case = Case(unlike)
    targets = case.targets(contrast=(7,))
    assert_heads_carry_it_all(*split(case, case.random(targets, share), targets))


@pytest.mark.parametrize("kind", ["with skip", "across layers"])
def test_so_they_do_between_transcoders(tmp_path: Path, kind: str) -> None:
    case = Case(exact_tiny_model(tmp_path / "m", "llama"), str(SETS[kind](tmp_path / "set")))
    targets = case.targets()
    assert_heads_carry_it_all(*split(case, case.random(targets, 0.4), targets))


def test_what_a_head_carries_is_what_more_of_it_adds(plain: Model) -> None:
    """Flows are linear in how much each head moves, one at a time."""
    case = Case(plain)
    targets = case.targets()
    listed = case.random(targets, 0.2)
    account = case.account(listed, targets)
    groups = (torch.arange(len(account)) % 2 == 0).double()[None]

    def made(frozen: FrozenPass) -> _Split:
        direction = targets.effect_direction
        return _Split(frozen, case.active, listed, account, groups, WORDS, direction, None)

    before, (carried,) = made(case.frozen).run([1.0], moving=1)
    for layer in range(case.frozen.n_layers):
        for head in range(case.frozen.n_heads):
            pattern = case.frozen.patterns[layer].clone()
            pattern[head] += pattern[head].tril(-1)
            patterns = list(case.frozen.patterns)
            patterns[layer] = pattern
            louder = made(replace(case.frozen, patterns=tuple(patterns)))
            (more,) = louder.run([1.0], moving=0)[0] - before
            torch.testing.assert_close(carried[:, :, layer, head], more, rtol=1e-8, atol=1e-12)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return exact_tiny_model(tmp_path_factory.mktemp("llama"), "llama")
