"""Which files a model name stands for, and what identifies their content."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from tracer.documents.files import read_bytes, write_atomically
from tracer.documents.json_text import decode
from tracer.documents.prompts import DEFAULT_MODEL
from tracer.errors import Place, TracerError, did_you_mean
from tracer.model.architectures import family_of
from tracer.model.cache import cache_folder
from tracer.model.default_model import SHA256, Say, prepare_default_model

_HUB_ID = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?\Z")
_WANTED = ["*.safetensors", "*.json", "tokenizer*", "*.jinja"]


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
    safetensors, or its family is not supported.
    """
    if name == DEFAULT_MODEL:
        folder = prepare_default_model(say)
        return ModelFiles(name, SHA256, folder, family_of(_config(folder)))
    local = folder_named(name)
    if local is not None:
        family = family_of(_config(local))
        identity = _content_identity(local)
        return ModelFiles(f"local.{identity[:8]}", identity, local, family)
    if match := _HUB_ID.match(name):
        folder = _from_hub(match["repo"], match["revision"], say)
        family = family_of(_config(folder))
        return ModelFiles(name, _content_identity(folder), folder, family)
    near = did_you_mean(name, [DEFAULT_MODEL])
    raise TracerError(
        f"there is no model `{name}`",
        hint=near or f"name `{DEFAULT_MODEL}`, a hub id such as `org/repo`, or a local folder",
    )


def folder_named(text: str) -> Path | None:
    """The folder that a text of a stranger's names, if it names one."""
    try:
        folder = Path(text).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, ValueError, RuntimeError):  # too long; NUL; `~` of nobody
        return None


def _config(folder: Path) -> dict[str, object]:
    file = folder / "config.json"
    try:
        raw = read_bytes(file)
    except TracerError:
        if file.exists():
            raise
        raise TracerError(
            "this folder holds no model: there is no config.json",
            hint="give a folder saved by transformers' `save_pretrained`",
            place=Place(folder),
        ) from None
    config = decode(raw, file, hint="fetch the model again")
    if not isinstance(config, dict):
        raise TracerError("is not a model's configuration", place=Place(file))
    return config


def _from_hub(repo: str, revision: str | None, say: Say) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    def snapshot(*, local_only: bool) -> Path:
        folder = snapshot_download(
            repo, revision=revision, allow_patterns=_WANTED, local_files_only=local_only
        )
        return Path(folder)

    try:
        return snapshot(local_only=True)
    except LocalEntryNotFoundError:
        say(f"fetching {repo} from the hub")
    try:
        return snapshot(local_only=False)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        lines = str(error).strip().splitlines()
        reason = lines[0] if lines else type(error).__name__
        raise TracerError(
            f"the model `{repo}` could not be fetched from the hub: {reason}",
            hint="check the name, the network, and `HF_TOKEN` for a gated model",
        ) from None


def _content_identity(folder: Path) -> str:
    """sha256 over the configuration and the weights."""
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise TracerError(
            "there are no safetensors weights here",
            hint="save the model with `save_pretrained(..., safe_serialization=True)`; "
            "pickled weights are never loaded",
            place=Place(folder),
        )
    digest = hashlib.sha256()
    for file in [folder / "config.json", *weights]:
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
