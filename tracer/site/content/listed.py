"""What the prompt list says of models and features, beside the graphs that there are."""

from __future__ import annotations

from collections.abc import Iterator

from tracer.documents.enclosure import is_there
from tracer.documents.prompts import PromptEntry, PromptList
from tracer.documents.sources import (
    HUB_FEATURES,
    NEURONS,
    SHORTHANDS,
    adapted_name,
    adapter_name,
    doubted_features,
    doubted_model,
    is_features_path,
    is_folder,
    is_path,
    set_id,
    source_id,
)
from tracer.documents.trace_info import TracerInfo
from tracer.documents.yaml_source import KeyPath
from tracer.errors import Place, TracerError, did_you_mean


def misspelt(prompts: PromptList) -> Iterator[TracerError]:
    """A warning for each name that no model or features can have, once where it is written, and
    for a folder that holds no adapter."""
    found: dict[str, TracerError] = {}
    for entry in prompts.graphs:
        for key, problem in (
            ("model", doubted_model(entry.model)),
            ("adapter", _doubted_adapter(prompts, entry)),
            ("features", doubted_features(entry.features)),
        ):
            if problem is not None:
                problem.place = where_named(prompts, entry, key)
                found.setdefault(str(problem), problem)
    yield from found.values()


def absent(prompts: PromptList) -> Iterator[TracerError]:
    """A note for each folder that is named and not on this machine, which need not trace."""
    found: dict[str, TracerError] = {}
    for entry in prompts.graphs:
        named = {"model": is_path(entry.model), "features": is_features_path(entry.features)}
        missing = [
            (key, name)
            for key, path in named.items()
            if path and not is_folder(name := getattr(entry, key))
        ]
        folders = zip(entry.adapter_paths, prompts.adapters(entry), strict=True)
        missing += [("adapter", name) for name, folder in folders if not is_folder(str(folder))]
        for key, name in missing:
            what = f"there is no folder `{name}` here"
            hint = "tracing needs it, a site does not"
            place = where_named(prompts, entry, key)
            found.setdefault(str(place), TracerError(what, hint=hint, place=place))
    yield from found.values()


def _doubted_adapter(prompts: PromptList, entry: PromptEntry) -> TracerError | None:
    for name, folder in zip(entry.adapter_paths, prompts.adapters(entry), strict=True):
        if is_folder(str(folder)) and not is_there(folder / "adapter_config.json"):
            hint = "name a folder with an adapter_config.json, as peft's `save_pretrained` writes"
            return TracerError(f"there is no adapter in `{name}`", hint=hint)
    return None


def of_another(
    prompts: PromptList, entry: PromptEntry, newest: TracerInfo
) -> Iterator[TracerError]:
    """A warning where the newest graph's model or features are not those that the list names."""
    hint = "run `tracer build-graphs`, or correct the name"
    model = newest.model.name
    local = model.startswith("local.") or is_path(entry.model) or is_folder(entry.model)
    if not local and doubted_model(entry.model) is None and model != entry.model:
        what = f"the newest graph is of the model `{model}`, not of `{entry.model}`"
        near = did_you_mean(entry.model, [model])
        place = where_named(prompts, entry, "model")
        yield TracerError(what, hint=near or hint, place=place)
    there = [one.name for one in newest.model.adapters or ()]
    listed = [*map(adapter_name, map(str, prompts.adapters(entry)))]
    if there != listed:
        named = adapted_name(model, listed)
        what = f"the newest graph is of the model `{newest.model.full_name}`, not of `{named}`"
        yield TracerError(what, hint=hint, place=where_named(prompts, entry, "adapter"))
    wanted, features = _source(entry, adapted_name(model, listed)), newest.features.source
    if wanted is not None and not features.startswith("local.") and features != wanted:
        what = f"the newest graph is of the features `{features}`, not of `{entry.features}`"
        yield TracerError(what, hint=hint, place=where_named(prompts, entry, "features"))


def where_named(prompts: PromptList, entry: PromptEntry, key: str) -> Place:
    """Where an entry, or else the list's defaults, names its model or features."""
    index = prompts.graphs.index(entry)
    paths: list[KeyPath] = [("graphs", index, key), ("defaults", key), ("graphs", index)]
    return prompts.source.place(next(one for one in paths if one in prompts.source.values))


def _source(entry: PromptEntry, model: str) -> str | None:
    """The source that graphs of these features name; None for a folder's, which its files say."""
    named = SHORTHANDS.get(entry.features, entry.features)
    if named == NEURONS:
        return ".".join((source_id(model), NEURONS))
    match = HUB_FEATURES.match(named)
    return set_id(match["repo"], match["subfolder"]) if match else None
