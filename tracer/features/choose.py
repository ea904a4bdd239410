"""Which features a name stands for: neurons, or transcoders in a folder or on the hub."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tracer.documents.graph import FeaturesInfo
from tracer.documents.prompts import TraceSettings
from tracer.errors import TracerError, did_you_mean
from tracer.features.weights.config import NAME, load_config
from tracer.features.weights.dictionary import Dictionary
from tracer.features.weights.recognise import open_dictionary, weight_files
from tracer.model.files import file_identity

NEURONS: Literal["neurons"] = "neurons"
SHORTHANDS = {  # as circuit-tracer's users know them
    "gemma": "hf:mntss/gemma-scope-transcoders",
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


def find_features(name: str, *, model_source: str, model_identity: str) -> FeaturesInfo:
    """What identifies the features of one model. Reads no weights into memory.

    Raises TracerError for features that are not known, cannot be had or are not understood.
    """
    return choose_features(name, model_source=model_source, model_identity=model_identity).info


def choose_features(name: str, *, model_source: str, model_identity: str) -> FoundFeatures:
    """`neurons`, a shorthand, `hf:org/repo[/subfolder][@revision]` or a local folder."""
    if name == NEURONS:
        source = f"{model_source}.neurons"
        return FoundFeatures(FeaturesInfo(source=source, kind=NEURONS, identity=model_identity))
    named = SHORTHANDS.get(name, name)
    if match := _HUB.match(named):
        parts = (match["repo"], match["subfolder"])
        folder = _from_hub(match["repo"], match["subfolder"], match["revision"])
        written = ".".join(part for part in parts if part)
        return _of_folder(folder, re.sub(r"[^a-z0-9.-]+", ".", written.lower()))
    folder = Path(named).expanduser()
    if folder.is_dir():
        return _of_folder(folder, None)
    known = f"`{NEURONS}`, `hf:org/repo`, a folder, {', '.join(f'`{one}`' for one in SHORTHANDS)}"
    hint = did_you_mean(name, [NEURONS, *SHORTHANDS]) or f"use {known}"
    raise TracerError(f"unknown features `{name}`", hint=hint)


def _of_folder(folder: Path, source: str | None) -> FoundFeatures:
    config = load_config(folder)
    if config.transcoders is not None:
        raise config.refused("transcoders", "put the files it lists into this folder")
    dictionary = open_dictionary(folder)
    identity = _identity(folder)
    info = FeaturesInfo(
        source=source or f"local.{identity[:8]}", kind=dictionary.kind, identity=identity
    )
    return FoundFeatures(info, dictionary)


def _identity(folder: Path) -> str:
    """sha256 over the configuration and the weights."""
    digest = hashlib.sha256()
    configs = [one for name in (NAME, "cfg.json") for one in folder.rglob(name)]
    for file in [*sorted(configs), *weight_files(folder)]:
        name = file.relative_to(folder).as_posix()
        digest.update(f"{name} {file_identity(file)}\n".encode())
    return digest.hexdigest()


def _from_hub(repo: str, subfolder: str | None, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    inside = f"{subfolder}/" if subfolder else ""
    wanted = [f"{inside}*{kind}" for kind in (".safetensors", ".npz", "cfg.json", NAME)]

    def snapshot(*, local_only: bool) -> Path:
        folder = snapshot_download(
            repo, revision=revision, allow_patterns=wanted, local_files_only=local_only
        )
        return Path(folder) / (subfolder or "")

    try:
        return snapshot(local_only=True)
    except LocalEntryNotFoundError:
        pass
    try:
        return snapshot(local_only=False)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        lines = str(error).strip().splitlines()
        raise TracerError(
            f"the features `{repo}` could not be fetched from the hub: "
            f"{lines[0] if lines else type(error).__name__}",
            hint="check the name, the network, and `HF_TOKEN` for gated weights",
        ) from None


def settings_for(settings: TraceSettings, features: str) -> TraceSettings:
    """With the defaults that depend on the kind of features: a dictionary's graph is sparse by
    itself, so its links are limited only where `max_links` says so."""
    if features == NEURONS or "max_links" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"max_links": None})
