"""Sets of transcoders on the Hugging Face hub: judged by their list of files, then fetched as far
as needed, into huggingface_hub's own cache.

A repository can hold every width of a set and thousands of examples beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, urlsplit

from tracer.errors import TracerError
from tracer.features.weights.config import NAME as CONFIG
from tracer.features.weights.config import SetConfig, load_config
from tracer.features.weights.layouts import BESIDE
from tracer.features.weights.listing import find_layers
from tracer.features.weights.recognise import SetFiles, check_settings
from tracer.model.hub import Repository, list_repository

_WHAT = "the features"
_AWAY = "the hub cannot be reached, and what is in the cache may be a part: run it with a network"


def fetch_set(repo: str, subfolder: str | None, revision: str | None) -> SetFiles:
    """The set in a repository, in a folder of it, or the one of that name among several.

    Raises TracerError when there is no such set, it is not understood, or it cannot be had.
    """
    there = list_repository(_WHAT, repo, revision)
    config_name = f"{subfolder}/{CONFIG}" if subfolder else CONFIG
    config = SetConfig()
    if config_name in there.names:
        config = load_config(there.fetch([config_name]) / config_name)
    if config.transcoders is not None:
        return listed_set(config)
    try:
        layers = find_layers(
            there.names,
            subfolder or "",
            as_published=there.complete,
            left_out=config.missing_layers,
        )
    except TracerError as error:
        hint = error.hint if there.complete else _AWAY
        raise TracerError(f"`{repo}`: {error.message}", hint=hint) from None
    return SetFiles(config, _fetch_layers(there, layers), complete=there.complete)


def _fetch_layers(there: Repository, layers: Sequence[Sequence[str]]) -> list[list[Path]]:
    """The weight files of each layer, and what stands beside them, which is judged first."""
    weights = [name for layer in layers for name in layer]
    beside = {str(PurePosixPath(one).parent / two.name) for one in weights for two in BESIDE}
    small = sorted(beside & set(there.names))
    if small:
        folder = there.fetch(small)
        check_settings([[folder / name for name in layer] for layer in layers])
    folder = there.fetch([*weights, *small])
    return [[folder / name for name in layer] for layer in layers]


def listed_set(config: SetConfig) -> SetFiles:
    """The files that a `config.yaml` lists, one a layer: `hf://org/repo/path?revision=…`, or
    paths beside it."""
    assert config.source is not None
    home = config.source.file.parent
    references = [_reference(config, number) for number in range(len(config.references or ()))]
    remote = [one for one in references if isinstance(one, _Remote)]
    fetched: dict[_Remote, list[Path]] = {}
    for repo, revision in dict.fromkeys((one.repo, one.revision) for one in remote):
        mine = [one for one in remote if (one.repo, one.revision) == (repo, revision)]
        there = list_repository(_WHAT, repo, revision)
        files = _fetch_layers(there, [[one.file] for one in mine])
        fetched.update(zip(mine, files, strict=True))
    layers = [fetched[one] if isinstance(one, _Remote) else [home / one] for one in references]
    return SetFiles(config, layers, home)


@dataclass(frozen=True)
class _Remote:
    repo: str
    revision: str | None
    file: str


def _reference(config: SetConfig, number: int) -> _Remote | Path:
    text = (config.references or ())[number]
    assert config.source is not None
    place = config.source.place(("transcoders", number))
    parts = urlsplit(text)
    if parts.scheme == "hf":
        repo, _, file = parts.path.lstrip("/").partition("/")
        revision = parse_qs(parts.query).get("revision", [None])[0]
        if parts.netloc and repo and file:
            return _Remote(f"{parts.netloc}/{repo}", revision, file)
    elif (config.source.file.parent / text).is_file():
        return Path(text)
    raise TracerError(
        f"`{text}` is no file",
        hint="write `hf://org/repo/path?revision=…`, or a path beside this file",
        place=place,
    )
