"""What heads carried adds up to the flows, in every family."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.attribution.account.test_account import SETS, Case
from tests.tiny_models import SIZES, exact_tiny_model
from tracer.attribution.account.account import Account
from tracer.attribution.account.heads import NODES, HeadFlows, HeadSplit, head_flows
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
    made = HeadSplit(
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
    return account, groups, head_flows(made)


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

    def made(frozen: FrozenPass) -> HeadSplit:
        direction = targets.effect_direction
        return HeadSplit(frozen, case.active, listed, account, groups, WORDS, direction)

    once = targets.effect_direction.new_ones(1)
    whole = made(case.frozen)
    (before,), (carried,) = whole.up(once, []), whole.run([1.0])
    for layer in range(case.frozen.n_layers):
        for head in range(case.frozen.n_heads):
            pattern = case.frozen.patterns[layer].clone()
            pattern[head] += pattern[head].tril(-1)
            patterns = list(case.frozen.patterns)
            patterns[layer] = pattern
            louder = made(replace(case.frozen, patterns=tuple(patterns)))
            (more,) = louder.up(once, []) - before
            torch.testing.assert_close(carried[:, :, layer, head], more, rtol=1e-8, atol=1e-12)


def test_what_stays_in_place_is_what_no_head_moves(plain: Model) -> None:
    """Read off the account; where it tells words together, swept."""
    case = Case(plain)
    targets = case.targets(contrast=(7,))
    listed = case.random(targets, 0.4)
    apart, groups, found = split(case, listed, targets)
    together = case.account(listed, targets, words=[2, 5])

    def made(account: Account) -> HeadSplit:
        direction = targets.effect_direction
        return HeadSplit(case.frozen, case.active, listed, account, groups, WORDS, direction)

    still = made(apart).still()
    assert still[:-1, :3].any() and still[:-1, 3:-1].any() and still[-1].any()
    torch.testing.assert_close(found.in_place, still, rtol=1e-9, atol=1e-12)
    swept = head_flows(made(together)).in_place
    torch.testing.assert_close(swept, still, rtol=1e-9, atol=1e-12)


def test_two_nodes_are_as_near_as_they_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In more layers than they are exact for: shares within 5e-4 of what runs."""
    monkeypatch.setitem(SIZES, "num_hidden_layers", 7)
    case = Case(exact_tiny_model(tmp_path, "llama"))
    targets = case.targets(contrast=(7,))
    listed = case.random(targets, 0.05)
    (_, _, many), (_, _, two), (_, _, one) = (
        split(case, listed, targets, nodes) for nodes in (4, NODES, 1)
    )
    gross = many.carried.abs().sum((2, 3), keepdim=True) + many.in_place.abs()[..., None, None]

    def missed(found: HeadFlows) -> float:
        return float(((found.carried - many.carried).abs() / gross.clamp(min=1e-12)).max())

    assert missed(two) <= 5e-4 < missed(one)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return exact_tiny_model(tmp_path_factory.mktemp("llama"), "llama")
