"""The books close: inputs are activations, what flows in flows out, words and constants are the
answer; and elimination by algebra is the sweep without the node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.features.dictionaries import write_clt, write_plt
from tests.tiny_models import PROMPT, exact_tiny_model
from tests.tracing import trace_nodes
from tracer.attribution.account.account import Account, account_of
from tracer.attribution.account.sources import Source
from tracer.attribution.account.sweep_up import sweep_up
from tracer.attribution.effects import total_effects
from tracer.attribution.origin import FeatureName
from tracer.attribution.targets import Targets, choose_targets, feature_target
from tracer.attribution.trace import feature_source
from tracer.documents.trace_settings import TraceSettings
from tracer.features.choose import choose_features
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.model.load import Model

EXACT = 1e-10


class Case:
    """One prompt, read by one kind of features; `listed` are the `k` strongest or random ones."""

    def __init__(self, model: Model, features: str = "neurons") -> None:
        ids = model.tokenizer.encode_prompt(PROMPT)
        self.frozen: FrozenPass = freeze(model, ids)
        found = choose_features(
            features, model_source=model.source_name, model_identity=model.info.identity
        )
        self.active: ActiveFeatures = feature_source(model, found).read(self.frozen)

    def targets(self, **named: object) -> Targets:
        return choose_targets(self.frozen, target=9, **named)  # type: ignore[arg-type]

    def every(self, targets: Targets) -> list[LayerFeatures]:
        """All features but those at position 0, with their effects."""
        effects = total_effects(self.frozen, self.active, targets.effect_direction, targets.origin)
        return self.active.admit(effects.features, 10**9)

    def random(self, targets: Targets, share: float, seed: int = 0) -> list[LayerFeatures]:
        generator = torch.Generator().manual_seed(seed)
        return [
            one.chosen(torch.rand(len(one), generator=generator) < share)
            for one in self.every(targets)
        ]

    def account(
        self, listed: list[LayerFeatures], targets: Targets, words: list[int] | None = None
    ) -> Account:
        swept = sweep_up(
            self.frozen,
            self.active,
            listed,
            targets.effect_direction,
            origin=targets.origin,
            bias=targets.held_beyond(self.frozen.final_norm),
            words=words,
        )
        return account_of(swept, listed)


def assert_the_books_close(account: Account, quantity: Tensor, within: float = EXACT) -> None:
    def near(found: Tensor, expected: Tensor, gross: Tensor) -> None:
        assert ((found - expected).abs() <= within * gross.clamp(min=1)).all()

    links, inputs = account.links * account.activations, account.inputs
    gross = links.abs().sum(1) + inputs.abs().sum(1)
    near(links.sum(1) + inputs.sum(1), account.activations, gross)
    inflow = account.flows.sum(1) + account.input_flows.sum(1)
    outflow = account.flows.sum(0) + account.answer_flows
    gross = account.flows.abs().sum(0) + account.answer_flows.abs()
    gross = gross + account.flows.abs().sum(1) + account.input_flows.abs().sum(1)
    near(inflow, account.effects, gross)
    near(outflow, account.effects, gross)
    gross = account.shares.abs().sum()
    near(account.shares.sum(), quantity.double(), gross)
    near(account.quantity, quantity.double(), gross)
    near(account.reads.sum(1), account.activations, account.reads.abs().sum(1))


@pytest.mark.parametrize("contrast", [(), (7, 11)])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.7])
def test_the_books_close_in_every_family_for_any_choice_of_neurons(
    tiny: Model, share: float, contrast: tuple[int, ...]
) -> None:
    case = Case(tiny)
    targets = case.targets(contrast=contrast)
    account = case.account(case.random(targets, share), targets)
    assert_the_books_close(account, targets.values[0])


def test_it_is_the_whole_graph_with_all_else_eliminated(tiny: Model) -> None:
    """The graph of mode `nodes` with every neuron in it, from the sweep that walks down: its Schur
    complement is what the sweep up gives."""
    everything = TraceSettings(candidates=10**6, coverage=1.0)
    found = trace_nodes(PROMPT, model=tiny, target=" w7", contrast=[" w5"], settings=everything)
    columns, expanded = found.swept.columns, found.swept.expanded
    n = columns.n_features
    activations = torch.cat([one.activations for one in found.layers])
    direct = torch.zeros(n, columns.total, dtype=torch.float64)
    direct[expanded] = found.swept.rows[:-1].double()  # what is not expanded reaches no answer
    unit = (direct[:, :n] / activations).nan_to_num()  # squared ReLUs are exactly zero
    words = direct[:, columns.tokens + 1 :]
    answer = found.swept.rows[-1].double()
    generator = torch.Generator().manual_seed(4)
    reached = torch.zeros(n, dtype=torch.bool)
    reached[expanded] = True
    kept = (torch.rand(n, generator=generator) < 0.2) & reached & (activations != 0)
    among = torch.linalg.inv(torch.eye(int((~kept).sum())) - unit[~kept][:, ~kept])
    links = unit[kept][:, kept] + unit[kept][:, ~kept] @ among @ unit[~kept][:, kept]
    inputs = words[kept] + unit[kept][:, ~kept] @ among @ words[~kept]
    straight = (answer[:n] / activations).nan_to_num()
    to_answer = straight[kept] + straight[~kept] @ among @ unit[~kept][:, kept]

    case = Case(tiny)
    listed = [
        one.chosen(part)
        for one, part in zip(
            found.layers, torch.split(kept, [len(one) for one in found.layers]), strict=True
        )
    ]
    account = case.account(listed, case.targets(contrast=(7,)))
    torch.testing.assert_close(account.links, links, rtol=1e-8, atol=1e-9)
    alone = [place for place, one in enumerate(account.sources) if one.kind == "word"]
    torch.testing.assert_close(account.inputs[:, alone], inputs, rtol=1e-8, atol=1e-9)
    torch.testing.assert_close(account.answer, to_answer, rtol=1e-8, atol=1e-9)


def test_effects_are_those_of_the_walk_down(tiny: Model) -> None:
    case = Case(tiny)
    targets = case.targets()
    listed = case.random(targets, 0.3)
    account = case.account(listed, targets)
    walked = torch.cat([one.effects for one in listed])
    torch.testing.assert_close(account.effects, walked, rtol=1e-9, atol=1e-11)


def test_words_are_the_same_whatever_is_listed(tiny: Model) -> None:
    case = Case(tiny)
    targets = case.targets()
    few, many = (case.account(case.random(targets, share), targets) for share in (0.05, 0.8))
    torch.testing.assert_close(few.shares, many.shares, rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(few.quantity, many.quantity, rtol=1e-9, atol=1e-11)


def test_a_cut_is_the_sweep_of_what_is_left(tiny: Model) -> None:
    case = Case(tiny)
    targets = case.targets()
    listed = case.random(targets, 0.4)
    account = case.account(listed, targets)
    kept = torch.rand(len(account), generator=torch.Generator().manual_seed(1)) < 0.3
    parts = torch.split(kept, [len(one) for one in listed])
    fewer = [one.chosen(part) for one, part in zip(listed, parts, strict=True)]
    assert_the_same(account.cut(kept), case.account(fewer, targets))


def assert_the_same(one: Account, other: Account) -> None:
    assert one.sources == other.sources
    for name in ("layers", "positions", "indices"):
        assert torch.equal(getattr(one, name), getattr(other, name))
    for name in ("links", "inputs", "answer", "answer_inputs", "finals", "finals_inputs"):
        found, expected = getattr(one, name), getattr(other, name)
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11)


def test_words_that_share_a_row_add_up(tiny: Model) -> None:
    case = Case(tiny)
    targets = case.targets()
    listed = case.random(targets, 0.2)
    apart, together = (case.account(listed, targets, words) for words in (None, [2, 5]))
    assert_the_books_close(together, targets.values[0])
    rest = together.sources.index(Source("other words"))
    alone = [
        place
        for place, one in enumerate(apart.sources)
        if one.kind == "word" and one.position not in (2, 5)
    ]
    torch.testing.assert_close(together.shares[rest], apart.shares[alone].sum())
    torch.testing.assert_close(together.inputs[:, rest], apart.inputs[:, alone].sum(1))


def test_silencing_a_group_is_the_frozen_network_without_it(tiny: Model) -> None:
    """Here: the network of which all but the group is transparent, so that what is left of the
    question is what does not pass the group."""
    case = Case(tiny)
    targets = case.targets()
    account = case.account(case.random(targets, 0.3), targets)
    group = torch.rand(len(account), generator=torch.Generator().manual_seed(2)) < 0.2
    alone = account.cut(group)
    around = alone.answer_inputs.sum()
    torch.testing.assert_close(account.lost(group), account.quantity - around)
    finals = account.finals.T @ account.activations + account.finals_inputs.sum(0)
    torch.testing.assert_close(account.pushed(group), finals - alone.finals_inputs.sum(0))


def test_a_grouped_flow_is_the_sum_of_flows_and_groups_balance_too(tiny: Model) -> None:
    case = Case(tiny)
    targets = case.targets()
    account = case.account(case.random(targets, 0.4), targets)
    group = torch.rand(len(account), generator=torch.Generator().manual_seed(3)) < 0.5
    into = account.flows[group][:, ~group].sum() + account.input_flows[group].sum()
    out = account.flows[~group][:, group].sum() + account.answer_flows[group].sum()
    torch.testing.assert_close(into, account.through(group))
    torch.testing.assert_close(out, account.through(group))


def test_an_activation_of_zero_divides_nothing(tiny: Model) -> None:
    case = Case(tiny)
    targets = case.targets()
    listed = case.random(targets, 0.3)
    account = case.account(listed, targets)
    silent = replace(
        account, activations=account.activations.clone().index_fill_(0, torch.tensor([0]), 0)
    )
    assert all(torch.isfinite(one).all() for one in (silent.flows, silent.effects, silent.pushes))
    torch.testing.assert_close(silent.gradient, account.gradient)


def test_a_feature_may_be_asked_about(tiny: Model) -> None:
    case = Case(tiny)
    targets = feature_target(case.frozen, case.active, FeatureName(2, 5, 6))
    below = [
        one.chosen(torch.full((len(one),), layer < 2))
        for layer, one in enumerate(case.random(targets, 0.3))
    ]
    account = case.account(below, targets)
    sign = targets.values[0].sign()
    assert_the_books_close(account, targets.values[0] * sign)


SETS: dict[str, Callable[[Path], Path]] = {
    "per layer": write_plt,
    "with skip": lambda folder: write_plt(folder, skip=True),
    "JumpReLU behind the norm": lambda folder: write_plt(
        folder, threshold=True, reads="ln2.hook_normalized"
    ),
    "TopK": lambda folder: write_plt(folder, more="activation: topk\nk: 5"),
    "of the stream, behind a post-norm": lambda folder: write_plt(
        folder, reads="hook_resid_mid", writes="hook_mlp_out"
    ),
    "across layers": write_clt,
}


@pytest.fixture(params=list(SETS))
def transcoders(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(SETS[request.param](tmp_path / "set"))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_transcoders_that_are_left_out_are_transparent_and_errors_are_not(
    plain: Model, transcoders: str, share: float
) -> None:
    case = Case(plain, transcoders)
    targets = case.targets(contrast=(7,))
    listed = case.random(targets, share)
    account = case.account(listed, targets)
    assert_the_books_close(account, targets.values[0])
    walked = torch.cat([one.effects for one in listed])
    torch.testing.assert_close(account.effects, walked, rtol=1e-9, atol=1e-11)
    assert any(one.kind == "error" for one in account.sources)
    kept = torch.arange(len(account)) % 3 == 0
    parts = torch.split(kept, [len(one) for one in listed])
    fewer = [one.chosen(part) for one, part in zip(listed, parts, strict=True)]
    assert_the_same(account.cut(kept), case.account(fewer, targets))


@pytest.mark.parametrize("family", ["gemma2", "gpt-neox", "gpt2", "olmo2-biases"])
def test_transcoders_of_other_families(tmp_path: Path, family: str) -> None:
    case = Case(exact_tiny_model(tmp_path / "model", family), str(write_clt(tmp_path / "set")))
    targets = case.targets()
    account = case.account(case.random(targets, 0.4), targets)
    assert_the_books_close(account, targets.values[0])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return exact_tiny_model(tmp_path_factory.mktemp("llama"), "llama")
