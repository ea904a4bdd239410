"""How many features an account lists: as few as two measured shares ask for.

An account that lists the last layer alone explains the answer's own inputs and nothing behind
them, so the inputs of what it lists are measured too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from tracer.attribution.account.account import Account

STEPS = (50, 75, 100, 150, 200, 300, 400)
FLOW, INPUT_FLOW = 0.85, 0.5
Limit = Literal["flow", "input flow", "most"]


@dataclass(frozen=True)
class Shares:
    """Of what runs straight into the question, the share that comes from listed features and not
    from words (`flow`); the same of what runs into listed features, weighted by their effects
    (`input_flow`). Both by absolute value."""

    flow: float
    input_flow: float

    @property
    def suffice(self) -> bool:
        return self.flow >= FLOW and self.input_flow >= INPUT_FLOW


@dataclass(frozen=True)
class Chosen:
    """An account cut to as many features as it takes, and what bound that number: the share that
    was reached last, or how many were swept."""

    account: Account
    shares: Shares
    bound_by: Limit


def shares_of(account: Account) -> Shares:
    """Both are 0 where nothing is listed."""
    words = torch.tensor([one.kind in ("word", "other words") for one in account.sources])
    straight = account.answer_flows.abs().sum()
    flow = _share(straight, account.answer_inputs[words].abs().sum())
    listed = (account.links * account.activations).abs().sum(1)  # (k,)
    unlisted = account.inputs[:, words].abs().sum(1)
    inputs = listed / (listed + unlisted).clamp(min=torch.finfo(listed.dtype).tiny)
    strength = account.effects.abs()
    total = strength.sum()
    weighted = (inputs * strength).sum() / total if total else total
    return Shares(float(flow), float(weighted))


def choose(account: Account) -> Chosen:
    """The strongest features by absolute effect, the fewest of `STEPS` that suffice, else all."""
    order = torch.sort(account.effects.abs(), descending=True, stable=True).indices
    before: Shares | None = None
    for step in (one for one in STEPS if one < len(account)):
        kept = torch.zeros(len(account), dtype=torch.bool)
        kept[order[:step]] = True
        fewer = account.cut(kept)
        shares = shares_of(fewer)
        if shares.suffice:
            return Chosen(fewer, shares, _bound(before))
        before = shares
    shares = shares_of(account)
    return Chosen(account, shares, _bound(before) if shares.suffice else "most")


def _bound(before: Shares | None) -> Limit:
    """What kept the step before from being enough."""
    return "flow" if before is None or before.flow < FLOW else "input flow"


def _share(part: Tensor, rest: Tensor) -> Tensor:
    whole = part + rest
    return part / whole if whole else whole
