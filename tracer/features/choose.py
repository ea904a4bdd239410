"""Which features a name stands for: neurons, or transcoders in a folder or on the hub."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from tracer.documents.graph import FeaturesInfo
from tracer.documents.prompts import TraceSettings
from tracer.errors import TracerError, did_you_mean
from tracer.features.hub import fetch_set, listed_set
from tracer.features.weights.config import NAME as CONFIG
from tracer.features.weights.config import load_config
from tracer.features.weights.dictionary import Dictionary, Settings
from tracer.features.weights.recognise import SetFiles, local_set, open_dictionary
from tracer.model.files import file_identity, folder_named

NEURONS: Literal["neurons"] = "neurons"
SHORTHANDS = {  # as circuit-tracer's users know them
    "gemma": "hf:mwhanna/gemma-scope-transcoders",
    "llama": "hf:mntss/transcoder-Llama-3.2-1B",
}
_HUB = re.compile(
    r"hf:(?P<repo>[\w.-]+/[\w.-]+)(?:/(?P<subfolder>[\w./-]+?))?(?:@(?P<revision>[\w./-]+))?\Z"
)


@dataclass(frozen=True)
class FoundFeatures:
    """What identifies features, and the dictionary they come from, if any."""

    info: FeaturesInfo
    dictionary: Dictionary | None = None


_found: ContextVar[dict[tuple[str, str, str], FoundFeatures] | None] = ContextVar(
    "found", default=None
)


def find_features(name: str, *, model_source: str, model_identity: str) -> FeaturesInfo:
    """What identifies the features of one model. Reads no weights into memory.

    Raises TracerError for features that are not known, cannot be had or are not understood.
    """
    return choose_features(name, model_source=model_source, model_identity=model_identity).info


@contextmanager
def found_once() -> Iterator[None]:
    """What is found within is not looked for again: a hub is asked for a repository's files once a
    batch, not once a prompt, and all prompts of a batch get the same."""
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def choose_features(name: str, *, model_source: str, model_identity: str) -> FoundFeatures:
    """`neurons`, a shorthand, `hf:org/repo[/subfolder][@revision]` or a local folder."""
    found, key = _found.get(), (name, model_source, model_identity)
    if found is None:
        return _choose(name, model_source, model_identity)
    if key not in found:
        found[key] = _choose(name, model_source, model_identity)
    return found[key]


def _choose(name: str, model_source: str, model_identity: str) -> FoundFeatures:
    if name == NEURONS:
        source = f"{model_source}.neurons"
        return FoundFeatures(FeaturesInfo(source=source, kind=NEURONS, identity=model_identity))
    named = SHORTHANDS.get(name, name)
    if match := _HUB.match(named):
        parts = (match["repo"], match["subfolder"])
        written = ".".join(part for part in parts if part)
        source = re.sub(r"[^a-z0-9.-]+", ".", written.lower())
        return _of_set(fetch_set(*parts, match["revision"]), source)
    folder = folder_named(named)
    if folder is not None:
        config = load_config(folder / CONFIG)
        return _of_set(listed_set(config) if config.transcoders else local_set(folder), None)
    known = f"`{NEURONS}`, `hf:org/repo`, a folder, {', '.join(f'`{one}`' for one in SHORTHANDS)}"
    hint = did_you_mean(name, [NEURONS, *SHORTHANDS]) or f"use {known}"
    raise TracerError(f"unknown features `{name}`", hint=hint)


def _of_set(files: SetFiles, source: str | None) -> FoundFeatures:
    dictionary = open_dictionary(files)
    identity = _identity(files, dictionary.settings)
    info = FeaturesInfo(
        source=source or f"local.{identity[:8]}", kind=dictionary.kind, identity=identity
    )
    return FoundFeatures(info, dictionary)


def _identity(files: SetFiles, settings: Settings) -> str:
    """sha256 over the weights and how they are read."""
    digest = hashlib.sha256(f"{settings} {files.config.activation}\n".encode())
    for layer, paths in enumerate(files.layers):
        for path in paths:
            digest.update(f"{layer} {path.name} {file_identity(path)}\n".encode())
    return digest.hexdigest()


def settings_for(settings: TraceSettings, features: str) -> TraceSettings:
    """With the defaults that depend on the kind of features: a dictionary's graph is sparse by
    itself, so its links are limited only where `max_links` says so."""
    if features == NEURONS or "max_links" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"max_links": None})
