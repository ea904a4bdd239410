"""The command that traces a graph's question anew."""

from __future__ import annotations

import shlex

from tracer.documents.graph import Graph
from tracer.documents.trace_info import TracerInfo
from tracer.documents.trace_settings import TraceSettings

# What `tracer trace` has options for; other settings are the prompt list's alone.
_SAID = frozenset({"remainder", "against", "precision", "allow_misfit"})


def again(graph: Graph) -> str | None:
    """None where no one command does: a chat, a graph from elsewhere, settings of a list."""
    info = graph.metadata.tracer
    if info is None or info.chat or info.question.kind == "direction" or not _usual(info.settings):
        return None
    words = [*_asked(info), "--model", info.model.name]
    for adapter in info.model.adapters or ():
        words += ["--adapter", adapter.name]
    if info.features.kind != "neurons":
        words += ["--features", info.features.source]
    settings, default = info.settings, TraceSettings()
    if settings.remainder and settings.remainder != _remainder(info):
        words += ["--remainder", settings.remainder]
    if settings.precision != default.precision:
        words += ["--precision", settings.precision]
    words += ["--allow-misfit"] if settings.allow_misfit else []
    words += ["--out", f"{graph.metadata.slug}.json"]
    prompt = graph.metadata.prompt
    # What begins with a dash would be read as an option.
    words = [*words, "--", prompt] if prompt.startswith("-") else [prompt, *words]
    return shlex.join(["tracer", "trace", *words])


def listed_again(slug: str) -> str:
    """Where no one command holds all of the question: a clone of the gallery has it on its list."""
    return shlex.join(["tracer", "build-graphs", "--only", slug, "--force"])


def _asked(info: TracerInfo) -> list[str]:
    question = info.question
    if question.kind == "feature":
        return ["--target-feature", question.target]
    words = [] if question.kind == "salient" else ["--target-id", str(question.target_id)]
    for one in question.contrast_ids:
        words += ["--contrast-id", str(one)]
    if not question.contrast_ids and question.against:
        words += ["--against", question.against]
    return words


def _usual(settings: TraceSettings) -> bool:
    default = TraceSettings()
    names = TraceSettings.model_fields.keys() - _SAID
    return all(getattr(settings, name) == getattr(default, name) for name in names)


def _remainder(info: TracerInfo) -> str:
    return "transparent" if info.features.kind == "neurons" else "nodes"
