"""Which features a name stands for: neurons, or transcoders in a folder or on the hub."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tracer.documents.sources import HUB_FEATURES, NEURONS, SHORTHANDS, set_id, unknown_features
from tracer.documents.trace_info import FeaturesInfo
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.features.hub import fetch_set, listed_set
from tracer.features.weights.config import NAME as CONFIG
from tracer.features.weights.config import load_config
from tracer.features.weights.dictionary import Dictionary, Settings
from tracer.features.weights.places import refuse_elsewhere
from tracer.features.weights.recognise import SetFiles, local_set, open_dictionary
from tracer.model.files import folder_named
from tracer.model.identity import file_identity


@dataclass(frozen=True)
class FoundFeatures:
    """What identifies features, and the dictionary they come from, if any."""

    info: FeaturesInfo
    dictionary: Dictionary | None = None


def find_features(name: str, *, model_source: str, model_identity: str) -> FeaturesInfo:
    """What identifies the features of one model; raises as `choose_features` does."""
    return choose_features(name, model_source=model_source, model_identity=model_identity).info


def choose_features(name: str, *, model_source: str, model_identity: str) -> FoundFeatures:
    """`neurons`, a shorthand, `hf:org/repo[/subfolder][@revision]` or a local folder, for one
    model. Reads no weights into memory, and asks the hub each time.

    Raises TracerError for features that are not known, cannot be had or are not understood.
    """
    if name == NEURONS:
        source = f"{model_source}.neurons"
        return FoundFeatures(FeaturesInfo(source=source, kind=NEURONS, identity=model_identity))
    named = SHORTHANDS.get(name, name)
    if match := HUB_FEATURES.match(named):
        parts = (match["repo"], match["subfolder"])
        refuse_elsewhere([match["repo"]])  # before anything is fetched
        return _of_set(fetch_set(*parts, match["revision"]), set_id(*parts))
    folder = folder_named(named)
    if folder is not None:
        config = load_config(folder / CONFIG)
        return _of_set(listed_set(config) if config.transcoders else local_set(folder), None)
    raise unknown_features(name)


def _of_set(files: SetFiles, source: str | None) -> FoundFeatures:
    dictionary = open_dictionary(files)
    identity = _identity(files, dictionary.settings)
    info = FeaturesInfo(
        source=source or f"local.{identity[:8]}", kind=dictionary.kind, identity=identity
    )
    return FoundFeatures(info, dictionary)


def _identity(files: SetFiles, settings: Settings) -> str:
    """sha256 over the weights and how they are read."""
    # A set that is read as before keeps its identity, which its graphs hold.
    more = " grouped" if settings.grouped else ""
    more += " over all layers" if settings.over_all else ""
    digest = hashlib.sha256(f"{settings}{more} {files.config.chosen}\n".encode())
    for layer, paths in enumerate(files.layers):
        for path in paths:
            digest.update(f"{layer} {path.name} {file_identity(path)}\n".encode())
    return digest.hexdigest()


def settings_for(settings: TraceSettings, features: FoundFeatures) -> TraceSettings:
    """With the defaults that depend on the kind of features: neurons have an account of their own,
    dictionaries are published as circuit-tracer does. A dictionary's graph is sparse by itself, so
    its links are limited only where `max_links` says so. Neurons are exact, so never a misfit.

    Raises TracerError for an account of features that cannot be set, by which it would be tried."""
    neurons = features.dictionary is None
    over_all = features.dictionary is not None and features.dictionary.settings.over_all
    if over_all and settings.remainder == "transparent":
        raise TracerError(
            "features that are chosen over all layers at once cannot be set, and an account is "
            "tried by setting some",
            hint="use `remainder: nodes`",
        )
    chosen: dict[str, object] = {
        "remainder": settings.remainder or ("transparent" if neurons else "nodes"),
        "against": settings.against or ("alternatives" if neurons else "vocabulary"),
    }
    if neurons:
        chosen["allow_misfit"] = False
    elif "max_links" not in settings.model_fields_set:
        chosen["max_links"] = None
    return settings.model_copy(update=chosen)
