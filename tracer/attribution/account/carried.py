"""What attention heads carried in a graph: between groups of its features, and from the strongest
words; where the strongest look, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from tracer.attribution.account.account import Account, account_of
from tracer.attribution.account.heads import SHORT, HeadFlows, HeadSplit, head_flows
from tracer.attribution.account.sweep_up import sweep_up
from tracer.attribution.look_score import LookedAt
from tracer.attribution.looks import Look, strongest_looks
from tracer.attribution.origin import FeatureName
from tracer.attribution.side_by_side import side_by_side
from tracer.attribution.targets import Targets
from tracer.attribution.why import Why, why_looked
from tracer.documents.prompt_words import spans
from tracer.features.source import ActiveFeatures, LayerFeatures
from tracer.model.frozen_pass import FrozenPass

WORDS = 4  # that stand alone; the others are one source
LOOKS = 10

Name = tuple[int, int, int]  # layer, position, index: the order of an account's features


@dataclass(frozen=True)
class Carried:
    """Sources of the flows are the `groups`, the `words`, the other words, the start; targets the
    groups and what is asked."""

    groups: tuple[tuple[str, ...], ...]
    words: tuple[tuple[int, ...], ...]
    flows: HeadFlows
    looks: tuple[Look, ...]
    whys: tuple[Why, ...]  # of each look, at the key it looks at most


@torch.no_grad()
def carried_by_heads(
    frozen: FrozenPass,
    active: ActiveFeatures,
    targets: Targets,
    groups: Sequence[Sequence[str]],
    *,
    account: Account | None = None,
    words: int = WORDS,
    looks: int = LOOKS,
    gradients: Sequence[Tensor] = (),
) -> Carried:
    """`groups` hold node ids of features, each in one of them. `account` is one that lists all of
    them, if there is one; else it is swept anew; `gradients` those of the answer behind each
    layer's attention, if they are known. Shares are within 5e-4 of what flows, both
    signs added, and add up to the flow."""
    owner = {_name(node): at for at, group in enumerate(groups) for node in group}
    names = sorted(owner) if account is None else _names(account)
    listed = _listed(active, names, frozen.n_layers)
    asked, origin = targets.effect_direction, targets.origin
    if account is None:
        account = account_of(sweep_up(frozen, active, listed, asked, origin=origin), listed)
    member = torch.zeros(len(groups), len(names)).double()
    for column, name in enumerate(names):
        if (at := owner.get(name)) is not None:
            member[at, column] = 1
    words_at = spans([frozen.model.tokenizer.text(one) for one in frozen.token_ids])
    alone, others = _words(frozen, account, words_at, words)
    sources = [*alone, others]
    split = HeadSplit(frozen, active, listed, account, member, sources, asked, origin=origin)

    def looked() -> tuple[list[Look], list[Why]]:
        found = strongest_looks(
            frozen, active, asked, words_at, most=looks, origin=origin, gradients=gradients
        )
        features = [FeatureName(layer, index, position) for layer, position, index in names]
        at = [_at_most(frozen, one) for one in found]
        return found, why_looked(frozen, active, at, words_at, listed=features)

    parts = split.parts()
    *flows, (found, whys) = _all_at_once([*parts, looked], frozen)
    whole = _closed(head_flows(split, flows), account, member, sources)
    return Carried(
        tuple(map(tuple, groups)), tuple(map(tuple, alone)), whole, tuple(found), tuple(whys)
    )


def _all_at_once(parts: Sequence[Callable[[], Any]], frozen: FrozenPass) -> list[Any]:
    """Each on a core: their products are small. In turn on another device, and where a prompt is
    long, since each takes memory."""
    cores = torch.get_num_threads() if frozen.model.device.type == "cpu" else 1
    workers = len(parts) if cores > 1 and frozen.n_positions <= SHORT else 1
    return side_by_side(lambda part: part(), parts, workers)


def _at_most(frozen: FrozenPass, look: Look) -> LookedAt:
    """At the one of its keys that it looks at most."""
    row = frozen.patterns[look.layer][look.head, look.query]
    key = max(look.keys, key=lambda one: float(row[one]))
    return LookedAt(look.layer, look.head, look.query, key)


def _closed(
    flows: HeadFlows, account: Account, member: Tensor, words: Sequence[Sequence[int]]
) -> HeadFlows:
    """With what the integral missed shared out, so that flows are the account's; but for words
    that the account does not tell alone."""
    column = {(one.kind, one.position): at for at, one in enumerate(account.sources)}
    inputs = torch.cat([member @ account.input_flows, account.answer_inputs[None]])
    known = [torch.cat([member @ account.flows, account.answer_flows[None]]) @ member.T]
    nan = torch.full_like(inputs[:, :1], torch.nan)
    for word in words:
        places = [column.get(("word", one)) for one in word]
        told = [one for one in places if one is not None]
        known.append(inputs[:, told].sum(1, keepdim=True) if len(told) == len(places) else nan)
    known.append(inputs[:, [column["start", None]]])
    total = flows.carried.sum((2, 3)) + flows.in_place
    missed = (torch.cat(known, dim=1).to(total) - total).nan_to_num(0.0)
    size = flows.carried.abs()
    whole = size.sum((2, 3), keepdim=True)
    share = torch.where(whole > 0, size / whole.clamp(min=torch.finfo(whole.dtype).tiny), 0.0)
    return replace(flows, carried=flows.carried + share * missed[:, :, None, None])


def _name(node: str) -> Name:
    layer, index, position = map(int, node.split("_"))
    return layer, position, index


def _names(account: Account) -> list[Name]:
    columns = (account.layers, account.positions, account.indices)
    return list(zip(*(one.tolist() for one in columns), strict=True))


def _listed(active: ActiveFeatures, names: Sequence[Name], layers: int) -> list[LayerFeatures]:
    places: list[list[tuple[int, int]]] = [[] for _ in range(layers)]
    for layer, position, index in names:
        places[layer].append((index, position))
    return [active.some(layer, here) for layer, here in enumerate(places)]


def _words(
    frozen: FrozenPass, account: Account, words: Sequence[tuple[int, int]], most: int
) -> tuple[list[list[int]], list[int]]:
    """The positions of those that the answer has most of, in the prompt's order, and of the
    others."""
    shares = torch.zeros(frozen.n_positions).double()
    for source, share in zip(account.sources, account.shares.tolist(), strict=True):
        if source.kind == "word" and source.position is not None:
            shares[source.position] += share
    spans = [list(range(begin, end)) for begin, end in words if begin]
    strength = [abs(float(shares[one].sum())) for one in spans]
    order = sorted(range(len(spans)), key=lambda at: -strength[at])
    alone = sorted(order[:most])
    rest = sorted(at for one in order[most:] for at in spans[one])
    return [spans[at] for at in alone], rest
