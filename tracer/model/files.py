"""Which files a model name stands for, and what identifies their content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tracer.documents.listed_settings import DEFAULT_MODEL
from tracer.documents.sources import HUB_MODEL, adapted_name, source_id, unknown_model
from tracer.model.adapters import AdapterFiles, find_adapter
from tracer.model.checkpoint import check_checkpoint
from tracer.model.configuration import NAME, check_configuration, read_configuration
from tracer.model.default_model import SHA256, Say, prepare_default_model
from tracer.model.fetch import fetch_model
from tracer.model.identity import file_identity


@dataclass(frozen=True)
class ModelFiles:
    """A model's folder, and adapters that are merged into it in order. `name` is the model's own
    and safe to publish; `identity` is a sha256 of the content, adapters included."""

    name: str
    identity: str
    folder: Path
    family: str
    adapters: tuple[AdapterFiles, ...] = ()

    @property
    def source_name(self) -> str:
        """The name within `[a-z0-9.-]+`, as ids of feature sources need it."""
        return source_id(self.name, [one.name for one in self.adapters])

    @property
    def full_name(self) -> str:
        """With what is merged into it."""
        return adapted_name(self.name, [one.name for one in self.adapters])

    @property
    def notices(self) -> tuple[str, ...]:
        """Where an adapter names another base model than this."""
        names = (self.name, self.folder.resolve().name)
        return tuple(
            f"the adapter `{one.name}` was made for `{one.settings.base}`, and is applied to "
            f"`{self.name}`"
            for one in self.adapters
            if one.settings.base and not is_called(one.settings.base, names)
        )

    def adapted(self, adapters: Sequence[AdapterFiles]) -> ModelFiles:
        """The same with adapters; the identity is of all, in order."""
        if not adapters:
            return self
        content = "\n".join([self.identity, *(one.identity for one in adapters)])
        identity = hashlib.sha256(content.encode()).hexdigest()
        return replace(self, identity=identity, adapters=tuple(adapters))


def is_called(base: str, names: Sequence[str]) -> bool:
    """Whether an adapter's name of its base model is one of these, whoever published it.

    >>> is_called("HuggingFaceTB/SmolLM2-135M-Instruct", ["smollm2-135m-instruct"])
    True
    """
    last = re.split(r"[/\\]", base.rstrip("/\\"))[-1].lower()
    return last in [re.split(r"[/@]", one.lower().partition("@")[0])[-1] for one in names]


def find_model(
    name: str, say: Say = lambda _: None, *, adapters: Sequence[Path] = ()
) -> ModelFiles:
    """The files of the default model, of a local folder or of a hub id (`org/repo[@revision]`),
    and of adapters' folders.

    Raises TracerError when there is no such model, it cannot be fetched, its weights are not
    safetensors or not whole, or it is one that tracer does not follow; and as `find_adapter` does.
    """
    found = [find_adapter(folder) for folder in adapters]  # first: nothing is fetched in vain
    return _find_model(name, say).adapted(found)


def _find_model(name: str, say: Say) -> ModelFiles:
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
