"""From a trace to what is written down: the graph, tried on the real model, and its parts, with
the heads that carried it."""

from __future__ import annotations

from dataclasses import replace

from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.sweep import Progress
from tracer.attribution.trace import Attribution
from tracer.attribution.traced import Published
from tracer.batch.found_heads import groups_of, heads_part
from tracer.features.choose import FoundFeatures
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import targets_of
from tracer.interventions.trial import tried
from tracer.model.load import Model


def publish(
    attribution: Attribution,
    model: Model,
    features: FoundFeatures,
    slug: str,
    progress: Progress = lambda *_: None,
) -> Published:
    """Raises TracerError when numbers overflow."""
    progress("pruning", 0, 1)
    published = attribution.publish(slug=slug)
    progress("pruning", 1, 1)
    if not isinstance(attribution, AccountGraph):
        return published
    progress("silencing", 0, 1)
    prompt = SteeredPrompt(model, targets_of(model, features), attribution.ask.token_ids)
    graph = tried(prompt, published.graph, published.parts)
    progress("silencing", 1, 1)
    parts = published.parts
    if attribution.targets.question.kind != "direction":
        progress("heads", 0, 1)
        groups = list(groups_of(graph).values())
        heads = heads_part(prompt, attribution.frozen, graph, attribution.heads(groups))
        parts = replace(parts, heads=heads)
        progress("heads", 1, 1)
    return replace(published, graph=graph, parts=parts)
