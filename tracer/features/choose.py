"""Which features a name stands for."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from tracer.documents.graph import FeaturesInfo
from tracer.documents.prompts import TraceSettings
from tracer.errors import Place, TracerError, did_you_mean
from tracer.features.weights.recognise import feature_files
from tracer.model.files import file_identity

NEURONS: Literal["neurons"] = "neurons"


def find_features(name: str, *, model_source: str, model_identity: str) -> FeaturesInfo:
    """What identifies the features of one model: its neurons, or a local folder of per-layer
    transcoders. Reads no weights, but hashes a folder's files once.

    Raises TracerError for features this version does not know.
    """
    if name == NEURONS:
        return FeaturesInfo(source=f"{model_source}.neurons", kind=NEURONS, identity=model_identity)
    folder = features_folder(name)
    digest = hashlib.sha256()
    config = folder / "config.yaml"
    for file in [*([config] if config.exists() else []), *feature_files(folder)]:
        digest.update(f"{file.name} {file_identity(file)}\n".encode())
    identity = digest.hexdigest()
    return FeaturesInfo(source=f"local.{identity[:8]}", kind="transcoders", identity=identity)


def features_folder(name: str) -> Path:
    """The local folder that a name other than `neurons` stands for."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise TracerError("features are a folder, not a file", place=Place(folder))
    known = f"use `features: {NEURONS}` or the path of a folder with transcoders"
    raise TracerError(f"unknown features `{name}`", hint=did_you_mean(name, [NEURONS]) or known)


def settings_for(settings: TraceSettings, features: str) -> TraceSettings:
    """With the defaults that depend on the kind of features: a dictionary's graph is sparse by
    itself, so its links are limited only where `max_links` says so."""
    if features == NEURONS or "max_links" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"max_links": None})
