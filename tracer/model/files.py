"""Which files a model name stands for, and what identifies their content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tracer.documents.files import write_atomically
from tracer.documents.prompts import DEFAULT_MODEL
from tracer.documents.sources import HUB_MODEL, unknown_model
from tracer.model.cache import cache_folder
from tracer.model.checkpoint import check_checkpoint
from tracer.model.configuration import NAME, check_configuration, read_configuration
from tracer.model.default_model import SHA256, Say, prepare_default_model
from tracer.model.fetch import fetch_model


@dataclass(frozen=True)
class ModelFiles:
    """A model's folder. `name` is safe to publish; `identity` is a sha256 of the content."""

    name: str
    identity: str
    folder: Path
    family: str

    @property
    def source_name(self) -> str:
        """The name within `[a-z0-9.-]+`, as ids of feature sources need it."""
        return re.sub(r"[^a-z0-9.-]+", ".", self.name.lower())


def find_model(name: str, say: Say = lambda _: None) -> ModelFiles:
    """The files of the default model, of a local folder or of a hub id (`org/repo[@revision]`).

    Raises TracerError when there is no such model, it cannot be fetched, its weights are not
    safetensors or not whole, or it is one that tracer does not follow.
    """
    if name == DEFAULT_MODEL:
        folder = prepare_default_model(say)
        family, _ = _judged(folder)
        return ModelFiles(name, SHA256, folder, family)
    local = folder_named(name)
    if local is not None:
        family, weights = _judged(local)
        identity = _content_identity(local, weights)
        return ModelFiles(f"local.{identity[:8]}", identity, local, family)
    if match := HUB_MODEL.match(name):
        folder = fetch_model(match["repo"], match["revision"], say)
        family, weights = _judged(folder)
        return ModelFiles(name, _content_identity(folder, weights), folder, family)
    raise unknown_model(name)


def folder_named(text: str) -> Path | None:
    """The folder that a text of a stranger's names, if it names one."""
    try:
        folder = Path(text).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, ValueError, RuntimeError):  # too long; NUL; `~` of nobody
        return None


def _judged(folder: Path) -> tuple[str, list[Path]]:
    """The family, and the files of weights. Raises TracerError for what cannot be traced."""
    config = read_configuration(folder)
    family = check_configuration(config, folder)
    return family, check_checkpoint(folder, config)


def _content_identity(folder: Path, weights: Sequence[Path]) -> str:
    """sha256 over the configuration and the weights that are read, and nothing else. Of an index
    only the shards that it names matter."""
    digest = hashlib.sha256()
    for file in [folder / NAME, *weights]:
        digest.update(f"{file.name} {file_identity(file)}\n".encode())
    return digest.hexdigest()


def file_identity(file: Path) -> str:
    """sha256 of a file, remembered by path, size and time of change; shards are large."""
    real = file.resolve()
    if re.fullmatch(r"[0-9a-f]{64}", real.name):
        return real.name  # the hub's cache names large files by their sha256
    stat = real.stat()
    key = f"{real}|{stat.st_size}|{stat.st_mtime_ns}"
    remembered = cache_folder() / "identities" / hashlib.sha256(key.encode()).hexdigest()
    if remembered.exists() and re.fullmatch(b"[0-9a-f]{64}", found := remembered.read_bytes()):
        return found.decode()
    with real.open("rb") as stream:
        identity = hashlib.file_digest(stream, "sha256").hexdigest()
    write_atomically(remembered, identity)
    return identity
