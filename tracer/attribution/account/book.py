"""An account as one table: what every source gives to every target, in both units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.account.account import Account
from tracer.attribution.account.sources import Source
from tracer.documents.parts.flows import Flows

LEAST_LINKS = 5  # of each node, on either side, whatever `max_links` says


@dataclass(frozen=True)
class Book:
    """Rows are `k` features and the question, columns are the features and the other inputs.

    `weights` are in units of the target, `flows` in units of the question.
    """

    account: Account
    inputs: tuple[Source, ...]  # those that give anything, and all tokens
    shares: Tensor  # (inputs,)
    weights: Tensor  # (k + 1, k + inputs)
    flows: Tensor  # (k + 1, k + inputs)

    @staticmethod
    def of(account: Account) -> Book:
        given = torch.cat([account.inputs, account.answer_inputs[None]])
        silent = ~given.any(0)
        kept = [
            at
            for at, one in enumerate(account.sources)
            if one.kind in ("start", "word", "other words") or not silent[at]
        ]
        links = account.links * account.activations
        straight = torch.cat([account.answer_flows, account.answer_inputs[kept]])
        weights = torch.cat([torch.cat([links, account.inputs[:, kept]], 1), straight[None]])
        gradient = torch.cat([account.gradient, torch.ones(1, dtype=torch.float64)])
        return Book(
            account=account,
            inputs=tuple(account.sources[at] for at in kept),
            shares=account.shares[kept],
            weights=weights,
            flows=weights * gradient[:, None],
        )

    def strongest(self, most: int | None) -> Tensor:
        """(k + 1, k + inputs): the links to draw, the strongest flows, so many or as many as each
        node needs to have `LEAST_LINKS` in and out."""
        strength = self.flows.abs()
        if most is None:
            return strength > 0
        drawn = torch.zeros_like(strength, dtype=torch.bool)
        few = min(LEAST_LINKS, *strength.shape)
        drawn.scatter_(1, strength.topk(few, 1).indices, True)
        k = len(self.account)
        into = strength[:, :k].topk(few, 0).indices if k else strength[:, :0].long()
        drawn[:, :k].scatter_(0, into, True)
        drawn &= strength > 0
        room = most - int(drawn.sum())
        if room > 0:
            rest = torch.where(drawn, 0.0, strength).flatten()
            more = torch.sort(rest, descending=True, stable=True).indices[:room]
            drawn.view(-1)[more] = True
        return drawn & (strength > 0)

    def held(self, drawn: Tensor) -> float:
        """The share of all flows, by absolute value, that some of the links hold."""
        strength = self.flows.abs()
        total = float(strength.sum())
        return float(strength[drawn].sum()) / total if total else 1.0

    def packed(self, graph_id: str, features: Sequence[str], inputs: Sequence[str]) -> Flows:
        """All flows, of features and inputs called so."""
        k = len(self.account)
        rows = self.flows[:k]
        return Flows(
            graph_id=graph_id,
            features=tuple(features),
            inputs=tuple(inputs),
            effects=self.account.effects.tolist(),
            leaving=self.flows[k, :k].tolist(),
            straight=self.flows[k, k:].tolist(),
            between=[rows[t, :t].tolist() for t in range(k)],
            entering=rows[:, k:].tolist(),
        )
