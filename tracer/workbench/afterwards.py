"""What a graph says once it was tried in the model, as the commands do when they trace: its
strongest nodes and boxes silenced, and the heads that carried it. It follows behind the picture."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.account.carried import Carried, carried_by_heads
from tracer.attribution.trace import feature_source
from tracer.batch.found_heads import groups_of, heads_part
from tracer.batch.heads import targets_of
from tracer.documents.graph import Graph
from tracer.documents.trace_info import Question
from tracer.features.choose import FoundFeatures
from tracer.features.source import ActiveFeatures
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.trial import tried
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.workbench.lane import Cancel

AT_ONCE = 32  # tokens between two looks at whether something more urgent waits


def left_to_do(graph: Graph) -> list[str]:
    """`silencing` and `heads`, of those that a graph of its kind has, in order."""
    info = graph.metadata.tracer
    if info is None or info.account is None or info.question.kind == "direction":
        return []
    done = {"silencing": info.account.trial, "heads": graph.parts.heads}
    return [name for name, found in done.items() if found is None]


@dataclass(frozen=True)
class Afterwards:
    """On one prompt; `traced` is what the graph was made of, where that is still in memory."""

    prompt: SteeredPrompt
    features: FoundFeatures
    traced: AccountGraph | None
    cancel: Cancel

    def step(self, name: str, graph: Graph) -> Graph:
        """The graph with what one step finds. Raises TracerError when numbers overflow."""
        prompt = self.prompt.in_small_batches(self.cancel.check, AT_ONCE, self.cancel.waits)
        if name == "silencing":
            return tried(prompt, graph, graph.parts).beside(graph.parts)
        frozen, carried = self._heads(graph)
        self.cancel.check()
        heads = heads_part(prompt, frozen, graph, carried)
        return graph.beside(replace(graph.parts, heads=heads))

    def _heads(self, graph: Graph) -> tuple[FrozenPass, Carried]:
        groups = list(groups_of(graph).values())
        info = graph.metadata.tracer
        assert info is not None
        if self.traced is not None:
            traced = replace(self.traced, active=_giving_way(self.traced.active, self.cancel))
            return traced.frozen, traced.heads(groups)
        frozen = freeze(self.prompt.model, info.token_ids)
        self.cancel.check()
        active = feature_source(self.prompt.model, self.features).read(frozen)
        active = _giving_way(active, self.cancel)
        return frozen, _carried(frozen, active, info.question, groups)


class _GivingWay:
    """Active features that let others in whenever a sweep asks for what passes a layer."""

    def __init__(self, active: ActiveFeatures, cancel: Cancel) -> None:
        self._active, self._cancel, self._one = active, cancel, threading.Lock()

    def __getattr__(self, name: str) -> Any:
        with self._one:  # parts of a sweep run side by side; what they let in must not
            self._cancel.check()
        return getattr(self._active, name)


def _giving_way(active: ActiveFeatures, cancel: Cancel) -> ActiveFeatures:
    return cast(ActiveFeatures, _GivingWay(active, cancel))


def _carried(
    frozen: FrozenPass, active: ActiveFeatures, asked: Question, groups: Sequence[Sequence[str]]
) -> Carried:
    return carried_by_heads(frozen, active, targets_of(frozen, active, asked), groups)
