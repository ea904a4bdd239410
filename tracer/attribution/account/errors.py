"""The errors of transcoders as inputs of an account: the strongest alone, the others together."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from tracer.attribution.account.account import Account
from tracer.attribution.account.sources import Source

ALONE = 50


def gather_errors(account: Account, alone: int = ALONE) -> Account:
    """The same account, in which no more than so many errors have a column of their own."""
    errors = [at for at, one in enumerate(account.sources) if one.kind == "error"]
    if len(errors) <= alone:
        return account
    ranked = sorted(errors, key=lambda at: -abs(float(account.shares[at])))
    weak = torch.tensor(sorted(ranked[alone:]))
    kept = torch.ones(len(account.sources), dtype=torch.bool)
    kept[weak] = False

    def gathered(columns: Tensor) -> Tensor:
        return torch.cat([columns[..., kept], columns[..., weak].sum(-1, keepdim=True)], -1)

    strong = [one for one, keep in zip(account.sources, kept.tolist(), strict=True) if keep]
    return replace(
        account,
        sources=(*strong, Source("error")),
        inputs=gathered(account.inputs),
        answer_inputs=gathered(account.answer_inputs),
        finals_inputs=gathered(account.finals_inputs.T).T,
    )
