"""Whether a graph's account holds: its strongest nodes and its boxes, each silenced once.

It takes one pass of the model for each, seconds in all, so every graph is tried when it is traced.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from tracer.documents.account import Box, strongest_words
from tracer.documents.evidence import SilencedGroup, SilencedGroups
from tracer.documents.graph import Graph
from tracer.documents.named_boxes import OPPOSED, PUSHED, Group, named_boxes, renamed
from tracer.documents.parts.ledger import Ledger
from tracer.documents.parts.parts import Parts
from tracer.documents.parts.words import Pushes
from tracer.documents.prompt_words import input_names
from tracer.documents.trial import Silenced, Trial
from tracer.interventions.asked import Asked, ablated
from tracer.interventions.steered_pass import SteeredPrompt

STRONGEST = 20
COMPARED = 50  # likely words, over which what a box pushes is compared


def tried(prompt: SteeredPrompt, graph: Graph, parts: Parts) -> Graph:
    """The graph with what silencing found: its strongest nodes one by one, and its boxes, whose
    words are from then on those that were predicted and measured.

    Raises TracerError when numbers overflow.
    """
    info = graph.metadata.tracer
    if info is None or info.account is None or info.question.kind == "direction":
        return graph
    asked = Asked(prompt, info.question)
    found = {
        "trial": _trial(asked, graph),
        "boxes": renamed(list(confirmed(prompt, info.account.boxes, parts))),
    }
    account = info.account.model_copy(update=found)
    tracer = info.model_copy(update={"account": account})
    metadata = graph.metadata.model_copy(update={"tracer": tracer})
    return graph.model_copy(update={"metadata": metadata})


def _trial(asked: Asked, graph: Graph) -> Trial:
    features = [node for node in graph.nodes if node.kind == "feature" and node.ctx_idx > 0]
    if asked.feature is not None:
        features = [node for node in features if node.node_id != str(asked.feature)]
    features.sort(key=lambda one: (-abs(one.effect or 0), one.node_id))
    nodes = features[:STRONGEST]
    values, _ = asked.run([[ablated(asked.prompt, node).setting] for node in nodes])
    silenced = [
        Silenced(node=node.node_id, predicted=-(node.effect or 0), actual=value - asked.before)
        for node, value in zip(nodes, values, strict=True)
    ]
    pairs = [(one.predicted, one.actual) for one in silenced]
    return Trial(nodes=tuple(silenced), correlation=_correlation(pairs))


def silenced_groups(
    prompt: SteeredPrompt, graph: Graph, parts: Parts, groups: Sequence[Sequence[str]]
) -> SilencedGroups:
    """People's groups, each silenced once; of a group, its listed features behind the start.

    Raises TracerError when numbers overflow.
    """
    if parts.flows is None:
        return SilencedGroups(groups=())
    ledger = Ledger(parts.flows, parts.pushes)
    listed = [tuple(one for one in group if one in ledger.place) for group in groups]
    names = input_names(parts.flows.inputs, graph.metadata.prompt_tokens)
    boxes = named_boxes([Group(nodes, "") for nodes in listed], ledger, names)
    found = [
        SilencedGroup(
            nodes=tuple(group),
            confirmed=box.confirmed,
            pushes=box.pushes if box.words_hold else (),
            opposes=box.opposes if box.words_hold else (),
        )
        for group, box in zip(groups, confirmed(prompt, boxes, parts), strict=True)
    ]
    return SilencedGroups(groups=tuple(found))


def confirmed(prompt: SteeredPrompt, boxes: Sequence[Box], parts: Parts) -> Iterator[Box]:
    """The boxes, with how far silencing each moved likely words as predicted."""
    if parts.flows is None or parts.pushes is None:
        yield from boxes
        return
    ledger, pushes = Ledger(parts.flows, parts.pushes), parts.pushes
    variants = [[ablated(prompt, one).setting for one in box.nodes] for box in boxes]
    runs = torch.cat([run.raw_logits for run in prompt.runs(variants)]) if boxes else None
    for at, box in enumerate(boxes):
        assert runs is not None
        lost = prompt.baseline.raw_logits[0] - runs[at]
        yield _compared(box, ledger.pushed(box.nodes), _centred(lost, pushes), pushes)


def _compared(box: Box, predicted: Sequence[float], actual: Sequence[float], of: Pushes) -> Box:
    """The box with how far predicted and measured words agree, and only those that do."""
    pairs = list(zip(predicted, actual, strict=True))
    both = [
        value * weight if value * real > 0 else 0.0
        for (value, real), weight in zip(pairs, of.weights, strict=True)
    ]
    found: dict[str, object] = {"confirmed": _correlation(pairs[:COMPARED])}
    tested = box.model_copy(update=found)
    if not tested.words_hold:
        return tested
    rising, falling = strongest_words(of.words, both, PUSHED)
    agreed = {word.casefold() for word in rising}
    update = {
        "pushes": rising,
        "opposes": falling[:OPPOSED],
        "apart": tuple(word for word in box.apart if word.casefold() in agreed),
    }
    return tested.model_copy(update=update)


def _centred(logits: Tensor, of: Pushes) -> list[float]:
    """Of all logits, those of the likely words, less their weighted mean."""
    values: list[float] = logits[list(of.ids)].double().tolist()
    mean = sum(value * weight for value, weight in zip(values, of.weights, strict=True))
    return [value - mean for value in values]


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """None where there are too few, or all are the same."""
    predicted, actual = zip(*pairs, strict=True) if pairs else ((), ())
    try:
        return statistics.correlation(predicted, actual)
    except statistics.StatisticsError:
        return None
