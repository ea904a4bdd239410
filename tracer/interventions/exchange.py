"""Is a circuit enough, and is it needed: values exchanged with a counterfactual's run.

Setting everything else to zero leaves no model to measure. Two prompts of one length do: *enough*
is the share of the lead that comes back when the counterfactual's run has a circuit's features at
their values here, *needed* the share that is lost here with their values from there. The
counterfactual may be the same prompt in another model, as before an edit: then features write there
what they write here, and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.origin import FeatureName
from tracer.documents.evidence import Exchange, Exchanged, ExchangedLayer
from tracer.documents.graph import Graph
from tracer.documents.prompts import Counterfactual
from tracer.errors import TracerError
from tracer.interventions.counterfactual import Where, words_of
from tracer.interventions.differences import Differences, Differing
from tracer.interventions.exchange_controls import ExchangeControls
from tracer.interventions.faithfulness import circuit_of
from tracer.interventions.other_model import Other
from tracer.interventions.pair import Pair
from tracer.interventions.steered_pass import SteeredPrompt

COUNTS = (10, 20, 50, 100, 200)
DRAWS = 10
EARLY, LATE, OF = 3, 4, 30  # layers that may merely copy, in the default model


def copying_layers(n_layers: int) -> tuple[int, int]:
    """How many of the first layers at changed words, and of the last at the last word, may merely
    copy: 3 and 4 in models of 30 layers and more, in smaller ones the same share, at least one.

    >>> copying_layers(30), copying_layers(12), copying_layers(2), copying_layers(48)
    ((3, 4), (1, 2), (1, 1), (3, 4))
    """
    share = min(1.0, n_layers / OF)
    return max(1, round(EARLY * share)), max(1, round(LATE * share))


def can_be_exchanged(graph: Graph) -> bool:
    """Whether the graph explains an answer, which another can be ahead of."""
    info = graph.metadata.tracer
    return info is not None and info.question.target_id is not None


def measure_graph(
    here: SteeredPrompt,
    graph: Graph,
    groups: Sequence[Sequence[str]],
    meant: Counterfactual,
    where: Where = lambda _: None,
    other: Other | None = None,
) -> Exchange:
    """The exchange for a graph's answer, and for what people grouped in it; `other` is what the
    counterfactual names where that is another model.

    Raises TracerError where the counterfactual does not fit, does not take the lead away, or the
    numbers overflow.
    """
    info = graph.metadata.tracer
    if info is None or info.question.target_id is None:
        raise TracerError("this graph explains no answer, so nothing can be exchanged")
    kind, circuit = circuit_of(graph, groups)
    names = [FeatureName.parse(one, positions=here.n_positions) for one in circuit]
    seed = int(info.graph_id[:8], 16)
    target_id = info.question.target_id
    found = measure_exchange(
        here, meant, target_id=target_id, seed=seed, names=names, where=where, other=other
    )
    return found.model_copy(update={"circuit": kind, "circuit_nodes": tuple(circuit)})


def measure_exchange(
    here: SteeredPrompt,
    meant: Counterfactual,
    *,
    target_id: int,
    seed: int,
    names: Sequence[FeatureName] = (),
    where: Where = lambda _: None,
    other: Other | None = None,
) -> Exchange:
    """The curves of the strongest supporters among all features, and the numbers for `names`.

    Raises TracerError as `measure_graph` does.
    """
    pair = Pair.of(here, meant, target_id=target_id, where=where, other=other)
    here, model = pair.here, pair.here.model
    differences = Differences.of(here, pair.there, pair.direction)
    measured = _Measured(pair, ExchangeControls(differences), seed)
    middle = _middle(model.info.layers, here.n_positions, pair.changed)
    everywhere = torch.ones_like(middle)
    strongest, between = differences.supporters(COUNTS[-1], [everywhere, middle])
    early, late = copying_layers(model.info.layers)
    text = model.tokenizer.text
    return Exchange(
        prompt=words_of(model.tokenizer, meant, pair.there.token_ids),
        chat=meant.chat or (),
        chat_date=meant.chat_date,
        model=None if other is None else other.info,
        layers=() if other is None else tuple(_by_layer(measured, differences)),
        answer=text(target_id),
        other=text(pair.other),
        other_id=pair.other,
        changed=pair.changed,
        lead=pair.lead_here,
        lead_there=pair.lead_there,
        seed=seed,
        curve=measured.curve(strongest, draws=DRAWS),
        early_layers=early,
        late_layers=late,
        middle=measured.curve(between, draws=0),
        circuit_exchanged=measured.of([differences.of_names(names)], draws=DRAWS)[0]
        if names
        else None,
    )


def _by_layer(measured: _Measured, differences: Differences) -> Iterator[ExchangedLayer]:
    """Each layer's features, all that write something else in the other model."""
    for layer, features in enumerate(differences.layers()):
        one = None if not len(features) else measured.of([features], draws=0)[0]
        yield ExchangedLayer(
            layer=layer,
            features=len(features),
            enough=one.enough if one else 0.0,
            needed=one.needed if one else 0.0,
        )


def _middle(n_layers: int, n_positions: int, changed: Sequence[int]) -> Tensor:
    """(layers, positions): where what is done is more than reading changed words or writing the
    answer."""
    early, late = copying_layers(n_layers)
    middle = torch.ones(n_layers, n_positions, dtype=torch.bool)
    middle[:early, list(changed)] = False
    middle[n_layers - late :, -1] = False
    return middle


@dataclass(frozen=True)
class _Measured:
    """Exchanges between one pair of prompts."""

    pair: Pair
    controls: ExchangeControls
    seed: int

    def curve(self, ranked: Differing, *, draws: int) -> tuple[Exchanged, ...]:
        """With more and more of the strongest, up to all there are."""
        counts = [one for one in COUNTS if one < len(ranked)]
        if len(ranked):
            counts.append(min(COUNTS[-1], len(ranked)))
        return tuple(self.of([ranked.take(slice(one)) for one in counts], draws=draws))

    def of(self, sets: Sequence[Differing], *, draws: int) -> list[Exchanged]:
        """Each set and its controls, exchanged both ways."""
        drawn = [self.controls.draw(one, draws=draws, seed=self.seed) for one in sets]
        everything = [*sets, *(one for some in drawn for one in some)]
        enough, needed = self.pair.enough(everything), self.pair.needed(everything)
        lead_here, lead_there = self.pair.lead_here, self.pair.lead_there
        whole = lead_here - lead_there
        gained = [(lead - lead_there) / whole for lead in enough]
        lost = [(lead_here - lead) / whole for lead in needed]
        found, at = [], len(sets)
        for number, some in enumerate(drawn):
            mine = slice(at, at + len(some))
            found.append(
                Exchanged(
                    features=len(sets[number]),
                    enough=gained[number],
                    needed=lost[number],
                    turns_there=lead_there < 0 < enough[number],
                    turns_here=needed[number] < 0 < lead_here,
                    controls_enough=tuple(gained[mine]),
                    controls_needed=tuple(lost[mine]),
                )
            )
            at += len(some)
        return found
