"""What adds up to one answer: flows between listed features, words, start and biases, in units of
the question (logits, or a feature's activation).

With unit links U, activations v and the question's gradient g on each feature over all paths,
`flow(s → t) = U[t, s] v[s] g[t]` and `effect(t) = v[t] g[t]`. What flows into a feature, what flows
out of it and its effect are equal, and any grouping adds up. Nothing is divided by an activation,
which may be zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import torch
from torch import Tensor

from tracer.attribution.account.sources import Source
from tracer.attribution.account.sweep_up import Swept
from tracer.features.source import LayerFeatures


@dataclass(frozen=True)
class Account:
    """`k` features in ascending order of layers, and the other sources. All float64.

    `links` and `inputs` are what one unit of a feature, and what the other sources, add to a
    feature's activation over paths that touch no other listed feature; `answer` and `answer_inputs`
    what they add to the question so; `finals` likewise to the normalised stream at the last
    position.
    """

    sources: tuple[Source, ...]
    layers: Tensor  # (k,)
    positions: Tensor  # (k,)
    indices: Tensor  # (k,)
    activations: Tensor  # (k,)
    links: Tensor  # (k, k), strictly lower triangular: rows are targets
    inputs: Tensor  # (k, sources)
    answer: Tensor  # (k,)
    answer_inputs: Tensor  # (sources,)
    finals: Tensor  # (k, d_model)
    finals_inputs: Tensor  # (sources, d_model)

    def __len__(self) -> int:
        return len(self.activations)

    @cached_property
    def quantity(self) -> Tensor:
        """(): what the question measures, as the sum of all that adds to it."""
        return self.answer @ self.activations + self.answer_inputs.sum()

    @cached_property
    def gradient(self) -> Tensor:
        """(k,): the question's change for one unit of each feature, over all paths."""
        return self._outward(self.answer[:, None])[:, 0]

    @cached_property
    def effects(self) -> Tensor:
        """(k,)"""
        return self.activations * self.gradient

    @cached_property
    def flows(self) -> Tensor:
        """(k, k): what runs from a feature (column) through another (row) to the question."""
        return self.links * self.activations * self.gradient[:, None]

    @cached_property
    def input_flows(self) -> Tensor:
        """(k, sources): what runs from the other sources through each feature first."""
        return self.inputs * self.gradient[:, None]

    @cached_property
    def answer_flows(self) -> Tensor:
        """(k,): what runs from each feature straight to the question."""
        return self.answer * self.activations

    @cached_property
    def shares(self) -> Tensor:
        """(sources,): the question as a sum over words, start, biases and errors."""
        return self.answer_inputs + self.gradient @ self.inputs

    @cached_property
    def reads(self) -> Tensor:
        """(k, sources): each feature's activation as a sum over the other sources."""
        return _solve(self.links, self.inputs)

    @cached_property
    def pushes(self) -> Tensor:
        """(k, d_model): what each feature adds to the last position's normalised stream, over all
        paths. With the unembedding: what it pushes."""
        return self._outward(self.finals) * self.activations[:, None]

    def through(self, group: Tensor) -> Tensor:
        """(): what goes through a group, a mask (k,): its members' effects less the flows among
        them."""
        return self.effects[group].sum() - self.flows[group][:, group].sum()

    def lost(self, group: Tensor) -> Tensor:
        """(): what the question loses when a group, a mask (k,), is silenced together."""
        return self._missing(group) @ self.answer

    def pushed(self, group: Tensor) -> Tensor:
        """(d_model,): what the last position's normalised stream loses when a group, a mask (k,),
        is silenced together; for one feature alone, its row of `pushes`."""
        return self._missing(group) @ self.finals

    def cut(self, kept: Tensor) -> Account:
        """The account of some of the features, a mask (k,): the others become transparent, as if
        the sweep had never listed them."""
        stay, gone = kept.nonzero()[:, 0], (~kept).nonzero()[:, 0]
        # What one unit at each that goes adds up to among those that go.
        among = torch.linalg.inv(_less(self.links[gone][:, gone]))
        through_links = among @ self.links[gone][:, stay]
        through_inputs = among @ self.inputs[gone]
        into = self.links[stay][:, gone]
        return Account(
            sources=self.sources,
            layers=self.layers[stay],
            positions=self.positions[stay],
            indices=self.indices[stay],
            activations=self.activations[stay],
            links=self.links[stay][:, stay] + into @ through_links,
            inputs=self.inputs[stay] + into @ through_inputs,
            answer=self.answer[stay] + self.answer[gone] @ through_links,
            answer_inputs=self.answer_inputs + self.answer[gone] @ through_inputs,
            finals=self.finals[stay] + through_links.T @ self.finals[gone],
            finals_inputs=self.finals_inputs + through_inputs.T @ self.finals[gone],
        )

    def _missing(self, group: Tensor) -> Tensor:
        """(k,): how much less active each feature is when a group is silenced together."""
        handed_on = self.links * ~group[:, None]  # a silenced feature hands nothing on
        given = (self.activations * group)[:, None]
        return _solve(handed_on, given)[:, 0]

    def _outward(self, given: Tensor) -> Tensor:
        """(k, columns): what one unit of each feature gives over all paths, where by itself it
        gives `given` (k, columns)."""
        return _solve(self.links, given, onward=True)


def _solve(links: Tensor, given: Tensor, *, onward: bool = False) -> Tensor:
    """What stands at each feature when `given` (k, columns) comes in and links hand on; or, the
    other way round, what comes of one unit of each when `given` comes of it by itself."""
    less = _less(links)
    solved = torch.linalg.solve_triangular(
        less.T if onward else less, given, upper=onward, unitriangular=True
    )
    return cast(Tensor, solved)


def _less(links: Tensor) -> Tensor:
    return torch.eye(len(links), dtype=links.dtype, device=links.device) - links


def account_of(swept: Swept, listed: Sequence[LayerFeatures]) -> Account:
    """The account of one sweep, whose features these are."""
    k = len(swept.links)
    layers = [torch.full_like(one.indices, layer) for layer, one in enumerate(listed)]

    def joined(parts: Iterable[Tensor]) -> Tensor:
        return torch.cat(list(parts)).cpu()

    return Account(
        sources=swept.sources,
        layers=joined(layers),
        positions=joined(one.positions for one in listed),
        indices=joined(one.indices for one in listed),
        activations=joined(one.activations for one in listed).double(),
        links=swept.links.double().cpu(),
        inputs=swept.inputs.double().cpu(),
        answer=swept.answer.double().cpu(),
        answer_inputs=swept.answer_inputs.double().cpu(),
        finals=swept.finals[:k].double().cpu(),
        finals_inputs=swept.finals[k:].double().cpu(),
    )
