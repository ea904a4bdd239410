"""Faithfulness over a circuit's size: MIB's curve for features at positions and words.

The run is the counterfactual's. What a circuit holds has its value from the graph's own prompt;
every feature outside keeps its value there, and every word. Attention and norms are recomputed, so
with nothing exchanged it is the counterfactual's run, and with all that differs the prompt's own.
(What transcoders leave unexplained stays the counterfactual's.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tracer.documents.graph import Graph
from tracer.documents.prompts import Counterfactual
from tracer.documents.size_curve import SHARES, SizeCurve, SizePoint, area_from_one, area_under
from tracer.errors import TracerError
from tracer.interventions.counterfactual import Where, words_of
from tracer.interventions.differences import Differences, Differing
from tracer.interventions.held import Held
from tracer.interventions.pair import Pair
from tracer.interventions.steered_pass import Settings, SteeredPrompt

DRAWS = 3


def measure_curve_of(
    here: SteeredPrompt, graph: Graph, meant: Counterfactual, where: Where = lambda _: None
) -> SizeCurve:
    """The curve for a graph's answer. Raises TracerError as `measure_curve` does, and for a graph
    that explains no answer."""
    info = graph.metadata.tracer
    if info is None or info.question.target_id is None:
        raise TracerError("this graph explains no answer, so nothing can be exchanged")
    seed = int(info.graph_id[:8], 16)
    return measure_curve(here, meant, target_id=info.question.target_id, seed=seed, where=where)


def measure_curve(
    here: SteeredPrompt,
    meant: Counterfactual,
    *,
    target_id: int,
    seed: int,
    draws: int = DRAWS,
    where: Where = lambda _: None,
) -> SizeCurve:
    """Circuits of MIB's sizes, ranked once by what they do for the answer and once by how much
    they move it, and `draws` controls of each.

    Raises TracerError where the counterfactual does not fit, does not take the lead away, or the
    numbers overflow.
    """
    held = Held(layers=range(here.model.info.layers), outputs_only=True)
    pair = Pair.of(here, meant, target_id=target_id, where=where, held=held)
    parts = _Parts.of(pair)
    sizes = [max(1, int(share * len(parts))) for share in SHARES]
    chance = torch.Generator().manual_seed(seed)
    replaced = [parts.others(chance) for _ in range(draws)]
    whole = _faithfulness(pair, parts, parts.by_support, sizes[-1:])
    support, strength = (
        [
            _faithfulness(pair, parts, order, sizes[:-1]) + whole
            for order in (ranked, *(one[ranked] for one in replaced))
        ]
        for ranked in (parts.by_support, parts.by_strength)
    )
    text = here.model.tokenizer.text
    return SizeCurve(
        prompt=words_of(here.model.tokenizer, meant, pair.there.token_ids),
        chat=meant.chat or (),
        chat_date=meant.chat_date,
        answer=text(target_id),
        other=text(pair.other),
        other_id=pair.other,
        lead=pair.lead_here,
        lead_there=pair.lead_there,
        parts=len(parts),
        words=len(parts.words),
        seed=seed,
        points=tuple(
            SizePoint(
                share=share,
                parts=size,
                supporters=support[0][at],
                strongest=strength[0][at],
                controls_supporters=tuple(one[at] for one in support[1:]),
                controls_strongest=tuple(one[at] for one in strength[1:]),
            )
            for at, (share, size) in enumerate(zip(SHARES, sizes, strict=True))
        ),
        cpr=area_under(SHARES, support[0]),
        cmd=area_from_one(SHARES, strength[0]),
        controls_cpr=tuple(area_under(SHARES, one) for one in support[1:]),
        controls_cmd=tuple(area_from_one(SHARES, one) for one in strength[1:]),
    )


@dataclass(frozen=True)
class _Parts:
    """All that differs between two runs: features at positions, then words."""

    features: Differing
    words: tuple[int, ...]  # positions
    scores: Tensor  # (parts,), on the CPU

    @staticmethod
    def of(pair: Pair) -> _Parts:
        differences = Differences.of(pair.here, pair.there, pair.direction)
        features = Differing.joined([one.to("cpu") for one in differences.layers()])
        words = differences.words[list(pair.changed)].to(features.scores)
        return _Parts(features, pair.changed, torch.cat([features.scores, words]))

    def __len__(self) -> int:
        return len(self.scores)

    @cached_property
    def by_support(self) -> Tensor:
        return torch.sort(self.scores, descending=True, stable=True).indices

    @cached_property
    def by_strength(self) -> Tensor:
        return torch.sort(self.scores.abs(), descending=True, stable=True).indices

    def others(self, chance: torch.Generator) -> Tensor:
        """(parts,): for each part another, so that each stands in for one. Features change places
        within their layer and position, at random; words stay."""
        count = len(self.features)
        places = self.features.layers * (int(self.features.positions.max()) + 1)
        places += self.features.positions
        shuffled = torch.randperm(count, generator=chance)
        drawn = shuffled[torch.sort(places[shuffled], stable=True).indices]
        found = torch.arange(len(self))
        found[torch.sort(places, stable=True).indices] = drawn
        return found

    def settings(self, chosen: Tensor) -> Settings:
        """The features among these parts, at their values here."""
        return self.features.take(chosen[chosen < len(self.features)]).from_here()

    def token_ids(self, chosen: Tensor, pair: Pair) -> tuple[int, ...]:
        """The counterfactual's words, but for those among these parts."""
        ids = list(pair.there.token_ids)
        for word in (chosen[chosen >= len(self.features)] - len(self.features)).tolist():
            ids[self.words[word]] = pair.here.token_ids[self.words[word]]
        return tuple(ids)


def _faithfulness(pair: Pair, parts: _Parts, order: Tensor, sizes: Sequence[int]) -> list[float]:
    """Of the first so many of these parts: the share of the whole move that comes back."""
    circuits = [order[:size] for size in sizes]
    runs = pair.there.runs(
        [parts.settings(one) for one in circuits],
        words=[parts.token_ids(one, pair) for one in circuits],
    )
    whole = pair.lead_here - pair.lead_there
    leads = [lead for run in runs for lead in pair.leads(run.raw_logits)]
    return [(lead - pair.lead_there) / whole for lead in leads]
