"""A graph of the gallery as what a session begins with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from tracer.batch.subject import find_subject
from tracer.documents.graph import Graph
from tracer.documents.prompts import Counterfactual, PromptEntry, PromptList
from tracer.documents.sources import NEURONS
from tracer.documents.token_id import TokenId
from tracer.documents.trace_info import Question, TracerInfo
from tracer.documents.trace_settings import TraceSettings
from tracer.workbench.asked import Asked, Limits, Named


@dataclass(frozen=True)
class Opened:
    """Its newest revision, what it answers, and the groups that people named in it."""

    asked: Asked
    graph: Graph
    groups: dict[str, Named]

    @staticmethod
    def of(gallery: Path, slug: str, prompts: PromptList | None) -> Opened:
        """Raises TracerError for a graph that is not there, or not one of ours."""
        subject = find_subject(gallery, slug)
        graph, info, said = subject.graph.beside(subject.parts), subject.info, subject.annotations
        asked = asked_of(graph, info, prompts.entry(slug) if prompts else None)
        groups = {
            key: Named(name=said.groups[key].name, nodes=tuple(nodes))
            for key, nodes in said.group_members(graph.node_ids).items()
            if nodes
        }
        return Opened(asked, graph, groups)


def asked_of(graph: Graph, info: TracerInfo, entry: PromptEntry | None) -> Asked:
    """What a graph answers; `entry` is the prompt list's."""
    other = entry.counterfactual if entry else None
    precision = info.settings.precision
    features = NEURONS if info.features.kind == NEURONS else info.features.source
    return Asked(
        prompt="" if info.chat else graph.metadata.prompt,
        chat=info.chat,
        chat_date=entry.chat_date if entry else None,
        target=_token(info.question),
        contrast=info.question.contrast,
        counterfactual=_words(info, other) if other else "",
        model=entry.model if entry else info.model.name,
        features=entry.features if entry else features,
        precision="float32" if precision == "fast" else precision,
        settings=_limits(info.settings),
    )


def _words(info: TracerInfo, other: Counterfactual) -> str:
    """As the page has them in its field: of a chat another last turn. A chat whose earlier turns
    are others too, and another model, have no place there."""
    if other.chat is None or not info.chat:
        return other.prompt or ""
    *before, last = other.chat
    same = (*before, last.role) == (*info.chat[:-1], info.chat[-1].role)
    return last.content if same else ""


def _limits(settings: TraceSettings) -> Limits:
    """What is not as it is by default, so that the prompt traced again is the same graph."""
    default = TraceSettings()
    own = {name: getattr(settings, name) for name in Limits.model_fields}
    given = {name: one for name, one in own.items() if one != getattr(default, name)}
    try:
        return Limits.model_validate(given)
    except ValidationError:  # more than the page lets anybody ask for
        return Limits()


def _token(question: Question) -> str | TokenId | None:
    if question.target_id is None:
        return None
    return question.target or TokenId(id=question.target_id)
