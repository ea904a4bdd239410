"""A graph's prompt in the model of another graph, as before an edit and behind it."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.documents.evidence import OtherModel
from tracer.documents.feature_source import numbering
from tracer.documents.graph import Graph
from tracer.errors import Place, TracerError
from tracer.interventions.steered_pass import SteeredPrompt


@dataclass(frozen=True)
class Other:
    """The other graph's run, and what it is called."""

    prompt: SteeredPrompt
    info: OtherModel

    def exchanged_with(self, here: SteeredPrompt) -> tuple[SteeredPrompt, SteeredPrompt]:
        """Both runs, in which features that are set write what they write in the other model."""
        there = self.prompt
        return (
            SteeredPrompt(here.model, here.targets, here.token_ids, written_by=there.targets),
            SteeredPrompt(there.model, there.targets, there.token_ids, written_by=here.targets),
        )


def refuse_unlike(graph: Graph, other: Graph, place: Place | None = None) -> None:
    """Raises TracerError where two graphs are not of one prompt in two models with the same
    features."""
    here, there = graph.metadata.tracer, other.metadata.tracer
    slug = other.metadata.slug
    if here is None or there is None:
        what = f"`{slug}` was not made by tracer, so its model cannot be run"
        raise TracerError(what, hint="name a graph that was traced here", place=place)
    if here.token_ids != there.token_ids:
        what = f"`{slug}` is of another prompt"
        hint = f"name a graph of the same tokens, or give `{here.key}` in place of `graph`"
        raise TracerError(what, hint=hint, place=place)
    if numbering(graph) != numbering(other):
        what = f"`{slug}` has other features ({numbering(other)}) than this ({numbering(graph)})"
        hint = "values can be exchanged where features are numbered alike: in a model and its edit"
        raise TracerError(what, hint=hint, place=place)
    if here.model.identity == there.model.identity:
        what = f"`{slug}` is of the very same model, so there is nothing to exchange"
        raise TracerError(what, hint="name a graph of another model", place=place)
